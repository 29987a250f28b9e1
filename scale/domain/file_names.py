"""Names and paths of files: which are safe, where products go, stable identifiers."""

import hashlib
import posixpath
import re
import unicodedata
from collections.abc import Iterable
from datetime import date

from scale.errors import InvalidInput

_MAX_NAME_BYTES = 255
_TAG = re.compile(r"[A-Za-z0-9\-_ ]+")
_UNSAFE = re.compile(r"[^\w.-]")


def check_bare_name(name: str, field: str = "file_name") -> str:
    """Return `name` if it can name a file in any one directory (2.10).

    Raises:
        InvalidInput: it has a separator or control character, is too long, or means a directory.
    """
    if "/" in name or "\\" in name or name in {"", ".", ".."} or not _is_storable(name):
        raise InvalidInput(f"{field}: expected a bare file name")
    _check_length(name, field)
    return name


def check_relative_path(path: str, field: str = "file_path") -> str:
    """Return `path` without empty and `.` parts, if it stays below the directory it is put in.

    Raises:
        InvalidInput: it is empty or absolute, has a `..`, a control character or a long part.
    """
    parts = [part for part in path.split("/") if part not in {"", "."}]
    if path.startswith("/") or ".." in parts or not parts or not _is_storable(path):
        raise InvalidInput(f"{field}: expected a relative path without '..'")
    for part in parts:
        _check_length(part, field)
    return "/".join(parts)


def check_tag(tag: str, field: str = "data_type") -> str:
    """Return `tag` if it can be a data type tag (2.10).

    Raises:
        InvalidInput: it is empty or has other characters than letters, digits, `-`, `_`, space.
    """
    if not _TAG.fullmatch(tag):
        raise InvalidInput(f"{field}: expected letters, digits, '-', '_' and spaces")
    return tag


def safe_component(text: str) -> str:
    """Turn `text` into one path component: spaces to `_`, other unsafe characters dropped (6.4)."""
    safe = _UNSAFE.sub("", text.replace(" ", "_"))
    safe = safe.encode()[:_MAX_NAME_BYTES].decode(errors="ignore")
    return safe if safe.strip(".") else "_"


def product_path(
    *,
    job_type: tuple[str, str],
    recipe_type: tuple[str, str] | None,
    source_date: date | None,
    today: date,
    job_exe_id: int,
    output_dir: str,
    file_path: str,
) -> str:
    """Return where in its workspace a product goes (6.4).

    Types are (name, version). Dates are UTC; `source_date` is the earliest `data_started` of the
    sources. Both paths are absolute; a file outside `output_dir` keeps its base name only, so two
    such files may get the same path.
    """
    prefix = ["recipes", *map(safe_component, recipe_type)] if recipe_type else []
    unknown = [] if source_date else ["unknown_source_data_time"]
    return "/".join(
        [
            *prefix,
            "jobs",
            *map(safe_component, job_type),
            *unknown,
            # strftime would write the year 33 as "33".
            *(source_date or today).isoformat()[: len("YYYY-MM-DD")].split("-"),
            f"job_exe_{job_exe_id}",
            _below(output_dir, file_path),
        ]
    )


def source_uuid(file_name: str) -> str:
    """Return the identifier of the source called `file_name` (2.10)."""
    return _md5(file_name)


def product_uuid(job_type_id: int, file_name: str, input_uuids: Iterable[str]) -> str:
    """Return the identifier of a product, the same whenever its type runs on the same inputs."""
    # "/" is in no file name, so type 1 with "2a" differs from type 12 with "a".
    return _md5("/".join([str(job_type_id), file_name, *sorted(input_uuids)]))


def _below(directory: str, path: str) -> str:
    path = posixpath.normpath(path)
    prefix = posixpath.normpath(directory).rstrip("/") + "/"
    return path.removeprefix(prefix) if path.startswith(prefix) else posixpath.basename(path)


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _is_storable(text: str) -> bool:
    """Tell whether the text has no control characters and no lone surrogates."""
    return not any(unicodedata.category(character) in {"Cc", "Cs"} for character in text)


def _check_length(name: str, field: str) -> None:
    if len(name.encode()) > _MAX_NAME_BYTES:
        raise InvalidInput(f"{field}: expected at most {_MAX_NAME_BYTES} bytes in a name")
