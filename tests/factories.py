"""Builders that reach a state through the services; rows are written directly only for set-up."""

import itertools
from pathlib import Path
from typing import Any

from scale.domain.file_names import source_uuid
from scale.domain.times import now
from scale.models import JobType, JobTypeRevision, Node, ScaleFile, Workspace
from scale.selectors.jobs import JobDetails
from scale.services.claims import Claim, claim_executions
from scale.services.executions import Report
from scale.services.jobs import queue_new_job
from scale.services.transitions import STEP_COLUMNS

_numbers = itertools.count(1)

WORKER = "test-worker"

INTERFACE: dict[str, Any] = {
    "version": "1.0",
    "command": "/bin/true",
    "command_arguments": "",
    "input_data": [],
    "output_data": [],
    "shared_resources": [],
}


def make_job_type(*, interface: dict[str, Any] | None = None, **fields: Any) -> JobType:
    """Make a job type with its first revision."""
    stamp = now()
    fields.setdefault("name", f"type-{next(_numbers)}")
    fields.setdefault("version", "1.0")
    job_type = JobType.objects.create(
        interface=INTERFACE | (interface or {}),
        error_mapping={"version": "1.0", "exit_codes": {}},
        created=stamp,
        last_modified=stamp,
        **fields,
    )
    JobTypeRevision.objects.create(
        job_type=job_type, revision_num=1, interface=job_type.interface, created=stamp
    )
    return job_type


def make_workspace(root: Path | str = "/tmp/scale-tests", **fields: Any) -> Workspace:
    """Make a workspace below a directory."""
    fields.setdefault("name", f"workspace-{next(_numbers)}")
    config = {"version": "1.0", "broker": {"type": "host", "host_path": str(root)}}
    return Workspace.objects.create(json_config=config, **fields)


def make_source(workspace: Workspace | None = None, **fields: Any) -> ScaleFile:
    """Make the record of a source; the file itself is the caller's affair."""
    fields.setdefault("file_name", f"source-{next(_numbers)}.txt")
    fields.setdefault("file_path", fields["file_name"])
    fields.setdefault("file_size", 10)
    fields.setdefault("media_type", "text/plain")
    return ScaleFile.objects.create(
        kind=ScaleFile.Kind.SOURCE,
        workspace=workspace or make_workspace(),
        uuid=source_uuid(fields["file_name"]),
        **fields,
    )


def make_node(**fields: Any) -> Node:
    """Make a node that everything fits on."""
    fields.setdefault("hostname", f"node-{next(_numbers)}")
    return Node.objects.create(cpus=1e6, mem=1e9, disk=1e9, last_offer=now(), **fields)


def make_job(job_type: JobType | None = None, *, data: Any = None) -> JobDetails:
    """Queue a job as a user's request does."""
    job_type = job_type or make_job_type()
    return queue_new_job(job_type_id=job_type.pk, job_data=data or {}, user="tester")


def try_claim(execution_id: int, *, node_id: int, worker: str = WORKER) -> Claim | None:
    """Claim as a worker does that a message has called; None if nothing may start."""
    found = claim_executions(count=1, named=[execution_id], node_id=node_id, worker=worker)
    return next(iter(found.claims), None)


def claim(execution_id: int, *, node: Node | None = None, worker: str = WORKER) -> Claim:
    """Claim an execution as a worker does; nothing else may wait before it."""
    claimed = try_claim(execution_id, node_id=(node or make_node()).pk, worker=worker)
    assert claimed is not None
    return claimed


def report(**fields: Any) -> Report:
    """Make a worker's report."""
    return Report(ended=now(), **fields)


def plain_report(**fields: Any) -> Report:
    """Make the report of a program that did nothing but end well, with all its steps."""
    codes = {name: 0 for name in STEP_COLUMNS if name.endswith("exit_code")}
    times = {name: now() for name in STEP_COLUMNS if name.endswith(("started", "completed"))}
    return report(steps={"command_arguments": "", **codes, **times}, manifest={}, **fields)
