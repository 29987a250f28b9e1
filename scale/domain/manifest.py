"""The results manifest: what a program says it made and found out (contract 3.4, 6.4)."""

import json
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import model_validator

from scale.domain.artifacts import MAX_ARTIFACTS
from scale.domain.documents import NOT_NULL, ClosedDocument, OpenDocument, parse_document
from scale.domain.file_names import check_relative_path, check_tag
from scale.domain.geo import GeoFacts, GeoMetadata, geo_facts
from scale.domain.interface import Interface, Output
from scale.errors import InvalidInput

FILE_NAME = "results_manifest.json"
#: Read no more of the file than this and one byte.
MAX_BYTES = 32 * 1024 * 1024

_PATH = "results_manifest"
_VERSION = "1.1"

Geo = Annotated[GeoMetadata | None, NOT_NULL]
Text = Annotated[str | None, NOT_NULL]


class InvalidManifest(InvalidInput):
    """The results manifest is not valid."""

    code = "invalid_manifest"


class _File(OpenDocument):
    path: str
    geo_metadata: Geo = None


class _Output(OpenDocument):
    name: str
    file: Annotated[_File | None, NOT_NULL] = None
    files: Annotated[list[_File] | None, NOT_NULL] = None

    @model_validator(mode="after")
    def _has_one_form(self) -> "_Output":
        if (self.file is None) == (self.files is None):
            raise ValueError("expected exactly one of file and files")
        return self

    @property
    def places(self) -> dict[str, _File]:
        """Return the files by where they stand in the entry."""
        if self.file is not None:
            return {"file": self.file}
        return {f"files[{index}]": file for index, file in enumerate(self.files or [])}


class _ParseResult(OpenDocument):
    filename: str
    new_workspace_path: Text = None
    data_types: list[str] = []
    geo_metadata: Geo = None


class _Document(ClosedDocument):
    version: str = _VERSION
    output_data: list[_Output] = []
    parse_results: list[_ParseResult] = []
    info: list[Any] = []
    errors: list[Any] = []


class _OutputV10(OpenDocument):
    name: str
    path: Text = None
    paths: Annotated[list[str] | None, NOT_NULL] = None

    @model_validator(mode="after")
    def _has_one_form(self) -> "_OutputV10":
        if (self.path is None) == (self.paths is None):
            raise ValueError("expected exactly one of path and paths")
        return self


class _ParseResultV10(OpenDocument):
    filename: str
    data_started: Text = None
    data_ended: Text = None
    data_types: list[str] = []
    gis_data_path: Text = None


class _DocumentV10(ClosedDocument):
    version: str
    files: list[_OutputV10] = []
    parse_results: list[_ParseResultV10] = []
    info: list[Any] = []
    errors: list[Any] = []


@dataclass(frozen=True, slots=True)
class MadeFile:
    """A file to store as a product."""

    path: str
    facts: GeoFacts


@dataclass(frozen=True, slots=True)
class MadeOutput:
    """An output of the interface with the files made for it: one unless it `is_list`."""

    name: str
    is_list: bool
    files: list[MadeFile]


@dataclass(frozen=True, slots=True)
class ParsedFile:
    """What was found out about the source input called `file_name` (contract 6.5)."""

    file_name: str
    #: Normalised; None means the file stays where it is.
    new_workspace_path: str | None
    data_types: list[str]
    facts: GeoFacts


@dataclass(frozen=True, slots=True)
class Findings:
    """A manifest checked against an interface."""

    outputs: list[MadeOutput]
    parsed: list[ParsedFile]
    _document: _Document

    def stored(self) -> dict[str, Any]:
        """Return the manifest in its 1.1 form, without outputs that the interface lacks."""
        return {
            "version": _VERSION,
            "output_data": [_as_written(entry) for entry in self._document.output_data],
            "parse_results": [_as_written(entry) for entry in self._document.parse_results],
            "info": self._document.info,
            "errors": self._document.errors,
        }


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest that is sound in itself; made by `parse_manifest`."""

    _document: _Document

    def with_artifacts(self, found: Collection[tuple[str, str]]) -> "Manifest":
        """Add what output lines announce as (output name, path); the manifest's own names win.

        One line for a name is its `file`, several are its `files` (6.4).

        Raises:
            InvalidManifest: there are too many lines.
        """
        if len(found) > MAX_ARTIFACTS:
            raise InvalidManifest(f"artifacts: expected at most {MAX_ARTIFACTS} lines")
        own = {entry.name for entry in self._document.output_data}
        paths: dict[str, list[str]] = {}
        for name, path in found:
            if name not in own:
                paths.setdefault(name, []).append(path)
        added = [_announced(name, listed) for name, listed in paths.items()]
        return Manifest(_with_outputs(self._document, [*self._document.output_data, *added]))

    def check(
        self,
        interface: Interface,
        *,
        source_names: Collection[str],
        is_regular_file: Callable[[str], bool],
    ) -> Findings:
        """Check the outputs against the interface and the files on disk (M4 to M9).

        `source_names` are the file names of the source inputs. `is_regular_file` is asked for
        absolute paths only. A path listed twice in one output is one file.

        Raises:
            InvalidManifest: with every fault.
        """
        faults: list[str] = []
        known = [entry for entry in self._document.output_data if entry.name in interface.outputs]
        outputs = [
            _made_output(entry, interface.outputs[entry.name], is_regular_file, faults)
            for entry in known
        ]
        made = {entry.name for entry in known}
        faults += [
            f"{_PATH}.output_data: required output '{output.name}' is missing"
            for output in interface.output_data
            if output.required and output.name not in made
        ]
        parsed = [
            _parsed_file(entry, f"{_PATH}.parse_results[{index}]", faults)
            for index, entry in enumerate(self._document.parse_results)
            if entry.filename in source_names
        ]
        if faults:
            raise InvalidManifest(faults)
        return Findings(outputs, parsed, _with_outputs(self._document, known))


def parse_manifest(content: bytes | None) -> Manifest:
    """Read the manifest file, in its 1.1 or 1.0 form; None, no file, is an empty one (M1 to M3).

    Of the 1.0 form's parse results `gis_data_path` is accepted and not followed, as upstream did.

    Raises:
        InvalidManifest: with every fault.
    """
    raw = {} if content is None else _load(content)
    try:
        document = _read(raw)
    except InvalidInput as exc:
        raise InvalidManifest(exc.faults) from exc
    faults = [
        *_repeated("output_data", "name", [entry.name for entry in document.output_data]),
        *_repeated("parse_results", "filename", [e.filename for e in document.parse_results]),
    ]
    if faults:
        raise InvalidManifest(faults)
    return Manifest(document)


def _load(content: bytes) -> object:
    if len(content) > MAX_BYTES:
        raise InvalidManifest(f"{_PATH}: expected at most {MAX_BYTES} bytes")
    try:
        return json.loads(
            content.decode("utf-8-sig"),
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
        )
    except ValueError as exc:
        raise InvalidManifest(f"{_PATH}: expected JSON in UTF-8 ({exc})") from exc
    except RecursionError as exc:
        raise InvalidManifest(f"{_PATH}: expected fewer levels of nesting") from exc


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key is repeated")
    return document


def _refuse_constant(text: str) -> None:
    raise ValueError(f"{text} is no JSON number")


def _read(raw: object) -> _Document:
    if not isinstance(raw, dict) or raw.get("version", _VERSION) == _VERSION:
        return parse_document(_Document, raw, _PATH)
    old = parse_document(_DocumentV10, raw, _PATH)
    return _Document(
        output_data=[_output_from_v10(entry) for entry in old.files],
        parse_results=[_parse_result_from_v10(entry) for entry in old.parse_results],
        info=old.info,
        errors=old.errors,
    )


def _output_from_v10(entry: _OutputV10) -> _Output:
    if entry.path is not None:
        return _Output(name=entry.name, file=_File(path=entry.path))
    return _Output(name=entry.name, files=[_File(path=path) for path in entry.paths or []])


def _parse_result_from_v10(entry: _ParseResultV10) -> _ParseResult:
    times = entry.model_dump(include={"data_started", "data_ended"}, exclude_none=True)
    return _ParseResult(
        filename=entry.filename,
        data_types=entry.data_types,
        geo_metadata=GeoMetadata.model_validate(times),
    )


def _announced(name: str, paths: list[str]) -> _Output:
    files = [_File(path=path) for path in paths]
    return _Output(name=name, file=files[0]) if len(files) == 1 else _Output(name=name, files=files)


def _with_outputs(document: _Document, output_data: list[_Output]) -> _Document:
    return document.model_copy(update={"output_data": output_data})


def _as_written(entry: OpenDocument) -> dict[str, Any]:
    return entry.model_dump(exclude_unset=True)


def _repeated(key: str, name_key: str, names: list[str]) -> Iterator[str]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield f"{_PATH}.{key}[{index}].{name_key}: '{name}' is used twice"
        seen.add(name)


def _made_output(
    entry: _Output,
    declared: Output,
    is_regular_file: Callable[[str], bool],
    faults: list[str],
) -> MadeOutput:
    at = f"{_PATH}.output_data.{entry.name}"
    is_list = declared.type == "files"
    if is_list != (entry.files is not None):
        faults.append(f"{at}: expected {declared.type}")
    made: dict[str, MadeFile] = {}
    for place, file in entry.places.items():
        if file.path in made:
            continue
        if not file.path.startswith("/") or not is_regular_file(file.path):
            faults.append(f"{at}.{place}.path: expected the absolute path of an existing file")
        facts = _facts(file.geo_metadata, f"{at}.{place}", faults)
        made[file.path] = MadeFile(file.path, facts)
    return MadeOutput(entry.name, is_list, list(made.values()))


def _parsed_file(entry: _ParseResult, at: str, faults: list[str]) -> ParsedFile:
    new_path = entry.new_workspace_path
    if new_path is not None:
        with _collecting(faults):
            new_path = check_relative_path(new_path, f"{at}.new_workspace_path")
    for index, tag in enumerate(entry.data_types):
        with _collecting(faults):
            check_tag(tag, f"{at}.data_types[{index}]")
    facts = _facts(entry.geo_metadata, at, faults)
    return ParsedFile(entry.filename, new_path, entry.data_types, facts)


def _facts(metadata: GeoMetadata | None, at: str, faults: list[str]) -> GeoFacts:
    facts = GeoFacts()
    if metadata is not None:
        with _collecting(faults):
            facts = geo_facts(metadata, f"{at}.geo_metadata")
    return facts


@contextmanager
def _collecting(faults: list[str]) -> Iterator[None]:
    try:
        yield
    except InvalidInput as exc:
        faults += exc.faults
