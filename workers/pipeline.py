"""Carrying out an execution on the thread of its slot, however long that takes."""

from scale.domain.builtin_errors import FILESYSTEM_IO
from scale.domain.times import now
from scale.services.claims import Claim
from scale.services.executions import Report, fail_execution
from scale.services.logs import LogChanges
from workers.attempt import Attempt
from workers.errors import FILESYSTEM_IO as FILESYSTEM
from workers.host import Host, Run
from workers.output import STDERR
from workers.processes.workdir import WorkDirectory


def carry_out(host: Host, run: Run) -> None:
    """Run a claimed execution from its first step to its report."""
    try:
        directory = _make_directory(host, run.claim)
        attempt = None if directory is None else Attempt(host, run, directory)
    except BaseException:
        host.finish(run)
        raise
    if attempt is None:
        host.finish(run)
        return
    try:
        attempt.begin()
        attempt.go_on()
    finally:
        attempt.close()


def carry_on(attempt: Attempt) -> None:
    """Take the steps of an attempt that are left, to its report."""
    try:
        attempt.go_on()
    finally:
        attempt.close()


def _make_directory(host: Host, claim: Claim) -> WorkDirectory | None:
    """Make an execution's directory; if the disk refuses, the pre step has failed."""
    started = now()
    try:
        return WorkDirectory.make(host.directory, claim.execution_id)
    except OSError as exc:
        log = LogChanges({(STDERR, 0): f"pre: {exc}\n"})
        steps = {"pre_started": started, "pre_completed": now(), "pre_exit_code": FILESYSTEM}
        report = Report(ended=now(), steps=steps, log=log, error=FILESYSTEM_IO)
        host.until_back(lambda: fail_execution(claim, report))
        return None
