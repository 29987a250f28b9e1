"""Uploads as hostile clients make them: nothing mends the names of their parts."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpResponse

from tests.integration.api.catalogue import everything
from tests.integration.api.conftest import Api

URL = "/sources/"
BOUNDARY = "boundary"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


def part(name: str, content: bytes | str, disposition: str = "") -> bytes:
    """Return one part of a form; one with a disposition is a file."""
    content = content.encode() if isinstance(content, str) else content
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{disposition}\r\n\r\n'
    return head.encode() + content + b"\r\n"


def form(*parts: bytes) -> bytes:
    return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()


def upload(
    api: Api, content: bytes = b"data", *, part_name: str = "a.txt", **fields: Any
) -> HttpResponse:
    """Upload a file; a field that is a list is repeated, one that is None left out."""
    parts = [
        part(name, str(value))
        for name, values in fields.items()
        if values is not None
        for value in (values if isinstance(values, list) else [values])
    ]
    file = part("file", content, f'; filename="{part_name}"')
    return api.post(URL, form(*parts, file), content_type=FORM)


def files(root: Path) -> dict[str, bytes | None]:
    """Return everything below a directory: the content of files, None for the rest."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        if path.is_file() and not path.is_symlink()
        else None
        for path in sorted(root.rglob("*"))
    }


@contextmanager
def unchanged(root: Path) -> Iterator[None]:
    """Assert that what is done inside changes neither rows nor files."""
    before = everything(), files(root)
    yield
    after = everything(), files(root)
    assert after == before


def refusal(response: HttpResponse) -> str:
    """Return the detail of a 400."""
    assert response.status_code == 400, response.content
    detail = response.json()["detail"]
    assert isinstance(detail, str)
    return detail


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a directory that holds the workspace's root beside something secret."""
    (tmp_path / "root").mkdir()
    (tmp_path / "secret.txt").write_text("secret")
    return tmp_path
