"""The pre step's inputs and the post step's outputs (contract 6.1, 6.3, 6.4)."""

import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC
from pathlib import Path

from scale.conf import conf
from scale.domain.file_names import product_path, product_uuid
from scale.domain.interface import Interface
from scale.domain.job_data import JobData
from scale.domain.manifest import MadeOutput, ParsedFile
from scale.domain.media_types import guess_media_type
from scale.domain.times import now
from scale.models import ScaleFile
from scale.selectors.files import find_source_time, list_files_by_id, list_workspaces_by_id
from scale.selectors.recipes import get_recipe_type_name
from scale.services.claims import Claim
from scale.services.files import ParsedSource, StoredProduct
from scale.storage import resolve_in_workspace
from workers.errors import StepFailed
from workers.ledger import Ledger


@dataclass
class Inputs:
    """What a job is given, brought to where its program finds it."""

    files: dict[int, ScaleFile] = field(default_factory=dict)
    #: What replaces each placeholder, by input name.
    values: dict[str, str | None] = field(default_factory=dict)


def bring_inputs(data: JobData, interface: Interface, directory: Path) -> Inputs:
    """Bring a job's input files below `directory` and return the values of its inputs.

    Raises:
        StepFailed: a file is missing, deleted or in an inactive workspace.
        OSError: it cannot be read or copied.
    """
    inputs = Inputs({file.pk: file for file in list_files_by_id(data.file_ids)})
    for name, item in interface.inputs.items():
        given = data.inputs.get(name)
        if given is None or isinstance(given, str):
            inputs.values[name] = given
        elif item.type == "file" and isinstance(given, int):
            inputs.values[name] = str(_bring(inputs.files, [given], directory / name)[0])
        elif isinstance(given, list):
            _bring(inputs.files, given, directory / name)
            inputs.values[name] = str(directory / name)
    return inputs


def _bring(files: dict[int, ScaleFile], file_ids: Iterable[int], directory: Path) -> list[Path]:
    directory.mkdir(mode=0o700)
    brought = []
    for file_id in file_ids:
        file = files.get(file_id)
        if file is None or file.is_deleted:
            raise StepFailed(f"input file {file_id} is deleted")
        if not file.workspace.is_active:
            raise StepFailed(f"input file {file_id} is in an inactive workspace")
        source = resolve_in_workspace(file.workspace, file.file_path)
        if not source.is_file():
            raise StepFailed(f"input file {file_id} ({file.file_name}) is missing")
        target = _free_name(directory, file.file_name)
        # A copy keeps the source safe from the program; a large one would cost too much.
        if source.stat().st_size <= conf().copy_input_bytes:
            shutil.copyfile(source, target)
            target.chmod(0o400)
        else:
            target.symlink_to(source)
        brought.append(target)
    directory.chmod(0o500)
    return brought


def _free_name(directory: Path, file_name: str) -> Path:
    target, number = directory / file_name, 0
    while os.path.lexists(target):
        number += 1
        target = directory / f"{number}_{file_name}"
    return target


def store_outputs(
    claim: Claim,
    outputs: Sequence[MadeOutput],
    *,
    data: JobData,
    interface: Interface,
    inputs: Inputs,
    output_dir: Path,
    ledger: Ledger,
) -> list[StoredProduct]:
    """Store what a program made in the workspaces of its outputs.

    Raises:
        StepFailed: a workspace is gone or inactive.
        OSError: a file cannot be stored.
    """
    if not outputs:
        return []
    workspaces = {w.pk: w for w in list_workspaces_by_id(data.workspace_ids)}
    source_time = find_source_time(data.file_ids)
    recipe_type = get_recipe_type_name(claim.recipe_id) if claim.recipe_id else None
    stored: list[StoredProduct] = []
    for output in outputs:
        workspace = workspaces.get(data.outputs[output.name])
        if workspace is None or not workspace.is_active:
            raise StepFailed(f"output '{output.name}': its workspace is not active")
        declared = interface.outputs[output.name].media_type
        for file in output.files:
            path = product_path(
                job_type=(claim.type_name, claim.type_version),
                recipe_type=recipe_type,
                source_date=source_time.astimezone(UTC).date() if source_time else None,
                today=now().date(),
                job_exe_id=claim.execution_id,
                output_dir=str(output_dir),
                file_path=file.path,
            )
            path = _unused(path, {product.file_path for product in stored})
            name = path.rpartition("/")[2]
            stored.append(
                StoredProduct(
                    output_name=output.name,
                    is_list=output.is_list,
                    workspace_id=workspace.pk,
                    file_path=path,
                    file_name=name,
                    file_size=ledger.store(workspace, path, Path(file.path)),
                    media_type=declared or guess_media_type(name),
                    uuid=product_uuid(
                        claim.job_type_id, name, [f.uuid for f in inputs.files.values()]
                    ),
                    facts=file.facts,
                )
            )
    return stored


def _unused(path: str, taken: set[str]) -> str:
    directory, _, name = path.rpartition("/")
    number = 0
    while path in taken:
        number += 1
        path = f"{directory}/{number}_{name}"
    return path


def is_output_file(path: str, output_dir: Path) -> bool:
    """Tell whether an announced path is a regular file that no link inside `output_dir` hides.

    A program may announce a file elsewhere (6.4), but a link in its output directory must not make
    something from outside look like its own.
    """
    if not Path(path).is_file():
        return False
    inside = Path(os.path.normpath(path)).is_relative_to(output_dir)
    return not inside or Path(os.path.realpath(path)).is_relative_to(os.path.realpath(output_dir))


def read_limited(where: str, limit: int) -> bytes | None:
    """Return at most `limit` bytes of a regular file; None if there is no such file.

    Raises:
        StepFailed: it is something else than a regular file.
    """
    if not os.path.lexists(where):
        return None
    path = Path(where)
    if path.is_symlink() or not path.is_file():
        raise StepFailed(f"{path.name}: expected a regular file")
    with path.open("rb") as file:
        return file.read(limit)


def copy_parsed(
    found: Iterable[ParsedFile], sources: dict[str, ScaleFile], ledger: Ledger
) -> list[ParsedSource]:
    """Copy the sources that a parse moves to their new places.

    Raises:
        OSError: a new place is taken, or cannot be written.
    """
    parsed: list[ParsedSource] = []
    for item in found:
        source = sources[item.file_name]
        path = item.new_workspace_path
        if path == source.file_path:
            path = None
        if path is not None:
            original = resolve_in_workspace(source.workspace, source.file_path)
            ledger.store(source.workspace, path, original)
            ledger.replace(source.workspace, source.file_path)
        parsed.append(ParsedSource(source.pk, item.facts, item.data_types, path))
    return parsed
