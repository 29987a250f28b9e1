"""The marks by which a process is known to belong to an execution.

Two are written into the environment, for operators and for `leftovers`; a program can clear those.
The third is not cleared by accident: the soft limit RLIMIT_RTTIME is inherited over fork, exec and
setsid, concerns only processes with a real-time schedule, and is set to some 36,000 years plus a
number made of worker and execution. Known weakness: a program that sets this very limit, clears its
environment and daemonises hides whose it is (see `tree`).
"""

import contextlib
import resource
import zlib
from collections.abc import Iterator

EXECUTION_VARIABLE = "SCALE_JOB_EXE"
WORKER_VARIABLE = "SCALE_WORKER"

_FIRST_MARK = 1 << 60


def mark_for(execution_id: int, worker: str) -> int:
    """Return the limit that marks the processes of one execution."""
    return _FIRST_MARK | worker_part(worker) << 32 | execution_id & 0xFFFFFFFF


def worker_part(worker: str) -> int:
    """Return what the marks of one worker have in common."""
    return zlib.crc32(worker.encode("utf-8", "surrogateescape")) & 0xFFFFFFF


def worker_part_of(mark: int | None) -> int | None:
    """Return the part of a mark that stands for the worker."""
    return None if mark is None else mark >> 32 & 0xFFFFFFF


@contextlib.contextmanager
def marked(mark: int) -> Iterator[None]:
    """Give this process the mark, so that a program started meanwhile inherits it.

    The limit belongs to the whole process: the caller lets only one thread at a time in here.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_RTTIME)
    _set_soft_limit(mark, hard)
    try:
        yield
    finally:
        _set_soft_limit(soft, hard)


def read_mark(pid: int) -> int | None:
    """Return the mark a process carries, None when it has none, is gone or is not ours."""
    try:
        soft, _ = resource.prlimit(pid, resource.RLIMIT_RTTIME)
    except OSError:
        return None
    return soft if soft >= _FIRST_MARK else None


def _set_soft_limit(soft: int, hard: int) -> None:
    # Refused where a lower hard limit is set, or by a kernel without it: the other marks remain.
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_RTTIME, (soft, hard))
