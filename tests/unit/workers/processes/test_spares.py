from collections.abc import Callable
from pathlib import Path

import pytest

from workers.processes.workdir import Spares, WorkDirectory


@pytest.fixture
def spares(tmp_path: Path) -> Spares:
    return Spares(tmp_path, limit=2)


def used(spares: Spares, execution_id: int) -> WorkDirectory:
    """Return the directory of an execution that has run and left nothing."""
    directory = spares.take(execution_id)
    directory.seal_input()
    for log in (directory.stdout, directory.stderr):
        log.touch(mode=0o600)
    return directory


def tree(directory: WorkDirectory) -> list[tuple[str, int]]:
    return sorted(
        (str(path.relative_to(directory.root)), path.stat().st_mode)
        for path in directory.root.rglob("*")
        if path.is_dir()
    )


def test_untouched_directory_is_used_again_under_the_next_name(spares: Spares) -> None:
    first = used(spares, 1)
    number = first.root.stat().st_ino

    assert spares.put(first)
    assert not first.root.exists()

    second = spares.take(2)
    assert (second.root.name, second.root.stat().st_ino) == ("2", number)
    assert tree(second) == tree(spares.take(3))


def test_what_was_printed_is_gone_from_the_next_one(spares: Spares) -> None:
    first = used(spares, 1)
    first.stdout.write_text("secret")

    assert spares.put(first)

    assert not spares.take(2).stdout.exists()


def make_file(directory: WorkDirectory) -> None:
    (directory.output / "left").touch()


def make_temporary(directory: WorkDirectory) -> None:
    (directory.home / ".cache").mkdir()


def make_beside(directory: WorkDirectory) -> None:
    (directory.root / "beside").touch()


def make_log(directory: WorkDirectory) -> None:
    (directory.logs / "third").touch()


def open_up(directory: WorkDirectory) -> None:
    directory.output.chmod(0o777)


def unseal(directory: WorkDirectory) -> None:
    directory.input.chmod(0o700)


def replace_by_link(directory: WorkDirectory) -> None:
    directory.home.rmdir()
    directory.home.symlink_to(directory.output)


def remove_part(directory: WorkDirectory) -> None:
    directory.output.rmdir()


@pytest.mark.parametrize(
    "change",
    [
        make_file,
        make_temporary,
        make_beside,
        make_log,
        open_up,
        unseal,
        replace_by_link,
        remove_part,
    ],
)
def test_changed_directory_is_not_used_again(
    spares: Spares, change: Callable[[WorkDirectory], None]
) -> None:
    directory = used(spares, 1)
    change(directory)

    assert not spares.put(directory)
    assert directory.root.exists()


def test_log_that_is_linked_elsewhere_is_made_anew(spares: Spares, tmp_path: Path) -> None:
    directory = used(spares, 1)
    (tmp_path / "mine").hardlink_to(directory.stdout)

    assert spares.put(directory)

    assert not spares.take(2).stdout.exists()


def test_no_more_are_kept_than_wanted(spares: Spares) -> None:
    directories = [used(spares, number) for number in (1, 2, 3)]

    assert [spares.put(directory) for directory in directories] == [True, True, False]


def test_spare_that_somebody_removed_is_made_anew(spares: Spares, tmp_path: Path) -> None:
    assert spares.put(used(spares, 1))
    (spare,) = tmp_path.iterdir()
    WorkDirectory(spare).close()

    assert spares.take(2).output.is_dir()
