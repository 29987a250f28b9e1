"""What must not be left, and what must not have happened on the way."""

from collections.abc import Iterator

from chaos.evidence import Evidence, Finding


def nothing_is_left(evidence: Evidence) -> Iterator[Finding]:
    """P5: no process, directory or message is left over."""
    for text in evidence.left_over:
        yield Finding("left over", text)


def nothing_ends_by_itself(evidence: Evidence) -> Iterator[Finding]:
    """No process gives up because of what happens around it."""
    for text in evidence.diary.exits:
        yield Finding("process ended by itself", text)


def nothing_fails_by_its_own_error(evidence: Evidence) -> Iterator[Finding]:
    """No process meets an error that it has no answer to."""
    for text in evidence.outcries:
        yield Finding("unexpected error", text)


def everything_is_done_in_time(evidence: Evidence) -> Iterator[Finding]:
    """Recovering and stopping are a matter of seconds."""
    for text in evidence.diary.remarks:
        yield Finding("took too long", text)


CHECKS = (
    nothing_is_left,
    nothing_ends_by_itself,
    nothing_fails_by_its_own_error,
    everything_is_done_in_time,
)
