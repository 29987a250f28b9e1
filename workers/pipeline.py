"""Running one execution, from claim to report."""

from scale.domain.builtin_errors import FILESYSTEM_IO
from scale.domain.times import now
from scale.services.executions import Claim, Report, claim_execution, fail_execution
from scale.services.logs import LogChanges
from workers.attempt import Attempt
from workers.errors import FILESYSTEM_IO as FILESYSTEM
from workers.host import Host
from workers.ledger import Ledger
from workers.output import STDERR
from workers.processes.workdir import WorkDirectory


def run(host: Host, execution_id: int) -> bool:
    """Run the execution that a message names, or a more urgent one, from claim to report.

    Returns False if this node may start nothing now: the message is for another one.
    """
    host.intake.heard()
    if not host.may_start:
        return False
    claim = host.until_back(
        lambda: claim_execution(
            execution_id=execution_id, node_id=host.node_id, worker=host.identity
        )
    )
    if claim is None:
        return host.may_start_now()
    under_way = host.begin(claim)
    try:
        directory = _make_directory(host, claim)
        if directory is None:
            return True
        with directory:
            ledger = Ledger.of(host.directory, claim.execution_id)
            Attempt(host, under_way, directory, ledger).go()
    finally:
        host.finish(under_way)
    return True


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
