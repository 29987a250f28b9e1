"""What a program made and found out, checked against what it was to make (contract 3.4, 6.4)."""

from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from scale.domain.artifacts import MAX_ARTIFACTS
from scale.domain.file_names import check_relative_path, check_tag
from scale.domain.geo import GeoFacts, GeoMetadata, geo_facts
from scale.domain.interface import Interface, Output
from scale.domain.manifest_form import PATH, ManifestForm, OutputForm, ParseResultForm, read_form
from scale.errors import InvalidInput

FILE_NAME = "results_manifest.json"
#: Read no more of the file than this and one byte.
MAX_BYTES = 32 * 1024 * 1024


class InvalidManifest(InvalidInput):
    """The results manifest is not valid."""

    code = "invalid_manifest"


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
    _form: ManifestForm

    def stored(self) -> dict[str, Any]:
        """Return the manifest in its 1.1 form, without outputs that the interface lacks."""
        return self._form.stored()


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest that is sound in itself; `parse_manifest` makes it."""

    _form: ManifestForm

    def with_artifacts(self, found: Collection[tuple[str, str]]) -> "Manifest":
        """Add what output lines announce as (output name, path); the manifest's own names win.

        One line for a name is its `file`, several are its `files` (6.4).

        Raises:
            InvalidManifest: there are too many lines.
        """
        if len(found) > MAX_ARTIFACTS:
            raise InvalidManifest(f"artifacts: expected at most {MAX_ARTIFACTS} lines")
        if not found:
            return self
        own = {entry.name for entry in self._form.output_data}
        announced: dict[str, list[str]] = {}
        for name, path in found:
            if name not in own:
                announced.setdefault(name, []).append(path)
        added = [
            OutputForm.of_paths(name, paths, is_list=len(paths) > 1)
            for name, paths in announced.items()
        ]
        return Manifest(self._form.with_outputs([*self._form.output_data, *added]))

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
        known = [entry for entry in self._form.output_data if entry.name in interface.outputs]
        outputs = [
            _made_output(entry, interface.outputs[entry.name], is_regular_file, faults)
            for entry in known
        ]
        made = {entry.name for entry in known}
        faults += [
            f"{PATH}.output_data: required output '{output.name}' is missing"
            for output in interface.output_data
            if output.required and output.name not in made
        ]
        parsed = [
            _parsed_file(entry, f"{PATH}.parse_results[{index}]", faults)
            for index, entry in enumerate(self._form.parse_results)
            if entry.filename in source_names
        ]
        if faults:
            raise InvalidManifest(faults)
        is_whole = len(known) == len(self._form.output_data)
        return Findings(outputs, parsed, self._form if is_whole else self._form.with_outputs(known))


def parse_manifest(content: bytes | None) -> Manifest:
    """Read the content of the manifest file; None, no file, is an empty manifest (M1 to M3).

    Raises:
        InvalidManifest: with every fault.
    """
    if content is None:
        return _NOTHING
    if len(content) > MAX_BYTES:
        raise InvalidManifest(f"{PATH}: expected at most {MAX_BYTES} bytes")
    try:
        form = read_form(content)
    except InvalidInput as exc:
        raise InvalidManifest(exc.faults) from exc
    faults = [
        *_repeated("output_data", "name", [entry.name for entry in form.output_data]),
        *_repeated("parse_results", "filename", [entry.filename for entry in form.parse_results]),
    ]
    if faults:
        raise InvalidManifest(faults)
    return Manifest(form)


_NOTHING = Manifest(ManifestForm())


def _repeated(key: str, name_key: str, names: list[str]) -> Iterator[str]:
    seen: set[str] = set()
    for index, name in enumerate(names):
        if name in seen:
            yield f"{PATH}.{key}[{index}].{name_key}: '{name}' is used twice"
        seen.add(name)


def _made_output(
    entry: OutputForm,
    declared: Output,
    is_regular_file: Callable[[str], bool],
    faults: list[str],
) -> MadeOutput:
    at = f"{PATH}.output_data.{entry.name}"
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


def _parsed_file(entry: ParseResultForm, at: str, faults: list[str]) -> ParsedFile:
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
