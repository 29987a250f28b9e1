"""Keeping what programs print."""

from collections.abc import Sequence
from dataclasses import dataclass

from scale.domain.times import now
from scale.models import ExecutionLog
from scale.services.transitions import run


@dataclass(frozen=True, slots=True)
class LogChunk:
    """A piece of output to keep."""

    stream: str
    text: str


def save_log(execution_id: int, chunks: Sequence[LogChunk]) -> None:
    """Append pieces of output to an execution's log."""
    if chunks:
        ExecutionLog.objects.bulk_create(
            ExecutionLog(
                execution_id=execution_id, stream=chunk.stream, text=chunk.text, created=now()
            )
            for chunk in chunks
        )
