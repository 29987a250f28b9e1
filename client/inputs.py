"""`--input name=value` as the inputs of a job or a recipe, checked before anything is sent."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from client.errors import ExitCode, Problem, misuse
from client.lookup import find_workspace
from client.rest import Json, Rest

Upload = Callable[[Path], int]


@dataclass(frozen=True)
class Input:
    """A declared input with what was given for it."""

    name: str
    type: str
    values: list[str] = field(default_factory=list)

    @property
    def paths(self) -> list[Path]:
        """Return the files that are to be uploaded."""
        if self.type == "property":
            return []
        return [Path(text[1:]) for text in self.values if not text[1:].isdecimal()]


def read_inputs(words: Sequence[str], declared: Sequence[Json]) -> list[Input]:
    """Sort words `name=value` by the inputs that a type declares.

    Raises:
        Problem: one is no such word, names no input, or does not fit it; or a required one lacks.
    """
    inputs = {item["name"]: Input(item["name"], item["type"]) for item in declared}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals:
            raise misuse(f"--input {word!r} is not of the form name=value.")
        if name not in inputs:
            known = ", ".join(inputs) or "none"
            raise misuse(f"There is no input {name!r}; the inputs are: {known}.")
        _add(inputs[name], value)
    missing = [
        item["name"]
        for item in declared
        if item.get("required", True) and not inputs[item["name"]].values
    ]
    if missing:
        raise misuse(f"Give the required input {', '.join(missing)} with --input name=value.")
    return [item for item in inputs.values() if item.values]


def input_data(inputs: Sequence[Input], upload: Upload) -> list[Json]:
    """Return the API's form of the inputs; files are uploaded on the way, each once."""
    ids: dict[Path, int] = {}
    for path in (path for item in inputs for path in item.paths):
        real = path.resolve()
        if real not in ids:
            ids[real] = upload(path)

    def file_id(text: str) -> int:
        return int(text[1:]) if text[1:].isdecimal() else ids[Path(text[1:]).resolve()]

    entries: list[Json] = []
    for item in inputs:
        if item.type == "property":
            entries.append({"name": item.name, "value": item.values[0]})
        elif item.type == "file":
            entries.append({"name": item.name, "file_id": file_id(item.values[0])})
        else:
            entries.append({"name": item.name, "file_ids": [*map(file_id, item.values)]})
    return entries


def uploader(rest: Rest, workspace: str | None, inputs: Sequence[Input]) -> Upload:
    """Return what uploads a file as a source into a workspace.

    Raises:
        Problem: files are to be uploaded and no workspace, or an unknown one, is named.
    """
    if not any(item.paths for item in inputs):
        return lambda path: 0
    if workspace is None:
        raise misuse("Name the --workspace that the uploaded files go to.")
    workspace_id = find_workspace(rest, workspace)["id"]

    def upload(path: Path) -> int:
        with path.open("rb") as content:
            try:
                source = rest.post(
                    "/sources/",
                    data={"workspace_id": str(workspace_id)},
                    files={"file": (path.name, content)},
                )
            except Problem as problem:
                raise _with_hint(rest, problem, path.name) from problem
        return int(source["id"])

    return upload


def _add(item: Input, value: str) -> None:
    if item.values and item.type != "files":
        raise misuse(f"The input {item.name!r} is given twice.")
    if item.type != "property":
        if len(value) < 2 or not value.startswith("@"):
            raise misuse(
                f"The input {item.name!r} takes a file: {item.name}=@ID or {item.name}=@PATH."
            )
        path = Path(value[1:])
        if not value[1:].isdecimal() and not path.is_file():
            raise misuse(f"There is no file {str(path)!r} for the input {item.name!r}.")
    item.values.append(value)


def _with_hint(rest: Rest, problem: Problem, name: str) -> Problem:
    """Name the source that has the file's name already, if that may be the reason."""
    if problem.code != ExitCode.REFUSED:
        return problem
    same = next(rest.list("/sources/", file_name=name, limit=1).rows, None)
    if same is None or same["file_name"] != name:
        return problem
    hint = f"The file {same['id']} has that name: @{same['id']} would take it as it is."
    return Problem(problem.code, f"{problem} {hint}")
