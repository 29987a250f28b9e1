"""What a failure means: which error it is, and whether to try again (contract 4.5, 4.6)."""

from enum import Enum, StrEnum

from scale.domain.builtin_errors import (
    ALGORITHM_UNKNOWN,
    DATABASE,
    DATABASE_OPERATION,
    FILESYSTEM_IO,
    NFS,
    UNKNOWN,
    ErrorCategory,
)
from scale.domain.error_mapping import ErrorMapping


class Step(StrEnum):
    """A part of an execution."""

    PRE = "pre"
    JOB = "job"
    POST = "post"


class Decision(Enum):
    """What happens to a job whose execution failed."""

    RETRY = "retry"
    FAIL = "fail"


#: The exit codes by which a pre or post step names its error.
STEP_EXIT_CODES = {2: DATABASE, 3: DATABASE_OPERATION, 4: FILESYSTEM_IO, 5: NFS}


def decide(
    *, category: ErrorCategory | str, num_exes: int, max_tries: int, is_long_running: bool
) -> Decision:
    """Decide whether a job is queued again; `num_exes` counts the failed attempt (contract 4.5)."""
    if is_long_running:
        return Decision.RETRY
    if category == ErrorCategory.SYSTEM and num_exes < max_tries:
        return Decision.RETRY
    return Decision.FAIL


def error_for_exit(
    step: Step, exit_code: int | None, *, signaled: bool, mapping: ErrorMapping
) -> str | None:
    """Name the error of a step that ended, or return None if it succeeded (contract 4.6).

    No exit code, or death by a signal, is `unknown`; 0 is success whatever the mapping says.
    """
    if signaled or exit_code is None:
        return UNKNOWN
    if exit_code == 0:
        return None
    if step == Step.JOB:
        return mapping.error_for(exit_code) or ALGORITHM_UNKNOWN
    return STEP_EXIT_CODES.get(exit_code, UNKNOWN)
