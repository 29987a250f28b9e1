import json
import os
import signal
from pathlib import Path

import pytest

from tests.unit.workers.processes.conftest import Start
from tests.unit.workers.processes.helpers import python
from workers.processes.marks import mark_for, read_mark
from workers.processes.program import Exit, LaunchFailed

TELL_ARGUMENTS = "import sys, json; json.dump([a for a in sys.argv[1:]], sys.stdout)"


def output_of(tmp_path: Path, stream: str = "stdout") -> bytes:
    return (tmp_path / "execution-1" / stream).read_bytes()


@pytest.mark.parametrize("code", [0, 1, 77, 255])
def test_wait_program_that_exits_returns_code(start: Start, code: int) -> None:
    program = start(["sh", "-c", f"exit {code}"])

    assert program.wait(10) == Exit(code, None)
    program.close()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSEGV, signal.SIGTERM])
def test_wait_program_killed_by_signal_returns_signal(start: Start, number: int) -> None:
    program = start(["sh", "-c", f"kill -{int(number)} $$"])

    assert program.wait(10) == Exit(None, number)
    program.close()


def test_wait_running_program_returns_none_when_time_is_over(start: Start) -> None:
    program = start(["sleep", "1000"])

    assert program.wait(0.01) is None
    assert program.wait(0) is None


def test_wait_again_after_close_returns_the_same(start: Start) -> None:
    program = start(["true"])
    first = program.wait()
    program.close()

    assert program.wait() == first == Exit(0, None)


def test_ended_program_keeps_its_pid_until_close(start: Start) -> None:
    program = start(["true"])
    program.wait()

    assert os.waitid(os.P_PID, program.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG) is not None
    program.close()
    with pytest.raises(ChildProcessError):
        os.waitid(os.P_PID, program.pid, os.WEXITED | os.WNOWAIT | os.WNOHANG)


@pytest.mark.parametrize(
    "word",
    [
        "",
        " ",
        "two words",
        "new\nline\r\n",
        "tab\tand \x01\x1b[31m",
        "'single' \"double\" `back` \\ $HOME ${x} $(id) ; | & > < * ? [a-z] ~ #",
        "--",
        "-rf",
        "Ærøskøbing 東京 \U0001f680",
        "x" * 100_000,
    ],
    ids=lambda word: repr(word[:12]),
)
def test_start_hostile_word_arrives_unchanged(start: Start, tmp_path: Path, word: str) -> None:
    program = start(python(TELL_ARGUMENTS, word, "after"))

    assert program.wait(10) == Exit(0, None), output_of(tmp_path, "stderr")
    assert json.loads(output_of(tmp_path)) == [word, "after"]


def test_start_word_of_undecodable_bytes_arrives_unchanged(start: Start, tmp_path: Path) -> None:
    program = start(["printf", "%s", b"caf\xe9\xff".decode("utf-8", "surrogateescape")])

    assert program.wait(10) == Exit(0, None)
    assert output_of(tmp_path) == b"caf\xe9\xff"


@pytest.mark.parametrize(
    "argv",
    [
        [],
        [""],
        ["no-such-program"],
        ["/no/such/program"],
        ["/etc"],
        ["/etc/hostname"],
        ["true", "x" * 200_000],
        ["true", *["x" * 100_000] * 100],
        ["true", "nul\0inside"],
        ["true", "\ud800"],
        ["true\0"],
    ],
    ids=lambda argv: repr(argv)[:24],
)
def test_start_impossible_program_raises_launch_failed(start: Start, argv: list[str]) -> None:
    with pytest.raises(LaunchFailed) as caught:
        start(argv)

    assert len(str(caught.value)) < 400


def test_start_script_without_interpreter_line_raises_launch_failed(
    start: Start, tmp_path: Path
) -> None:
    script = tmp_path / "script"
    script.write_text("echo run by a shell after all\n")
    script.chmod(0o755)

    with pytest.raises(LaunchFailed, match="Exec format error"):
        start([str(script)])


def test_start_failed_launch_leaks_no_descriptor(start: Start) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))

    with pytest.raises(LaunchFailed):
        start(["no-such-program"])

    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_close_leaves_no_descriptor(start: Start) -> None:
    before = len(list(Path("/proc/self/fd").iterdir()))

    program = start(["true"])
    program.wait()
    program.close()

    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_start_environment_is_small_and_explicit(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgres://secret")
    monkeypatch.setenv("SCALE_SECRET", "secret")

    program = start(["env", "-0"])
    program.wait()

    entries = output_of(tmp_path).decode().split("\0")
    environment = dict(entry.split("=", 1) for entry in entries if entry)
    home = str(tmp_path / "execution-1")
    assert environment == {
        "PATH": os.environ["PATH"],
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "HOME": home,
        "TMPDIR": home,
        "SCALE_JOB_EXE": "1",
        "SCALE_WORKER": "tests",
    }


def test_start_program_has_own_session_directory_and_no_input(start: Start, tmp_path: Path) -> None:
    source = """
        import os, sys
        print(os.getsid(0) == os.getpid() == os.getpgrp(), os.getcwd(), repr(sys.stdin.read()))
    """
    program = start(python(source))
    program.wait()

    assert output_of(tmp_path).decode() == f"True {tmp_path / 'execution-1'} ''\n"


def test_start_program_inherits_no_descriptor(start: Start, tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.set_inheritable(writing, True)

    program = start(python("import os; print(sorted(map(int, os.listdir('/proc/self/fd')))[:-1])"))
    program.wait()

    os.close(reading)
    os.close(writing)
    assert output_of(tmp_path) == b"[0, 1, 2]\n"


def test_start_program_has_default_signal_handling(start: Start, tmp_path: Path) -> None:
    program = start(["grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"])
    program.wait()

    assert output_of(tmp_path) == b"SigBlk:\t" + b"0" * 16 + b"\nSigIgn:\t" + b"0" * 16 + b"\n"


def test_start_output_is_appended_to_private_files(start: Start, tmp_path: Path) -> None:
    for _ in range(2):
        program = start(["sh", "-c", "echo out; echo err >&2"])
        program.wait()
        program.close()

    for stream, expected in [("stdout", b"out\nout\n"), ("stderr", b"err\nerr\n")]:
        assert output_of(tmp_path, stream) == expected
        assert (tmp_path / "execution-1" / stream).stat().st_mode & 0o777 == 0o600


def test_start_output_through_symbolic_link_is_refused(start: Start, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    (tmp_path / "execution-1").mkdir()
    (tmp_path / "execution-1" / "stdout").symlink_to(victim)

    with pytest.raises(OSError, match="symbolic links"):
        start(["true"])

    assert not victim.exists()


def test_start_marks_the_program_and_not_the_worker(start: Start) -> None:
    program = start(["sleep", "1000"])

    assert read_mark(program.pid) == program.mark == mark_for(1, "tests")
    assert read_mark(os.getpid()) is None


def test_marks_of_other_worker_or_execution_differ() -> None:
    assert len({mark_for(1, "a"), mark_for(2, "a"), mark_for(1, "b")}) == 3
