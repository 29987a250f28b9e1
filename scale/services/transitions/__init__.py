"""The guarded statements that change a status: the only writers of one.

Each is one statement that moves rows only from a status the life cycle allows, and answers with
what moved; a lost race is a smaller answer, never an exception. All run inside a caller's
transaction, or need none. Whoever changes an execution's status holds its job's row. Locks are
taken in the order Recipe, Job, files, JobExecution, ids ascending, and last of all the JobType of a
capped claim.
"""

from scale.services.transitions.birth import insert_queued_job
from scale.services.transitions.changes import (
    STEP_COLUMNS,
    cancel_jobs,
    complete_job,
    end_execution,
    enqueue_jobs,
    fail_jobs,
    hold_jobs,
    lock_jobs,
    lock_selected_jobs,
    note_steps,
    release_execution,
    requeue_selected_jobs,
)
from scale.services.transitions.claim import over_cap, start_next, start_uncapped
from scale.services.transitions.complete import Completed, complete_executions_and_jobs

__all__ = [
    "STEP_COLUMNS",
    "Completed",
    "cancel_jobs",
    "complete_executions_and_jobs",
    "complete_job",
    "end_execution",
    "enqueue_jobs",
    "fail_jobs",
    "hold_jobs",
    "insert_queued_job",
    "lock_jobs",
    "lock_selected_jobs",
    "note_steps",
    "over_cap",
    "release_execution",
    "requeue_selected_jobs",
    "start_next",
    "start_uncapped",
]
