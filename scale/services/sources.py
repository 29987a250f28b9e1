"""Taking in files from outside (contract 2.10)."""

import errno
import logging
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from django.db import transaction

from scale.domain.file_names import (
    check_bare_name,
    check_relative_path,
    check_tag,
    source_uuid,
)
from scale.domain.media_types import guess_media_type
from scale.domain.times import now as present
from scale.errors import InvalidInput
from scale.log import log_event
from scale.models import ScaleFile, Workspace
from scale.selectors.sources import find_taken
from scale.services.faults import Faults, refuse_taken
from scale.services.rules import fire_upload_rules
from scale.storage import remove_file, resolve_in_workspace, store_file

logger = logging.getLogger(__name__)

_NAME_LENGTH = 250
_PATH_LENGTH = 1000
_TAG_LENGTH = 250
#: What an operating system error says about the path rather than about the disk.
_BAD_PATH = {
    errno.ENOENT,
    errno.ENOTDIR,
    errno.EISDIR,
    errno.ENAMETOOLONG,
    errno.ELOOP,
    errno.EINVAL,
    errno.EILSEQ,
}


@dataclass(frozen=True, slots=True)
class _NewSource:
    workspace: Workspace
    file_name: str
    file_path: str
    media_type: str
    data_type: list[str]


def upload_source(
    *,
    workspace_id: int,
    content: IO[bytes],
    file_name: str,
    file_path: str | None = None,
    media_type: str | None = None,
    data_type: Sequence[str] = (),
) -> ScaleFile:
    """Store a file in a workspace, make it a source, and fire the rules that it matches.

    The file is stored first, for a source without its file is worse than a file without a source;
    a refused source's file is removed again. Its path is its name unless given, and is never one
    that is taken.

    Raises:
        InvalidInput: with every fault.
    """
    new = _check(workspace_id, file_name, file_path, media_type, data_type)
    with _refuse_unusable(new.workspace):
        size = store_file(new.workspace, new.file_path, content)
    is_inserted = False
    try:
        with transaction.atomic():
            source = _insert(new, size)
            # Whether a commit that fails has happened is unknown: then the file stays.
            is_inserted = True
    finally:
        if not is_inserted:
            _discard(new)
    return source


def register_source(
    *,
    workspace_id: int,
    file_path: str,
    media_type: str | None = None,
    data_type: Sequence[str] = (),
) -> ScaleFile:
    """Make a file that lies in a workspace a source, and fire the rules that it matches.

    Raises:
        InvalidInput: with every fault.
    """
    name = file_path.rstrip("/").rpartition("/")[2]
    new = _check(workspace_id, name, file_path, media_type, data_type)
    with _refuse_unusable(new.workspace):
        status = resolve_in_workspace(new.workspace, new.file_path).stat()
    if not stat.S_ISREG(status.st_mode):
        raise InvalidInput("file_path: expected a regular file")
    with transaction.atomic():
        return _insert(new, status.st_size)


def _check(
    workspace_id: int,
    file_name: str,
    file_path: str | None,
    media_type: str | None,
    data_type: Sequence[str],
) -> _NewSource:
    faults = Faults()
    workspace = Workspace.objects.filter(pk=workspace_id, is_active=True).first()
    if workspace is None:
        faults.append(f"workspace_id: no active workspace {workspace_id}")
    name = faults.attempt(check_bare_name, file_name)
    if len(file_name) > _NAME_LENGTH:
        faults.append(f"file_name: expected at most {_NAME_LENGTH} characters")
    path = name if file_path is None else faults.attempt(check_relative_path, file_path)
    if path and len(path) > _PATH_LENGTH:
        faults.append(f"file_path: expected at most {_PATH_LENGTH} characters")
    for index, tag in enumerate(data_type):
        faults.attempt(check_tag, tag, f"data_type[{index}]")
        if len(tag) > _TAG_LENGTH:
            faults.append(f"data_type[{index}]: expected at most {_TAG_LENGTH} characters")
    if not workspace or not name or not path:
        raise InvalidInput(faults)
    new = _NewSource(
        workspace=workspace,
        file_name=name,
        file_path=path,
        media_type=media_type or guess_media_type(name),
        data_type=list(dict.fromkeys(data_type)),
    )
    faults += [_TAKEN[field] for field in _taken(new)]
    faults.refuse()
    return new


def _taken(new: _NewSource) -> list[str]:
    return find_taken(
        file_name=new.file_name, workspace_id=new.workspace.pk, file_path=new.file_path
    )


_TAKEN = {
    "file_name": "file_name: a source with this name exists already",
    "file_path": "file_path: a file with this path is known already",
}


def _insert(new: _NewSource, size: int) -> ScaleFile:
    now = present()
    with refuse_taken(
        scale_file_source_name=_TAKEN["file_name"], scale_file_path=_TAKEN["file_path"]
    ):
        source = ScaleFile.objects.create(
            kind=ScaleFile.Kind.SOURCE,
            workspace=new.workspace,
            file_name=new.file_name,
            file_path=new.file_path,
            file_size=size,
            media_type=new.media_type,
            data_type=new.data_type,
            uuid=source_uuid(new.file_name),
            created=now,
            last_modified=now,
        )
    fire_upload_rules(source, now=now)
    log_event(logger, "source_taken_in", file_id=source.pk, bytes=size)
    return source


def _discard(new: _NewSource) -> None:
    """Remove the file of a refused source, unless somebody registered it meanwhile."""
    if "file_path" not in _taken(new):
        remove_file(new.workspace, new.file_path)


@contextmanager
def _refuse_unusable(workspace: Workspace) -> Iterator[None]:
    """Tell the client what the operating system has against a path or a workspace."""
    try:
        yield
    except FileExistsError:
        raise InvalidInput("file_path: a file with this path lies in the workspace") from None
    except OSError as exc:
        reason = exc.strerror or str(exc)
        if exc.errno in _BAD_PATH:
            raise InvalidInput(f"file_path: {reason}") from None
        log_event(
            logger,
            "workspace_unusable",
            logging.ERROR,
            workspace_id=workspace.pk,
            reason=repr(str(exc)),
        )
        raise InvalidInput(f"workspace_id: the workspace cannot be used: {reason}") from None
