from pathlib import Path

import pytest

from scale.domain.geo import GeoFacts
from scale.models import JobExecution, Workspace
from scale.services.completions import complete_execution
from scale.services.executions import fail_execution, release
from scale.services.files import StoredProduct
from tests.factories import WORKER, claim, make_job, make_workspace, report
from workers import ledger as module
from workers.ledger import Ledger
from workers.remains import settle_dead

pytestmark = pytest.mark.django_db


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return make_workspace(tmp_path / "files")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """Return the directory of a worker that is dead."""
    path = tmp_path / WORKER
    path.mkdir()
    return path


@pytest.fixture
def made(tmp_path: Path) -> Path:
    path = tmp_path / "made.txt"
    path.write_text("made")
    return path


def files(workspace: Workspace) -> list[str]:
    root = Path(workspace.json_config["broker"]["host_path"])
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


@pytest.mark.parametrize(("is_kept", "left"), [(True, ["new/a.txt"]), (False, ["old/a.txt"])])
def test_settle_leaves_new_or_old_files(
    workspace: Workspace, directory: Path, made: Path, is_kept: bool, left: list[str]
) -> None:
    Ledger.of(directory, 1).store(workspace, "old/a.txt", made)
    ledger = Ledger.of(directory, 2)
    ledger.store(workspace, "new/a.txt", made)
    ledger.replace(workspace, "old/a.txt")

    ledger.settle(is_kept=is_kept)
    ledger.settle(is_kept=not is_kept)

    assert files(workspace) == left
    assert not (directory / "2.ledger").exists()


def test_file_that_was_there_before_outlives_failed_store(
    workspace: Workspace, directory: Path, made: Path
) -> None:
    Ledger.of(directory, 1).store(workspace, "a.txt", made)
    ledger = Ledger.of(directory, 2)

    with pytest.raises(FileExistsError):
        ledger.store(workspace, "a.txt", made)
    ledger.settle(is_kept=False)

    assert files(workspace) == ["a.txt"]


def test_file_that_another_stored_meanwhile_outlives_failed_store(
    workspace: Workspace, directory: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Ledger.of(directory, 1).store(workspace, "a.txt", made)
    monkeypatch.setattr(module, "is_taken", lambda *_: False)
    ledger = Ledger.of(directory, 2)

    with pytest.raises(FileExistsError):
        ledger.store(workspace, "a.txt", made)
    ledger.settle(is_kept=False)

    assert files(workspace) == ["a.txt"]


def test_dead_worker_loses_execution_and_its_files(
    workspace: Workspace, directory: Path, made: Path
) -> None:
    claimed = claim(make_job().executions[0].pk)
    Ledger.of(directory, claimed.execution_id).store(workspace, "a.txt", made)

    settle_dead(directory)

    execution = JobExecution.objects.select_related("error", "job").get(pk=claimed.execution_id)
    assert (execution.status, execution.error.name) == ("FAILED", "node-lost")
    assert (execution.job.status, execution.job.num_exes) == ("QUEUED", 2)
    assert files(workspace) == []


def test_dead_worker_that_was_storing_leaves_no_part_of_file(
    workspace: Workspace, directory: Path, made: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed = claim(make_job().executions[0].pk)

    def die(_workspace: Workspace, _path: str, _source: Path, *, partial_name: str) -> int:
        (made.parent / "files").mkdir()
        (made.parent / "files" / partial_name).write_text("ma")
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "store_file", die)
    with pytest.raises(KeyboardInterrupt):
        Ledger.of(directory, claimed.execution_id).store(workspace, "a.txt", made)
    assert len(files(workspace)) == 1

    settle_dead(directory)

    assert files(workspace) == []


def test_dead_worker_keeps_files_of_completed_execution(
    workspace: Workspace, directory: Path, made: Path
) -> None:
    claimed = claim(make_job().executions[0].pk)
    Ledger.of(directory, claimed.execution_id).store(workspace, "a.txt", made)
    assert complete_execution(claimed, report())

    settle_dead(directory)

    assert files(workspace) == ["a.txt"]


@pytest.mark.parametrize("end", ["fail", "release"])
def test_dead_worker_leaves_alone_what_others_run_now(
    workspace: Workspace, directory: Path, made: Path, end: str
) -> None:
    claimed = claim(make_job().executions[0].pk)
    if end == "release":
        release(claimed)
    else:
        fail_execution(claimed, report(error="unknown"))
    queued = JobExecution.objects.get(job=claimed.job_id, status="QUEUED")
    again = claim(queued.pk, worker="another")
    Ledger.of(directory, again.execution_id).store(workspace, "a.txt", made)

    settle_dead(directory)

    assert files(workspace) == ["a.txt"]
    assert JobExecution.objects.get(pk=again.execution_id).status == "RUNNING"


def test_complete_again_with_products_after_lost_answer_is_kept(workspace: Workspace) -> None:
    product = StoredProduct(
        output_name="made",
        is_list=False,
        workspace_id=workspace.pk,
        file_path="a.txt",
        file_name="a.txt",
        file_size=4,
        media_type="text/plain",
        uuid="0" * 32,
        facts=GeoFacts(),
    )
    claimed = claim(make_job().executions[0].pk)
    told = report(products=[product])

    assert complete_execution(claimed, told)
    assert complete_execution(claimed, told)
