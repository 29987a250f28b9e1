"""Job data: what a job is given, checked against its type's interface (contract 3.2)."""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal, Protocol

from scale.domain.documents import Id, OpenDocument, collect, refuse_unstorable, salvage
from scale.domain.interface import Input, Interface, Output
from scale.errors import InvalidInput

#: The data of a job that has not been given any yet.
EMPTY_JOB_DATA: Final[dict[str, Any]] = {"version": "1.0", "input_data": [], "output_data": []}

_BYTES_PER_MIB = 1024 * 1024

#: A property's text, the id of a `file`, or the ids of `files`.
InputValue = str | int | list[int]


class Lookup(Protocol):
    """What the database knows of the ids in a document."""

    def known_files(self, ids: Collection[int]) -> set[int]:
        """Return those that are ids of files, deleted ones included."""

    def active_workspaces(self, ids: Collection[int]) -> set[int]:
        """Return those that are ids of active workspaces."""


class _Envelope(OpenDocument):
    version: Literal["1.0"] = "1.0"
    input_data: list[Any] = []
    output_data: list[Any] = []


class _Entry(OpenDocument):
    name: str


class _PropertyEntry(_Entry):
    value: str


class _FileEntry(_Entry):
    file_id: Id


class _FilesEntry(_Entry):
    file_ids: list[Id]


class _OutputEntry(_Entry):
    workspace_id: Id


@dataclass
class InputEntries:
    """The input entries of a job's or recipe's data, read against the declared inputs."""

    stored: list[Any] = field(default_factory=list)
    values: dict[str, InputValue] = field(default_factory=dict)
    #: Where each file is named: (path, file id).
    mentions: list[tuple[str, int]] = field(default_factory=list)

    @property
    def file_ids(self) -> list[int]:
        """Return the distinct ids of the files, in order."""
        return list(dict.fromkeys(file_id for _, file_id in self.mentions))


@dataclass(frozen=True)
class JobData:
    """The data of a job; names outside the interface are kept but seen only in `stored`."""

    _document: dict[str, Any]
    _entries: InputEntries
    _workspaces: list[tuple[str, int]]
    #: Workspace id by output name.
    outputs: dict[str, int]

    @property
    def inputs(self) -> dict[str, InputValue]:
        """Return what was given, by input name."""
        return self._entries.values

    @property
    def file_ids(self) -> list[int]:
        """Return the distinct ids of the input files, in order."""
        return self._entries.file_ids

    @property
    def workspace_ids(self) -> list[int]:
        """Return the distinct ids of the output workspaces, in order."""
        return list(dict.fromkeys(self.outputs.values()))

    def stored(self) -> dict[str, Any]:
        """Return the document as it is kept."""
        return self._document


def check_job_data(
    raw: object, interface: Interface, *, lookup: Lookup, path: str = "job_data"
) -> JobData:
    """Read job data, check all its rules and normalise it (contract 3.2, D1 to D18).

    Raises:
        InvalidInput: with every fault, those of shape and those of reference.
    """
    refuse_unstorable(raw, path)
    data, faults = _read(raw, interface, path)
    known_files = lookup.known_files(data.file_ids) if data.file_ids else set()
    active = lookup.active_workspaces(data.workspace_ids) if data.workspace_ids else set()
    faults += reference_faults(data, known_files=known_files, active_workspaces=active)
    if faults:
        raise InvalidInput(faults)
    return data


def parse_job_data(raw: object, interface: Interface, path: str = "job_data") -> JobData:
    """Read job data and check the rules that need no database.

    Raises:
        InvalidInput: with every fault of shape.
    """
    refuse_unstorable(raw, path)
    data, faults = _read(raw, interface, path)
    if faults:
        raise InvalidInput(faults)
    return data


def read_job_data(document: Mapping[str, Any], interface: Interface) -> JobData:
    """Read stored data, be it still empty; what does not fit the interface is left out."""
    return _read(dict(document), interface, "job_data")[0]


def reference_faults(
    data: JobData, *, known_files: Collection[int], active_workspaces: Collection[int]
) -> list[str]:
    """Name each file id that does not exist and each workspace that is not active (D11, D15)."""
    return [
        *unknown_files(data._entries, known_files),
        *unknown_workspaces(data._workspaces, active_workspaces),
    ]


def unknown_files(entries: InputEntries, known_files: Collection[int]) -> list[str]:
    """Name each place where a file is named that does not exist (D11)."""
    return [
        f"{path}: no file {file_id}"
        for path, file_id in entries.mentions
        if file_id not in known_files
    ]


def unknown_workspaces(mentions: Iterable[tuple[str, int]], active: Collection[int]) -> list[str]:
    """Name each place where a workspace is named that is unknown or not active (D15)."""
    return [
        f"{path}: no active workspace {workspace_id}"
        for path, workspace_id in mentions
        if workspace_id not in active
    ]


def read_inputs(
    entries: list[Any], declared: Mapping[str, Input], path: str, names: set[str], faults: list[str]
) -> InputEntries:
    """Read input entries against the declared inputs, adding names to `names` and to `faults`.

    Faulty entries are left out; entries of undeclared names are kept as they are (D16).
    """
    read = InputEntries()
    for index, raw in enumerate(entries):
        at = f"{path}[{index}]"
        name = _read_name(raw, at, names, faults)
        if name is None:
            continue
        if name not in declared:
            read.stored.append(raw)
        else:
            _read_input(declared[name], raw, at, read, faults)
    for name, item in declared.items():
        if item.required and name not in names:
            faults.append(f"{path}: required input '{name}' is missing")
    return read


def disk_requirements(sizes_bytes: Iterable[int], mult: float, const: float) -> tuple[float, float]:
    """Return the MiB a job needs for its input and its output, in whole numbers (contract 3.2)."""
    disk_in = math.ceil(Decimal(sum(sizes_bytes)) / _BYTES_PER_MIB)
    # In binary 1.1 x 10 is a little more than 11 and would be rounded up to 12.
    disk_out = math.ceil(Decimal(str(mult)) * disk_in + Decimal(str(const)))
    return float(disk_in), float(disk_out)


def _read(raw: object, interface: Interface, path: str) -> tuple[JobData, list[str]]:
    faults: list[str] = []
    names: set[str] = set()
    envelope = salvage(_Envelope, raw, path, faults)
    inputs = read_inputs(envelope.input_data, interface.inputs, f"{path}.input_data", names, faults)
    workspaces, stored = _read_outputs(
        envelope.output_data, interface.outputs, f"{path}.output_data", names, faults
    )
    document = envelope.stored() | {"input_data": inputs.stored, "output_data": stored}
    mentions = [(at, workspace_id) for _, at, workspace_id in workspaces]
    outputs = {name: workspace_id for name, _, workspace_id in workspaces}
    return JobData(document, inputs, mentions, outputs), faults


def _read_outputs(
    entries: list[Any],
    declared: Mapping[str, Output],
    path: str,
    names: set[str],
    faults: list[str],
) -> tuple[list[tuple[str, str, int]], list[Any]]:
    workspaces = []
    stored = []
    own_names: set[str] = set()
    for index, raw in enumerate(entries):
        at = f"{path}[{index}]"
        name = _read_name(raw, at, names, faults)
        if name is None:
            continue
        own_names.add(name)
        if name in declared:
            entry = collect(_OutputEntry, raw, at, faults)
            if entry is None:
                continue
            workspaces.append((name, f"{at}.workspace_id", entry.workspace_id))
        stored.append(raw)
    faults += [f"{path}: output '{n}' is missing" for n in declared if n not in own_names]
    return workspaces, stored


def _read_name(raw: object, at: str, names: set[str], faults: list[str]) -> str | None:
    entry = collect(_Entry, raw, at, faults)
    if entry is None:
        return None
    if entry.name in names:
        faults.append(f"{at}.name: '{entry.name}' is used twice")
    names.add(entry.name)
    return entry.name


def _read_input(
    declared: Input, raw: dict[str, Any], at: str, read: InputEntries, faults: list[str]
) -> None:
    """Read one entry by its declared type, dropping the file key of the other type (D9, D10)."""
    if declared.type == "property":
        text = collect(_PropertyEntry, raw, at, faults)
        if text is not None:
            read.values[text.name] = text.value
            read.stored.append(raw)
    elif declared.type == "file":
        one = collect(_FileEntry, _without(raw, "file_ids"), at, faults)
        if one is not None:
            read.values[one.name] = one.file_id
            read.mentions.append((f"{at}.file_id", one.file_id))
            read.stored.append(_without(raw, "file_ids"))
    elif "file_id" in raw and "file_ids" not in raw:
        one = collect(_FileEntry, raw, at, faults)
        if one is not None:
            read.values[one.name] = [one.file_id]
            read.mentions.append((f"{at}.file_id", one.file_id))
            read.stored.append(_without(raw, "file_id") | {"file_ids": [one.file_id]})
    else:
        many = collect(_FilesEntry, _without(raw, "file_id"), at, faults)
        if many is not None:
            read.values[many.name] = many.file_ids
            read.mentions += [(f"{at}.file_ids[{i}]", f) for i, f in enumerate(many.file_ids)]
            read.stored.append(_without(raw, "file_id"))


def _without(raw: dict[str, Any], key: str) -> dict[str, Any]:
    return {k: item for k, item in raw.items() if k != key}
