"""Recipe data, and how a job of a recipe gets its own (contract 3.7, 4.10)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from scale.domain.definition import Definition, RecipeJob
from scale.domain.documents import NOT_NULL, Id, OpenDocument, refuse_unstorable, salvage
from scale.domain.interface import Interface
from scale.domain.job_data import (
    InputEntries,
    InputValue,
    Lookup,
    read_inputs,
    unknown_files,
    unknown_workspaces,
)
from scale.domain.results import JobResults
from scale.errors import InvalidInput

_VALUE_KEYS = {str: "value", int: "file_id", list: "file_ids"}


class _Envelope(OpenDocument):
    version: Literal["1.0"] = "1.0"
    input_data: list[Any] = []
    workspace_id: Annotated[Id | None, NOT_NULL] = None


@dataclass(frozen=True)
class RecipeData:
    """The data of a recipe; names outside the definition are kept but seen only in `stored`."""

    _document: dict[str, Any]
    _entries: InputEntries
    #: Where the jobs put their outputs.
    workspace_id: int | None

    @property
    def inputs(self) -> dict[str, InputValue]:
        """Return what was given, by input name."""
        return self._entries.values

    @property
    def file_ids(self) -> list[int]:
        """Return the distinct ids of the input files, in order."""
        return self._entries.file_ids

    def stored(self) -> dict[str, Any]:
        """Return the document as it is kept."""
        return self._document


def check_recipe_data(
    raw: object,
    definition: Definition,
    *,
    needs_workspace: bool,
    lookup: Lookup,
    path: str = "recipe_data",
) -> RecipeData:
    """Read recipe data, check all its rules and normalise it (contract 3.7).

    Raises:
        InvalidInput: with every fault, those of shape and those of reference.
    """
    refuse_unstorable(raw, path)
    data, faults = _read(raw, definition, path)
    known_files = lookup.known_files(data.file_ids) if data.file_ids else set()
    faults += unknown_files(data._entries, known_files)
    if needs_workspace:
        faults += _workspace_faults(raw, data, lookup, f"{path}.workspace_id")
    if faults:
        raise InvalidInput(faults)
    return data


def read_recipe_data(document: Mapping[str, Any], definition: Definition) -> RecipeData:
    """Read stored data; what does not fit the definition is left out."""
    return _read(dict(document), definition, "recipe_data")[0]


def assemble_job_data(
    recipe_job: RecipeJob,
    recipe_data: RecipeData,
    parent_results: Mapping[str, JobResults],
    interface: Interface,
    workspace_id: int | None,
) -> dict[str, Any]:
    """Put together the data of a recipe job whose dependencies have all COMPLETED (contract 4.10).

    What was not given or not made is left out. The answer is yet to be checked as job data.
    """
    fed: list[tuple[str, InputValue | None]] = [
        (link.job_input, recipe_data.inputs.get(link.recipe_input))
        for link in recipe_job.recipe_inputs
    ]
    fed += [
        (connection.input, parent_results[dependency.name].outputs.get(connection.output))
        for dependency in recipe_job.dependencies
        for connection in dependency.connections
    ]
    return {
        "version": "1.0",
        "input_data": [
            {"name": name, _VALUE_KEYS[type(value)]: value}
            for name, value in fed
            if value is not None and _fits(name, value, interface)
        ],
        "output_data": [{"name": name, "workspace_id": workspace_id} for name in interface.outputs],
    }


def _fits(name: str, value: InputValue, interface: Interface) -> bool:
    """Tell whether a feed counts: the input exists, and text goes to a property, files to files."""
    target = interface.inputs.get(name)
    return target is not None and isinstance(value, str) == (target.type == "property")


def _read(raw: object, definition: Definition, path: str) -> tuple[RecipeData, list[str]]:
    faults: list[str] = []
    envelope = salvage(_Envelope, raw, path, faults)
    entries = read_inputs(
        envelope.input_data, definition.inputs, f"{path}.input_data", set(), faults
    )
    document = envelope.stored() | {"input_data": entries.stored}
    if envelope.workspace_id is None:
        del document["workspace_id"]
    return RecipeData(document, entries, envelope.workspace_id), faults


def _workspace_faults(raw: object, data: RecipeData, lookup: Lookup, path: str) -> list[str]:
    if data.workspace_id is not None:
        active = lookup.active_workspaces([data.workspace_id])
        return unknown_workspaces([(path, data.workspace_id)], active)
    # One that is there but no integer is a fault already.
    is_given = isinstance(raw, dict) and "workspace_id" in raw
    return [] if is_given else [f"{path}: required"]
