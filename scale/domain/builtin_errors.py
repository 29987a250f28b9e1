"""The errors that every installation knows (contract 5)."""

from dataclasses import dataclass
from enum import StrEnum


class ErrorCategory(StrEnum):
    """Whose fault an error is, which decides whether the job is retried."""

    SYSTEM = "SYSTEM"
    ALGORITHM = "ALGORITHM"
    DATA = "DATA"


UNKNOWN = "unknown"
DATABASE = "database"
DATABASE_OPERATION = "database-operation"
FILESYSTEM_IO = "filesystem-io"
NFS = "nfs"
TASK_LAUNCH = "task-launch"
DOCKER_TASK_LAUNCH = "docker-task-launch"
NODE_LOST = "node-lost"
TIMEOUT = "timeout"
ALGORITHM_UNKNOWN = "algorithm-unknown"
SCHEDULER_LOST = "scheduler-lost"
MESOS_LOST = "mesos-lost"


@dataclass(frozen=True, slots=True)
class BuiltinError:
    """An error that is present from installation on."""

    name: str
    title: str
    description: str
    category: ErrorCategory


_S = ErrorCategory.SYSTEM
_A = ErrorCategory.ALGORITHM

BUILTIN_ERRORS = (
    BuiltinError(UNKNOWN, "Unknown", "The cause of this failure is not known.", _S),
    BuiltinError(DATABASE, "Database", "The database could not be reached.", _S),
    BuiltinError(
        DATABASE_OPERATION, "Database Operation", "The database refused an operation.", _S
    ),
    BuiltinError(FILESYSTEM_IO, "Filesystem IO", "A file could not be read or written.", _S),
    BuiltinError(NFS, "NFS", "A network file system could not be used.", _S),
    BuiltinError(TASK_LAUNCH, "Task Launch", "A step of the job could not be started.", _S),
    BuiltinError(
        DOCKER_TASK_LAUNCH, "Docker Task Launch", "The job's container could not be started.", _S
    ),
    BuiltinError(NODE_LOST, "Node Lost", "The node was lost while the job ran on it.", _S),
    BuiltinError(TIMEOUT, "Timeout", "The job ran longer than its type allows.", _A),
    BuiltinError(
        ALGORITHM_UNKNOWN,
        "Algorithm Failure",
        "The program failed with an exit code that its type maps to no error.",
        _A,
    ),
    BuiltinError(
        SCHEDULER_LOST, "Lost By Scheduler", "No worker knew the job after a restart.", _S
    ),
    BuiltinError(MESOS_LOST, "Lost By Mesos", "The message that starts the job was lost.", _S),
)
