"""What can go wrong, as a sentence for the user and an exit status for programs."""

from enum import IntEnum


class ExitCode(IntEnum):
    """How a command ends."""

    OK = 0
    JOB_FAILED = 1  #: a followed job or recipe did not complete
    USAGE = 2  #: the command line asks for something that makes no sense
    REFUSED = 3  #: the server knows no such thing, or refused the request
    AWAY = 4  #: the server cannot be reached, or cannot answer now
    NOT_ALLOWED = 5  #: nobody is signed in, or the user may not do that
    INTERRUPTED = 130  #: Ctrl-C
    BROKEN_PIPE = 141  #: whoever read the output has gone


class Problem(Exception):
    """Ends the command; its text is a whole sentence."""

    def __init__(self, code: ExitCode, text: str) -> None:
        super().__init__(text)
        self.code = code


def misuse(text: str) -> Problem:
    """Return the problem of a command line that makes no sense."""
    return Problem(ExitCode.USAGE, text)
