"""Builders of evidence, and a check of the rules that it breaks."""

from pathlib import Path
from typing import Any

from chaos.checks import judge
from chaos.diary import Answer, Diary, Window
from chaos.evidence import Evidence, Execution, Job
from chaos.kinds import Strikes

#: Seconds since the epoch; all else is counted from here.
START = 1_000_000.0
WORKER = "chaos.4711.0a1b2c3d-99"
OTHER = "chaos.4712.0a1b2c3d-99"


def empty(tmp_path: Path) -> Evidence:
    return Evidence(Diary(tmp_path, say=lambda _: None), slots=2)


def rules(evidence: Evidence) -> list[str]:
    """Return the rules that are broken, each once, in order."""
    return list(dict.fromkeys(finding.rule for finding in judge(evidence)))


def job(evidence: Evidence, job_id: int, status: str = "COMPLETED", **fields: Any) -> Job:
    given = {"type": "sleep", "num_exes": 0, "max_tries": 3, **fields}
    evidence.jobs[job_id] = Job(id=job_id, status=status, **given)
    return evidence.jobs[job_id]


def execution(
    evidence: Evidence, execution_id: int, job_id: int, status: str = "COMPLETED", **fields: Any
) -> Execution:
    """Add an execution that runs from second 1 to 2, its program with it."""
    owner = evidence.jobs[job_id]
    number = owner.num_exes + 1
    job(evidence, job_id, owner.status, **{**_fields(owner), "num_exes": number})
    given = {
        "type": owner.type,
        "priority": 100,
        "queued": START,
        "started": START + 1,
        "ended": START + 2,
        "worker": WORKER,
        **fields,
    }
    made = Execution(id=execution_id, job_id=job_id, exe_num=number, status=status, **given)
    evidence.executions[execution_id] = made
    if made.started is not None and made.worker is not None:
        program(evidence, execution_id, worker=made.worker, at=made.started)
        if status == "COMPLETED":
            ended(evidence, execution_id, at=made.ended or 0.0)
    return made


def program(
    evidence: Evidence, execution_id: int, *, worker: str = WORKER, at: float = START, **fields: Any
) -> None:
    pid = 100 * execution_id + len(evidence.journal.starts[execution_id])
    line = {"event": "start", "execution": execution_id, "pid": pid, "ticks": 1, "at": at}
    evidence.journal.add({**line, "worker": worker, "alone": True, **fields})


def ended(evidence: Evidence, execution_id: int, *, at: float, code: int = 0) -> None:
    pid = 100 * execution_id + len(evidence.journal.starts[execution_id]) - 1
    line = {"event": "end", "execution": execution_id, "pid": pid, "ticks": 1, "at": at}
    evidence.journal.add({**line, "code": code})


def answer(evidence: Evidence, method: str, path: str, status: int | None, **fields: Any) -> None:
    given = {"begun": START, "seconds": 0.1, "summary": {}, **fields}
    evidence.diary.answers.append(Answer(method, path, status, **given))


def fault(evidence: Evidence, begin: float, end: float, strikes: Strikes = Strikes.ORDER) -> None:
    window = Window(1, "some-fault", strikes, START + begin, START + end, START + end, is_over=True)
    evidence.diary.windows.append(window)


def _fields(owner: Job) -> dict[str, Any]:
    names = ("type", "num_exes", "max_tries", "recipe_id", "error")
    return {name: getattr(owner, name) for name in names}
