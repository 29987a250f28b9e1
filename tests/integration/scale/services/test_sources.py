import io
from pathlib import Path

import pytest
from django.db import OperationalError, transaction

from scale.errors import InvalidInput
from scale.models import ScaleFile, Workspace
from scale.services import sources
from scale.services.sources import register_source, upload_source
from tests.factories import make_workspace


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def workspace(db: None, root: Path) -> Workspace:
    return make_workspace(root)


def upload(workspace: Workspace, content: bytes = b"data", name: str = "a.txt") -> ScaleFile:
    return upload_source(workspace_id=workspace.pk, content=io.BytesIO(content), file_name=name)


def names(root: Path) -> list[str]:
    return sorted(path.name for path in root.iterdir())


def test_upload_fails_before_its_row_is_in_and_leaves_no_file(
    workspace: Workspace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise KeyError

    monkeypatch.setattr(sources, "fire_upload_rules", fail)

    with pytest.raises(KeyError):
        upload(workspace)

    assert names(root) == []
    assert not ScaleFile.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_upload_whose_commit_fails_keeps_the_file(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = make_workspace(root)

    def cut_off(*_: object) -> None:
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr(transaction.get_connection(), "commit", cut_off)
        with pytest.raises(OperationalError):
            upload(workspace)

    assert names(root) == ["a.txt"]


def test_upload_that_somebody_registered_meanwhile_is_not_removed(
    workspace: Workspace, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = sources.store_file

    def store_and_lose(*args: object) -> int:
        size = store(*args)
        register_source(workspace_id=workspace.pk, file_path="a.txt")
        return size

    monkeypatch.setattr(sources, "store_file", store_and_lose)

    with pytest.raises(InvalidInput, match="file_name"):
        upload(workspace)

    assert names(root) == ["a.txt"]
    assert ScaleFile.objects.get().file_path == "a.txt"


def test_upload_reads_its_content_in_pieces(workspace: Workspace) -> None:
    class Counting(io.BytesIO):
        largest = 0

        def read(self, size: int | None = -1) -> bytes:
            piece = super().read(size)
            self.largest = max(self.largest, len(piece))
            return piece

    content = Counting(b"x" * 5_000_000)

    source = upload_source(workspace_id=workspace.pk, content=content, file_name="a")

    assert source.file_size == 5_000_000
    assert content.largest <= 1024 * 1024
