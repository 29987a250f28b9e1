"""The results manifest as it is written: its two forms, the JSON they come in (contract 3.4)."""

import json
from typing import Annotated, Any

from pydantic import model_validator

from scale.domain.documents import NOT_NULL, ClosedDocument, OpenDocument, parse_document
from scale.domain.geo import GeoMetadata
from scale.errors import InvalidInput

PATH = "results_manifest"
VERSION = "1.1"

_Text = Annotated[str | None, NOT_NULL]
_Geo = Annotated[GeoMetadata | None, NOT_NULL]


class FileForm(OpenDocument):
    """A file that the program made."""

    path: str
    geo_metadata: _Geo = None


class OutputForm(OpenDocument):
    """An output: one file or a list of files."""

    name: str
    file: Annotated[FileForm | None, NOT_NULL] = None
    files: Annotated[list[FileForm] | None, NOT_NULL] = None

    @model_validator(mode="after")
    def _has_one_of_them(self) -> "OutputForm":
        if (self.file is None) == (self.files is None):
            raise ValueError("expected exactly one of file and files")
        return self

    @classmethod
    def of_paths(cls, name: str, paths: list[str], *, is_list: bool) -> "OutputForm":
        """Make the entry of files of which nothing but the path is known."""
        files = [FileForm(path=path) for path in paths]
        return cls(name=name, files=files) if is_list else cls(name=name, file=files[0])

    @property
    def places(self) -> dict[str, FileForm]:
        """Return the files by where they stand in the entry."""
        if self.file is not None:
            return {"file": self.file}
        return {f"files[{index}]": file for index, file in enumerate(self.files or [])}


class ParseResultForm(OpenDocument):
    """What the program found out about an input file."""

    filename: str
    new_workspace_path: _Text = None
    data_types: list[str] = []
    geo_metadata: _Geo = None


class ManifestForm(ClosedDocument):
    """The 1.1 form."""

    version: str = VERSION
    output_data: list[OutputForm] = []
    parse_results: list[ParseResultForm] = []
    info: list[Any] = []
    errors: list[Any] = []

    def with_outputs(self, output_data: list[OutputForm]) -> "ManifestForm":
        """Return a copy with other outputs."""
        return self.model_copy(update={"output_data": output_data})

    def stored(self) -> dict[str, Any]:
        """Return the document as it is kept: top-level defaults filled in, entries as written."""
        return self.model_dump(include={"version", "info", "errors"}) | {
            "output_data": [entry.model_dump(exclude_unset=True) for entry in self.output_data],
            "parse_results": [entry.model_dump(exclude_unset=True) for entry in self.parse_results],
        }


class _OldOutputForm(OpenDocument):
    name: str
    path: _Text = None
    paths: Annotated[list[str] | None, NOT_NULL] = None

    @model_validator(mode="after")
    def _has_one_of_them(self) -> "_OldOutputForm":
        if (self.path is None) == (self.paths is None):
            raise ValueError("expected exactly one of path and paths")
        return self

    def converted(self) -> OutputForm:
        if self.path is not None:
            return OutputForm.of_paths(self.name, [self.path], is_list=False)
        return OutputForm.of_paths(self.name, self.paths or [], is_list=True)


class _OldParseResultForm(OpenDocument):
    filename: str
    data_started: _Text = None
    data_ended: _Text = None
    data_types: list[str] = []
    gis_data_path: _Text = None

    def converted(self) -> ParseResultForm:
        times = self.model_dump(include={"data_started", "data_ended"}, exclude_none=True)
        return ParseResultForm(
            filename=self.filename,
            data_types=self.data_types,
            geo_metadata=GeoMetadata.model_validate(times),
        )


class _OldManifestForm(ClosedDocument):
    version: str
    files: list[_OldOutputForm] = []
    parse_results: list[_OldParseResultForm] = []
    info: list[Any] = []
    errors: list[Any] = []

    def converted(self) -> ManifestForm:
        return ManifestForm(
            output_data=[entry.converted() for entry in self.files],
            parse_results=[entry.converted() for entry in self.parse_results],
            info=self.info,
            errors=self.errors,
        )


def read_form(content: bytes) -> ManifestForm:
    """Read the file's content, in its 1.1 form or, for any other version, in its 1.0 form.

    Of the 1.0 form `gis_data_path` is accepted and not followed, as upstream did.

    Raises:
        InvalidInput: with every fault.
    """
    raw = _load(content)
    if not isinstance(raw, dict) or raw.get("version", VERSION) == VERSION:
        return parse_document(ManifestForm, raw, PATH)
    return parse_document(_OldManifestForm, raw, PATH).converted()


def _load(content: bytes) -> object:
    try:
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=_object)
    except ValueError as exc:
        raise InvalidInput(f"{PATH}: expected JSON in UTF-8 ({exc})") from exc
    except RecursionError as exc:
        raise InvalidInput(f"{PATH}: expected fewer levels of nesting") from exc


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        raise ValueError("a key is repeated")
    return document
