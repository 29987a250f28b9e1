"""States that API tests start from, and what they leave behind."""

from datetime import timedelta
from typing import Any

from django.db.models import F, Model

from scale.domain.geo import GeoFacts
from scale.domain.times import format_time, now
from scale.models import Job, JobExecution, Node, ScaleFile, TriggerEvent, Workspace
from scale.selectors.jobs import JobDetails
from scale.services.completions import complete_execution
from scale.services.executions import fail_execution
from scale.services.files import StoredProduct
from tests.factories import claim, make_job, make_job_type, make_source, make_workspace, report

WATCHED = (Job, JobExecution, TriggerEvent, ScaleFile, Node)

FILE_INTERFACE: dict[str, Any] = {
    "command_arguments": "${speed} ${image} ${job_output_dir}",
    "input_data": [
        {"name": "speed", "type": "property", "required": False},
        {"name": "image", "type": "file"},
        {"name": "masks", "type": "files", "required": False},
    ],
    "output_data": [
        {"name": "map", "type": "file"},
        {"name": "tiles", "type": "files", "required": False},
    ],
}


def rows() -> dict[str, list[dict[str, Any]]]:
    """Return all rows that requests could change."""
    return {
        model.__name__: list(model.objects.order_by("pk").values())  # type: ignore[attr-defined]
        for model in WATCHED
    }


def make_file_job(**type_fields: Any) -> JobDetails:
    """Queue a job with a property, a file and several files as input."""
    inputs = make_workspace(name="raw", base_url="http://host.com/raw/")
    outputs = make_workspace(name="products", base_url="http://host.com/products")
    image, first, second = (make_source(inputs) for _ in range(3))
    return make_job(
        make_job_type(interface=FILE_INTERFACE, **type_fields),
        data={
            "version": "1.0",
            "input_data": [
                {"name": "speed", "value": "12"},
                {"name": "image", "file_id": image.pk},
                {"name": "masks", "file_ids": [second.pk, first.pk]},
            ],
            "output_data": [
                {"name": "map", "workspace_id": outputs.pk},
                {"name": "tiles", "workspace_id": outputs.pk},
            ],
        },
    )


def stored(output: str, name: str, *, is_list: bool = False) -> StoredProduct:
    """Return a product that a worker stored."""
    return StoredProduct(
        output_name=output,
        is_list=is_list,
        workspace_id=Workspace.objects.get(name="products").pk,
        file_path=f"jobs/{name}",
        file_name=name,
        file_size=3,
        media_type="text/plain",
        uuid="0" * 32,
        facts=GeoFacts(),
    )


def complete_file_job(details: JobDetails) -> None:
    """Run a job of `make_file_job` to COMPLETED."""
    execution = details.executions[0]
    made = [
        stored("map", "map.kml"),
        stored("tiles", "a.png", is_list=True),
        stored("tiles", "b.png", is_list=True),
    ]
    assert complete_execution(claim(execution.pk), report(products=made))


def fail_job(details: JobDetails, error: str = "algorithm-unknown") -> None:
    """Run a queued job to a failure."""
    execution = JobExecution.objects.get(job=details.job, status="QUEUED")
    assert fail_execution(claim(execution.pk), report(error=error))


def spread(model: type[Model]) -> list[str]:
    """Set last_modified a second apart, by id, the newest now; return the times as texts."""
    stamp = now()
    found = list(model.objects.order_by("-pk"))  # type: ignore[attr-defined]
    moments = [stamp - timedelta(seconds=index) for index in range(len(found))]
    for row, moment in zip(found, moments, strict=True):
        model.objects.filter(pk=row.pk).update(last_modified=moment)  # type: ignore[attr-defined]
    if model is Job:
        # The status of a job that has none never changed (contract 4.2).
        Job.objects.exclude(last_status_change=None).update(last_status_change=F("last_modified"))
    return [format_time(moment) for moment in reversed(moments)]
