"""Facts and constraints; rows are changed by `scale.services` only."""

from scale.models.access import SignInFailures, Token
from scale.models.count import JobCount
from scale.models.error import Error
from scale.models.execution import ExecutionLog, JobExecution
from scale.models.job import Job
from scale.models.job_type import JobType, JobTypeRevision
from scale.models.load import JobLoad
from scale.models.node import Node, Scheduler
from scale.models.recipe import Recipe, RecipeEdge, RecipeJob, RecipeType, RecipeTypeRevision
from scale.models.storage import FileAncestry, ScaleFile, Workspace
from scale.models.trigger import TriggerEvent, TriggerRule

__all__ = [
    "Error",
    "ExecutionLog",
    "FileAncestry",
    "Job",
    "JobCount",
    "JobExecution",
    "JobLoad",
    "JobType",
    "JobTypeRevision",
    "Node",
    "Recipe",
    "RecipeEdge",
    "RecipeJob",
    "RecipeType",
    "RecipeTypeRevision",
    "ScaleFile",
    "Scheduler",
    "SignInFailures",
    "Token",
    "TriggerEvent",
    "TriggerRule",
    "Workspace",
]
