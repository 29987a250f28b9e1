import os
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from tests.unit.workers.processes.conftest import Start
from tests.unit.workers.processes.helpers import wait_until
from workers.processes import logs, tree
from workers.processes.excerpt import MIB
from workers.processes.logs import LogTail

Write = Callable[[bytes], None]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "stdout"


@pytest.fixture
def write(path: Path) -> Write:
    def write(data: bytes) -> None:
        with path.open("ab") as file:
            file.write(data)

    return write


def test_take_returns_what_was_written_since(path: Path, write: Write) -> None:
    tail = LogTail(path)
    taken = []
    for data in (b"one\n", b"tw", b"o\n"):
        write(data)
        tail.read()
        taken.append(tail.take().put)

    assert taken == [{0: "one\n"}, {1: "tw"}, {2: "o\n"}]
    tail.close()


def test_scan_is_given_every_byte_once_also_those_left_out(path: Path, write: Write) -> None:
    scanned = bytearray()
    tail = LogTail(path, scan=scanned.extend, cap_bytes=100)
    written = b""
    for number in range(5):
        data = os.urandom(300_000) + bytes([number])
        written += data
        write(data)
        tail.read()
    tail.finish()

    # Not compared by ==, whose explanation of a difference would take minutes.
    assert sha256(scanned).digest() == sha256(written).digest()
    tail.close()


def test_character_written_in_two_parts_is_whole(path: Path, write: Write) -> None:
    tail = LogTail(path)
    write(b"\xe6\x9d")
    tail.read()
    assert tail.take().put == {}

    write(b"\xb1")
    tail.finish()
    assert tail.take().put == {0: "\u6771"}
    tail.close()


def test_take_long_output_without_live_tail_only_appends(path: Path, write: Write) -> None:
    tail = LogTail(path, cap_bytes=100, live_tail=False)
    seqs: list[int] = []
    for _ in range(10):
        write(b"x" * 30)
        tail.read()
        changes = tail.take()
        seqs += changes.put
        assert not changes.drop
    assert len(seqs) == 2

    tail.finish()
    changes = tail.take()

    assert not changes.drop
    assert min(changes.put) > max(seqs)
    assert "[200 bytes left out]" in changes.put[min(changes.put)]
    tail.close()


def test_take_long_output_with_live_tail_is_slow_to_repeat_a_large_tail(
    path: Path, write: Write
) -> None:
    tail = LogTail(path, cap_bytes=2 * MIB)
    write(b"x" * 3 * MIB)
    tail.read()
    assert sum(map(len, tail.take().put.values())) > MIB

    write(b"y" * 3 * MIB)
    tail.read()

    assert tail.take().put == {}
    tail.finish()
    assert "y" * 1000 in "".join(tail.take().put.values())
    tail.close()


def test_read_program_that_truncates_its_output_starts_again(path: Path, write: Write) -> None:
    tail = LogTail(path)
    write(b"first, and long\n")
    tail.read()
    os.truncate(path, 0)
    write(b"second\n")
    tail.finish()

    assert "".join(tail.take().put.values()) == "first, and long\nsecond\n"
    tail.close()


def test_read_says_whether_it_was_too_much(
    path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_MUCH_BYTES", MIB)
    tail = LogTail(path)
    write(b"x" * MIB)
    assert not tail.read()

    write(b"x" * (MIB + 1))
    assert tail.read()
    assert not tail.read()
    tail.close()


def test_read_takes_only_a_moment_and_finish_reads_all(
    path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_READ_SECONDS", 0)
    tail = LogTail(path)
    write(b"x" * 100)
    assert tail.read()
    assert tail.take().put == {}

    tail.finish()

    assert tail.take().put == {0: "x" * 100}
    tail.close()


def test_read_endless_output_keeps_disk_and_memory_small(
    start: Start, tmp_path: Path, subreaper: None
) -> None:
    program = start(["cat", "/dev/zero"])
    path = tmp_path / "execution-1" / "stdout"
    tail = LogTail(path, cap_bytes=MIB)

    def has_written_much() -> bool:
        if tail.read():
            tree.pause(program)
            while tail.read():
                tail.take()
            assert path.stat().st_blocks * 512 < 64 * MIB  # however much came before the pause
            tree.resume(program)
        return path.stat().st_size > 1000 * MIB

    wait_until(has_written_much)
    tree.end(program, grace_seconds=30)
    tail.finish()

    assert path.stat().st_blocks * 512 < 16 * MIB
    tail.close()


def test_read_where_holes_cannot_be_punched_goes_on(
    path: Path, write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "_KEEP_SIZE_PUNCH_HOLE", 0xFFFF)
    scanned = 0

    def scan(block: bytes) -> None:
        nonlocal scanned
        scanned += len(block)

    tail = LogTail(path, scan=scan)
    write(b"x" * 20 * MIB)
    tail.read()

    assert scanned == 20 * MIB
    tail.close()


def test_read_is_bounded_by_the_size_at_its_begin(path: Path, write: Write) -> None:
    def scan_and_write(block: bytes) -> None:
        write(block)

    tail = LogTail(path, scan=scan_and_write)
    write(b"x")
    begun = time.monotonic()

    tail.read()

    assert time.monotonic() - begun < 10
    assert path.stat().st_size == 2
    tail.close()
