"""The frozen key sets and types of what the API shows (contract 2.2 and the seed's samples)."""

import re
from collections.abc import Callable
from typing import Any

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?Z")
UUID = re.compile(r"[0-9a-f]{32}")

Check = Callable[[Any, str], None]


def integer(value: Any, path: str) -> None:
    assert type(value) is int, path


def number(value: Any, path: str) -> None:
    assert type(value) is float, path


def text(value: Any, path: str) -> None:
    assert isinstance(value, str), path


def boolean(value: Any, path: str) -> None:
    assert isinstance(value, bool), path


def time(value: Any, path: str) -> None:
    assert TIME.fullmatch(value), path


def uuid(value: Any, path: str) -> None:
    assert UUID.fullmatch(value), path


def document(value: Any, path: str) -> None:
    assert isinstance(value, dict), path


def anything(value: Any, path: str) -> None:
    pass


def null(value: Any, path: str) -> None:
    assert value is None, path


def maybe(check: Any) -> Check:
    return lambda value, path: None if value is None else conform(value, check, path)


def several(check: Any) -> Check:
    def run(value: Any, path: str) -> None:
        assert isinstance(value, list), path
        for index, item in enumerate(value):
            conform(item, check, f"{path}[{index}]")

    return run


def conform(value: Any, shape: Any, path: str = "$") -> None:
    """Assert that a value has exactly the keys of a shape, and their types, all the way down."""
    if isinstance(shape, dict):
        assert isinstance(value, dict), path
        assert set(value) == set(shape), (path, set(value) ^ set(shape))
        for key, inner in shape.items():
            conform(value[key], inner, f"{path}.{key}")
    else:
        shape(value, path)


def page_of(shape: Any) -> dict[str, Any]:
    return {
        "count": integer,
        "next": maybe(text),
        "previous": maybe(text),
        "results": several(shape),
    }


REF = {"id": integer}

JOB_TYPE_BASE = {
    "id": integer,
    "name": text,
    "version": text,
    "title": maybe(text),
    "description": maybe(text),
    "category": maybe(text),
    "author_name": maybe(text),
    "author_url": maybe(text),
    "is_system": boolean,
    "is_long_running": boolean,
    "is_active": boolean,
    "is_operational": boolean,
    "is_paused": boolean,
    "icon_code": maybe(text),
}
JOB_TYPE = JOB_TYPE_BASE | {
    "uses_docker": boolean,
    "docker_privileged": boolean,
    "docker_image": maybe(text),
    "revision_num": integer,
    "priority": integer,
    "max_scheduled": maybe(integer),
    "timeout": integer,
    "max_tries": integer,
    "cpus_required": number,
    "mem_required": number,
    "disk_out_const_required": number,
    "disk_out_mult_required": number,
    "created": time,
    "last_modified": time,
    "archived": maybe(time),
    "paused": maybe(time),
}
JOB_TYPE_REV_BASE = {"id": integer, "job_type": REF, "revision_num": integer}
JOB_TYPE_REV = JOB_TYPE_REV_BASE | {"interface": document, "created": time}

RULE = {
    "id": integer,
    "type": text,
    "name": text,
    "is_active": boolean,
    "configuration": document,
    "created": time,
    "archived": maybe(time),
    "last_modified": time,
}
EVENT_BASE = {"id": integer, "type": text, "rule": maybe(REF), "occurred": time}
EVENT = EVENT_BASE | {"rule": maybe(RULE), "description": document}

ERROR_BASE = {
    "id": integer,
    "name": text,
    "title": maybe(text),
    "description": maybe(text),
    "category": text,
    "is_builtin": boolean,
}
ERROR = ERROR_BASE | {"created": time, "last_modified": time}

FILE = {
    "id": integer,
    "workspace": {"id": integer, "name": text},
    "file_name": text,
    "media_type": text,
    "file_size": integer,
    "data_type": several(text),
    "is_deleted": boolean,
    "uuid": uuid,
    "url": maybe(text),
    "created": time,
    "deleted": maybe(time),
    "data_started": maybe(time),
    "data_ended": maybe(time),
    "geometry": maybe(text),
    "center_point": maybe(text),
    "meta_data": document,
    "countries": several(text),
    "last_modified": time,
}
PRODUCT_BASE = FILE | {
    "is_operational": boolean,
    "is_published": boolean,
    "has_been_published": boolean,
    "published": maybe(time),
    "unpublished": maybe(time),
    "job_type": REF,
    "job": REF,
    "job_exe": REF,
}
PRODUCT = PRODUCT_BASE | {"job_type": JOB_TYPE_BASE}

JOB = {
    "id": integer,
    "job_type": JOB_TYPE_BASE,
    "job_type_rev": JOB_TYPE_REV_BASE,
    "event": EVENT_BASE,
    "error": maybe(ERROR_BASE),
    "status": text,
    "priority": integer,
    "num_exes": integer,
    "timeout": integer,
    "max_tries": integer,
    "cpus_required": number,
    "mem_required": number,
    "disk_in_required": maybe(number),
    "disk_out_required": maybe(number),
    "created": time,
    "queued": maybe(time),
    "started": maybe(time),
    "ended": maybe(time),
    "last_status_change": maybe(time),
    "last_modified": time,
}
JOB_EXE_BASE = {
    "id": integer,
    "status": text,
    "command_arguments": text,
    "timeout": integer,
    "pre_started": maybe(time),
    "pre_completed": maybe(time),
    "pre_exit_code": maybe(integer),
    "job_started": maybe(time),
    "job_completed": maybe(time),
    "job_exit_code": maybe(integer),
    "post_started": maybe(time),
    "post_completed": maybe(time),
    "post_exit_code": maybe(integer),
    "created": time,
    "queued": time,
    "started": maybe(time),
    "ended": maybe(time),
    "last_modified": time,
    "job": REF,
    "node": maybe(REF),
    "error": maybe(REF),
}
RECIPE = {
    "id": integer,
    "recipe_type": {
        "id": integer,
        "name": text,
        "version": text,
        "title": maybe(text),
        "description": maybe(text),
    },
    "recipe_type_rev": {"id": integer, "recipe_type": REF, "revision_num": integer},
    "event": EVENT_BASE,
    "created": time,
    "completed": maybe(time),
    "last_modified": time,
}
SLOT = {"name": text, "type": text, "value": anything}
JOB_DETAILS = JOB | {
    "job_type": JOB_TYPE,
    "job_type_rev": JOB_TYPE_REV,
    "event": EVENT,
    "error": maybe(ERROR),
    "data": document,
    "results": document,
    "input_files": several(FILE),
    "recipes": several(RECIPE),
    "job_exes": several(JOB_EXE_BASE),
    "products": several(PRODUCT_BASE),
    "inputs": several(SLOT),
    "outputs": several(SLOT),
}

NODE_BASE = {"id": integer, "hostname": text, "port": maybe(integer), "slave_id": text}
NODE = NODE_BASE | {
    "pause_reason": maybe(text),
    "is_paused": boolean,
    "is_paused_errors": boolean,
    "is_active": boolean,
    "created": time,
    "last_modified": time,
    "archived": maybe(time),
    "last_offer": maybe(time),
}
RESOURCES = {"cpus": number, "mem": number, "disk": number}
RESOURCE_USE = {"total": RESOURCES, "scheduled": RESOURCES, "used": RESOURCES}

SCHEDULED = {
    "cpus_scheduled": maybe(number),
    "mem_scheduled": maybe(number),
    "disk_in_scheduled": maybe(number),
    "disk_out_scheduled": maybe(number),
    "disk_total_scheduled": maybe(number),
}
JOB_EXE = JOB_EXE_BASE | {
    "job": {
        "id": integer,
        "job_type": JOB_TYPE_BASE,
        "job_type_rev": REF,
        "event": REF,
        "error": maybe(REF),
        "status": text,
        "priority": integer,
        "num_exes": integer,
    },
    "node": maybe(NODE_BASE),
    "error": maybe(ERROR_BASE),
}
JOB_EXE_DETAILS = (
    JOB_EXE_BASE
    | SCHEDULED
    | {
        "job": JOB,
        "node": maybe(NODE),
        "error": maybe(ERROR),
        "environment": document,
        "results": document,
        "results_manifest": document,
        "current_stdout_url": maybe(text),
        "current_stderr_url": maybe(text),
    }
)
JOB_EXE_LOGS = JOB_EXE | {"is_finished": boolean, "stdout": maybe(text), "stderr": maybe(text)}
RUNNING_JOB_EXE = JOB_EXE | SCHEDULED | {"node": REF}
