"""Finding types and workspaces by what people call them: a number is an id, all else a name."""

from client.errors import ExitCode, Problem, misuse
from client.rest import Json, Rest


def find_job_type(rest: Rest, name: str, version: str | None) -> Json:
    """Return the details of a job type.

    Raises:
        Problem: there is none, or the name has several versions and none is given.
    """
    return _find_type(rest, "job type", "/job-types/", name, version)


def find_recipe_type(rest: Rest, name: str, version: str | None) -> Json:
    """Return the details of a recipe type.

    Raises:
        Problem: there is none, or the name has several versions and none is given.
    """
    return _find_type(rest, "recipe type", "/recipe-types/", name, version)


def find_workspace(rest: Rest, name: str) -> Json:
    """Return a workspace.

    Raises:
        Problem: there is none.
    """
    if name.isdecimal():
        return rest.get(f"/workspaces/{name}/")
    for row in rest.list("/workspaces/", name=name).rows:
        if row["name"] == name:
            return row
    raise Problem(ExitCode.REFUSED, f"There is no workspace {name!r}.")


def job_filter(words: list[str]) -> Json:
    """Return the job types that are meant, all by name or all by id, as filters of the API.

    Raises:
        Problem: both kinds are there, of which the API would find those that fit both.
    """
    ids = [int(word) for word in words if word.isdecimal()]
    names = [word for word in words if not word.isdecimal()]
    if ids and names:
        raise misuse("Name the types all by id or all by name.")
    return {"job_type_id": ids, "job_type_name": names}


def _find_type(rest: Rest, kind: str, path: str, name: str, version: str | None) -> Json:
    if name.isdecimal() and version is None:
        return rest.get(f"{path}{name}/")
    # The list of recipe types ignores the name.
    named = [row for row in rest.list(path, name=name).rows if row["name"] == name]
    rows = [row for row in named if row["version"] == version]
    if version is None:
        rows = [row for row in named if row["is_active"]] or named
    if not rows:
        wanted = name if version is None else f"{name} {version}"
        raise Problem(ExitCode.REFUSED, f"There is no {kind} {wanted!r}.")
    if len(rows) > 1:
        versions = ", ".join(row["version"] for row in rows)
        raise misuse(f"There are several versions of {name!r} ({versions}): name one of them.")
    return rest.get(f"{path}{rows[0]['id']}/")
