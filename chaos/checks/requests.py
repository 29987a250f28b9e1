"""What every answer must have been, and what it must have meant."""

import re
from collections.abc import Iterator

from chaos.diary import Answer
from chaos.evidence import Evidence, Finding
from chaos.kinds import Strikes

JOB_PATH = re.compile(r"^/jobs/(\d+)/$")
REQUEUE_PATH = "/queue/requeue-jobs/"
#: The slowest answer where the database works.
SLOW_SECONDS = 15.0


def no_server_errors(evidence: Evidence) -> Iterator[Finding]:
    """P6: no 5xx, but 503 while the database is away; no silence, unless web is away too."""
    for answer in evidence.diary.answers:
        end = answer.begun + answer.seconds
        in_outage = evidence.diary.disturbed(answer.begun, end, Strikes.DATABASE)
        is_away = in_outage or evidence.diary.disturbed(answer.begun, end, Strikes.WEB)
        if answer.status is None:
            if not is_away:
                yield Finding("request without an answer", _text(answer))
        elif answer.status >= 500 and not (answer.status == 503 and in_outage):
            yield Finding("server error", _text(answer))
        elif answer.seconds > SLOW_SECONDS and not is_away:
            yield Finding("slow answer", _text(answer))


def users_requests_are_understood(evidence: Evidence) -> Iterator[Finding]:
    """A request that fits the contract is never refused as if it did not."""
    for answer in evidence.diary.answers:
        if answer.status is None or not 400 <= answer.status < 500:
            continue
        # Canceling what has ended is refused, and so is requeueing when nothing matches.
        if (answer.status == 400 and JOB_PATH.match(answer.path)) or (
            answer.status == 404 and answer.path == REQUEUE_PATH
        ):
            continue
        yield Finding("request refused", _text(answer))


def cancels_last(evidence: Evidence) -> Iterator[Finding]:
    """P1: a job whose cancel was answered 200 stays CANCELED, unless requeued since."""
    requeues = [a for a in evidence.diary.answers if a.path == REQUEUE_PATH and a.status != 404]
    last_requeue = max((a.begun + a.seconds for a in requeues), default=0.0)
    for answer in evidence.diary.answers:
        found = JOB_PATH.match(answer.path)
        if answer.method != "PATCH" or answer.status != 200 or not found:
            continue
        job = evidence.jobs.get(int(found[1]))
        if answer.begun > last_requeue and (job is None or job.status != "CANCELED"):
            yield Finding("cancel was undone", f"{_text(answer)}: {job}")


def requeues_last(evidence: Evidence) -> Iterator[Finding]:
    """P1: an execution that an answer spoke of is there."""
    for answer in evidence.diary.answers:
        for row in answer.summary.get("results", []):
            job = evidence.jobs.get(row["id"])
            if answer.path == REQUEUE_PATH and (job is None or job.num_exes < row["num_exes"]):
                yield Finding("requeue was undone", f"{row}: {job}")


def _text(answer: Answer) -> str:
    detail = str(answer.summary.get("detail", ""))[:300]
    return f"{answer.method} {answer.path}: {answer.status} in {answer.seconds:.1f} s {detail}"


CHECKS = (no_server_errors, users_requests_are_understood, cancels_last, requeues_last)
