"""Objects as the API sends them, with the fields that the client reads."""

from typing import Any

QUEUED = "2026-01-01T10:00:00Z"
STARTED = "2026-01-01T10:00:05Z"
ENDED = "2026-01-01T10:01:05.500Z"
ERROR = {"id": 1, "name": "bad-input", "title": "Bad input", "category": "DATA"}
FINAL = {"COMPLETED", "FAILED", "CANCELED"}


def job_type(**fields: Any) -> dict[str, Any]:
    interface = {
        "version": "1.0",
        "command": "run",
        "command_arguments": "${csv}",
        "input_data": [
            {"name": "csv", "type": "file", "required": True},
            {"name": "label", "type": "property", "required": False},
            {"name": "more", "type": "files", "required": False},
        ],
        "output_data": [{"name": "places", "type": "file", "required": True}],
    }
    base = {"id": 8, "name": "places", "version": "1.0", "title": "Places", "category": None}
    state = {"is_active": True, "is_paused": False, "is_system": False, "is_operational": True}
    limits = {"priority": 100, "max_tries": 3, "timeout": 60, "max_scheduled": None}
    needs = {"cpus_required": 1.0, "mem_required": 64.0, "docker_image": None, "revision_num": 1}
    rest = {"description": None, "last_modified": QUEUED, "job_counts_24h": []}
    return base | state | limits | needs | rest | {"interface": interface} | fields


def execution(number: int, status: str, **fields: Any) -> dict[str, Any]:
    steps = {f"{step}_exit_code": None for step in ("pre", "job", "post")}
    times = {
        "queued": QUEUED,
        "started": None if status == "QUEUED" else STARTED,
        "ended": ENDED if status in FINAL else None,
    }
    return {"id": number, "status": status, "node": None} | steps | times | fields


def job(number: int, status: str, *executions: Any, **fields: Any) -> dict[str, Any]:
    return {
        "id": number,
        "job_type": {"name": "places", "version": "1.0"},
        "status": status,
        "priority": 100,
        "num_exes": len(executions),
        "max_tries": 3,
        "created": QUEUED,
        "queued": QUEUED,
        "started": None if status == "QUEUED" else STARTED,
        "ended": ENDED if status in FINAL else None,
        "last_status_change": QUEUED,
        "error": ERROR if status == "FAILED" else None,
        "recipes": [],
        "data": {"input_data": [{"name": "label", "value": "a b"}]},
        "input_files": [],
        "products": [],
        "job_exes": list(executions),
    } | fields


def logs(stdout: str | None, stderr: str | None = None) -> dict[str, Any]:
    return {"stdout": stdout, "stderr": stderr, "is_finished": False}


def recipe(statuses: dict[str, str], depends: dict[str, list[str]]) -> dict[str, Any]:
    definition = {
        "version": "1.0",
        "input_data": [{"name": "csv", "type": "file", "required": True}],
        "jobs": [
            {"name": name, "dependencies": [{"name": other} for other in depends.get(name, [])]}
            for name in statuses
        ],
    }
    is_done = set(statuses.values()) == {"COMPLETED"}
    return {
        "id": 4,
        "recipe_type": {"id": 2, "name": "report", "version": "1.0", "definition": {"jobs": []}},
        "recipe_type_rev": {"definition": definition},
        "created": QUEUED,
        "completed": ENDED if is_done else None,
        "jobs": [
            {"job_name": name, "job": job(number, status)}
            for number, (name, status) in enumerate(statuses.items(), 1)
        ],
    }
