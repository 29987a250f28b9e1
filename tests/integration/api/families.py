"""Two sources, a product of one, and a product of that and the other source."""

from dataclasses import dataclass
from typing import Any

from scale.domain.geo import GeoFacts
from scale.models import Job, JobType, ScaleFile, Workspace
from scale.services.completions import complete_execution
from scale.services.files import StoredProduct
from tests.factories import claim, make_job, make_job_type, make_source, make_workspace, report

INTERFACE: dict[str, Any] = {
    "input_data": [{"name": "files", "type": "files"}],
    "output_data": [{"name": "out", "type": "file"}],
}


@dataclass(frozen=True)
class Family:
    scene: ScaleFile
    mask: ScaleFile
    #: Made of the scene.
    map: ScaleFile
    #: Made of the map and the mask.
    report: ScaleFile


def make_family(**type_fields: Any) -> Family:
    """Run two jobs, each type called after its product."""
    workspace = make_workspace(name="files", base_url="http://host/files")
    scene = make_source(workspace, file_name="scene.png")
    mask = make_source(workspace, file_name="mask.png")
    first = make_product("map.kml", [scene], workspace, **type_fields)
    second = make_product("report.html", [first, mask], workspace, **type_fields)
    return Family(scene, mask, first, second)


def make_product(
    name: str, inputs: list[ScaleFile], workspace: Workspace, **type_fields: Any
) -> ScaleFile:
    """Run a job that makes a product of files."""
    type_name = name.partition(".")[0]
    job_type = JobType.objects.filter(name=type_name).first() or make_job_type(
        name=type_name, interface=INTERFACE, **type_fields
    )
    ids = [file.pk for file in inputs]
    data = {
        "input_data": [{"name": "files", "file_ids": ids}],
        "output_data": [{"name": "out", "workspace_id": workspace.pk}],
    }
    details = make_job(job_type, data=data)
    product = StoredProduct(
        output_name="out",
        is_list=False,
        workspace_id=workspace.pk,
        file_path=f"jobs/{details.job.pk}/{name}",
        file_name=name,
        file_size=3,
        media_type="text/plain",
        uuid="0" * 32,
        facts=GeoFacts(),
    )
    done = report(products=[product], input_file_ids=ids)
    assert complete_execution(claim(details.executions[0].pk), done)
    return ScaleFile.objects.get(job=Job.objects.get(pk=details.job.pk))
