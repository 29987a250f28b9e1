"""Keeping what programs print."""

from dataclasses import dataclass, field

from scale.domain.times import now
from scale.models import ExecutionLog
from scale.postgresql.statements import run


@dataclass(slots=True)
class LogChanges:
    """Pieces of an execution's log to write or write anew, and to remove, by (stream, seq)."""

    put: dict[tuple[str, int], str] = field(default_factory=dict)
    drop: set[tuple[str, int]] = field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.put or self.drop)


def save_log(execution_id: int, changes: LogChanges) -> None:
    """Write down changes of an execution's log; doing it twice is the same as once."""
    for stream, seq in changes.drop:
        ExecutionLog.objects.filter(execution_id=execution_id, stream=stream, seq=seq).delete()
    if changes.put:
        stamp = now()
        ExecutionLog.objects.bulk_create(
            [
                ExecutionLog(
                    execution_id=execution_id, stream=stream, seq=seq, text=text, created=stamp
                )
                for (stream, seq), text in sorted(changes.put.items())
            ],
            update_conflicts=True,
            unique_fields=["execution", "stream", "seq"],
            update_fields=["text"],
        )


def forget_log(execution_id: int) -> None:
    """Remove an execution's log, as if it had never printed anything."""
    run("DELETE FROM job_exe_log WHERE job_exe_id = %(id)s", {"id": execution_id})
