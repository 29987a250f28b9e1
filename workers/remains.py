"""What a dead worker of this host has left in the database and in workspaces."""

from pathlib import Path

from scale.selectors.executions import find_outcomes
from scale.services.executions import fail_executions_of
from workers.ledger import Ledger


def settle_dead(directory: Path) -> None:
    """Fail what the worker of a directory was running, and remove what it stored for that.

    Called only when the worker is known to be dead: then nobody waits for its leases to run out.

    Raises:
        DatabaseError: the database is away; the directory has to stay.
        OSError: a file cannot be removed.
    """
    worker = directory.name
    fail_executions_of(worker=worker)
    ledgers = Ledger.read_all(directory)
    # What belongs to another worker now was settled before it was put back.
    for execution_id, is_kept in find_outcomes(worker, ledgers).items():
        ledgers[execution_id].settle(is_kept=is_kept)
