"""The frozen key sets of the catalogue's objects, and documents that its tests start from."""

from typing import Any

from scale.models import (
    Error,
    JobType,
    JobTypeRevision,
    RecipeType,
    RecipeTypeRevision,
    TriggerRule,
    Workspace,
)
from tests.integration.api.rows import rows
from tests.integration.api.shapes import (
    ERROR,
    FILE,
    JOB_TYPE,
    JOB_TYPE_BASE,
    PRODUCT,
    REF,
    RULE,
    boolean,
    document,
    integer,
    maybe,
    several,
    text,
    time,
)

JOB_COUNT = {"status": text, "count": integer, "most_recent": time, "category": maybe(text)}
JOB_TYPE_DETAILS = JOB_TYPE | {
    "interface": document,
    "error_mapping": document,
    "errors": several(ERROR),
    "trigger_rule": maybe(RULE),
    "job_counts_6h": several(JOB_COUNT),
    "job_counts_12h": several(JOB_COUNT),
    "job_counts_24h": several(JOB_COUNT),
}
JOB_TYPE_STATUS = {"job_type": JOB_TYPE_BASE, "job_counts": several(JOB_COUNT)}
JOB_TYPE_RUNNING = {"job_type": JOB_TYPE_BASE, "count": integer, "longest_running": time}
JOB_TYPE_FAILURE = {
    "job_type": JOB_TYPE_BASE,
    "error": ERROR,
    "count": integer,
    "first_error": time,
    "last_error": time,
}
RECIPE_TYPE = {
    "id": integer,
    "name": text,
    "version": text,
    "title": maybe(text),
    "description": maybe(text),
    "is_active": boolean,
    "definition": document,
    "revision_num": integer,
    "created": time,
    "last_modified": time,
    "archived": maybe(time),
    "trigger_rule": maybe(REF),
}
RECIPE_TYPE_DETAILS = RECIPE_TYPE | {
    "trigger_rule": maybe(RULE),
    "job_types": several(JOB_TYPE_BASE | {"interface": document}),
}
WORKSPACE = {
    "id": integer,
    "name": text,
    "title": maybe(text),
    "description": maybe(text),
    "base_url": maybe(text),
    "is_active": boolean,
    "used_size": maybe(integer),
    "total_size": maybe(integer),
    "created": time,
    "archived": maybe(time),
    "last_modified": time,
}
WORKSPACE_DETAILS = WORKSPACE | {"json_config": document}
SOURCE = FILE | {"is_parsed": boolean, "parsed": maybe(time)}
SOURCE_DETAILS = SOURCE | {"ingests": several(document), "products": several(PRODUCT)}
CHANGE = {"action": text, "when": time}
SOURCE_UPDATE = SOURCE | {"update": CHANGE}
PRODUCT_DETAILS = PRODUCT | {
    "sources": several(SOURCE),
    "ancestors": several(PRODUCT),
    "descendants": several(PRODUCT),
}
PRODUCT_UPDATE = PRODUCT | {"update": CHANGE, "source_files": several(SOURCE)}
WARNINGS = {"warnings": several({"id": text, "details": text})}

INTERFACE: dict[str, Any] = {
    "version": "1.0",
    "command": "/bin/convert",
    "command_arguments": "${image} ${job_output_dir}",
    "input_data": [{"name": "image", "type": "file", "media_types": ["image/png"]}],
    "output_data": [{"name": "map", "type": "file"}],
}


def definition(job_type: JobType, *, media_types: tuple[str, ...] = ("image/png",)) -> Any:
    """Return a definition that feeds a file to the one job's `image`."""
    return {
        "version": "1.0",
        "input_data": [{"name": "scene", "type": "file", "media_types": list(media_types)}],
        "jobs": [
            {
                "name": "convert",
                "job_type": {"name": job_type.name, "version": job_type.version},
                "recipe_inputs": [{"recipe_input": "scene", "job_input": "image"}],
            }
        ],
    }


def rule(workspace: str, *, input_name: str = "image", **fields: Any) -> dict[str, Any]:
    """Return a rule that fires for every file, unless `condition` says otherwise."""
    configuration = {"data": {"input_data_name": input_name, "workspace_name": workspace}}
    if "condition" in fields:
        configuration["condition"] = fields.pop("condition")
    return {"type": "PARSE", "configuration": configuration, **fields}


CATALOGUE = (
    Error,
    JobType,
    JobTypeRevision,
    RecipeType,
    RecipeTypeRevision,
    TriggerRule,
    Workspace,
)


def everything() -> dict[str, list[dict[str, Any]]]:
    """Return all rows that requests could change, those of the catalogue among them."""
    return rows() | {
        model.__name__: list(model.objects.order_by("pk").values())  # type: ignore[attr-defined]
        for model in CATALOGUE
    }
