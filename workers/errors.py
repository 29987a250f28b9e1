"""What a pre or post step ends with when something is raised in it (contract 4.6)."""

import errno

from django.db import DatabaseError, InterfaceError, OperationalError

from scale.storage import NotMounted


class StepFailed(Exception):
    """A pre or post step cannot go on."""

    def __init__(self, message: str, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


DATABASE, DATABASE_OPERATION, FILESYSTEM_IO, NFS = 2, 3, 4, 5

#: What an operating system error says about the input rather than about the disk.
_ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP}


def exit_code_for(exc: Exception) -> int:
    """Return the exit code that a pre or post step ends with when `exc` is raised in it."""
    if isinstance(exc, StepFailed):
        return exc.exit_code
    if isinstance(exc, NotMounted):
        return NFS
    if isinstance(exc, OperationalError | InterfaceError):
        return DATABASE
    if isinstance(exc, DatabaseError):
        return DATABASE_OPERATION
    if isinstance(exc, OSError) and exc.errno not in _ABSENT:
        return FILESYSTEM_IO
    return 1
