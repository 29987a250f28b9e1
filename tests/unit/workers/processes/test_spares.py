from collections.abc import Callable
from pathlib import Path

import pytest

from workers.processes.workdir import Spares, WorkDirectory


@pytest.fixture
def spares(tmp_path: Path) -> Spares:
    return Spares(tmp_path, limit=2)


def used(spares: Spares) -> WorkDirectory:
    """Return the directory of an execution that has run and left nothing."""
    directory = spares.take()
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


def test_untouched_directory_is_used_again(spares: Spares) -> None:
    first = used(spares)
    as_left = tree(first)

    assert spares.put(first)

    second = spares.take()
    assert second.root == first.root
    assert tree(second) == as_left
    # Nothing is brought as input to those that use it: it stays as the programs had it.
    assert second.input.stat().st_mode & 0o777 == 0o500


def test_directories_in_use_are_apart(spares: Spares) -> None:
    first, second = used(spares), used(spares)

    assert first.root != second.root
    assert spares.put(first)
    assert len({spares.take().root, spares.take().root, second.root}) == 3


def test_what_was_printed_is_gone_from_the_next_one(spares: Spares) -> None:
    first = used(spares)
    first.stdout.write_text("secret")

    assert spares.put(first)

    assert not spares.take().stdout.exists()


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
    directory = used(spares)
    change(directory)

    assert not spares.put(directory)
    assert directory.root.exists()


def test_log_that_is_linked_elsewhere_is_made_anew(spares: Spares, tmp_path: Path) -> None:
    directory = used(spares)
    (tmp_path / "mine").hardlink_to(directory.stdout)

    assert spares.put(directory)

    assert not spares.take().stdout.exists()


def test_no_more_are_kept_than_wanted(spares: Spares) -> None:
    directories = [used(spares) for _ in range(3)]

    assert [spares.put(directory) for directory in directories] == [True, True, False]
