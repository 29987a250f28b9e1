"""What the routes of jobs and executions take (contract 2.5, 2.6)."""

from api.fields import Order, Text, ids, texts
from api.inputs import Input, Range
from api.ordering import JOB, JOB_EXECUTION
from scale.domain.lifecycle import JobStatus


class JobFilterInput(Range):
    """Filters that all lists of jobs have."""

    status = Text(required=False)
    job_type_id = ids()
    job_type_name = texts()
    job_type_category = texts()


class JobListInput(JobFilterInput):
    """Filters and order of jobs."""

    job_id = ids()
    error_category = texts()
    order = Order(JOB, default=["last_modified"])


class JobUpdatesInput(JobFilterInput):
    """Filters and order of jobs whose status changed."""

    order = Order(JOB, default=["last_status_change"])


class JobEditInput(Input):
    """The one change a user can make to a job."""

    closed = True
    body_only = True

    status = Text(choices=[JobStatus.CANCELED])


class JobExecutionListInput(JobFilterInput):
    """Filters and order of job executions."""

    node_id = ids()
    order = Order(JOB_EXECUTION, default=["last_modified"])
