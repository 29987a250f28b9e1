import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from honcho.environ import parse_procfile
from honcho.printer import Message

from launcher.paths import ROOT
from launcher.processes import FilePrinter

PROCFILE = """
quiet: exec {python} -c "import time; print('ready', flush=True); time.sleep(60)"
system: {last}
"""


def start(tmp_path: Path, last: str) -> subprocess.Popen[bytes]:
    procfile = tmp_path / "Procfile"
    procfile.write_text(PROCFILE.format(python=sys.executable, last=last))
    return subprocess.Popen(
        [sys.executable, "-m", "launcher.processes", str(procfile), str(tmp_path)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)},
    )


def test_processes_of_the_procfile_have_the_fixed_names() -> None:
    names = parse_procfile((ROOT / "Procfile").read_text()).processes

    assert list(names) == ["web", "worker", "system", "beat", "flower"]


def test_end_of_one_process_is_told_and_ends_the_others(tmp_path: Path) -> None:
    with start(tmp_path, last="echo from-system; exit 3") as processes:
        said, _ = processes.communicate(timeout=30)

    assert processes.returncode == 3
    assert said.decode().strip() == "system stopped (rc=3)"
    assert (tmp_path / "system.log").read_text() == "from-system\n"
    assert "sending SIGTERM to quiet" in (tmp_path / "honcho.log").read_text()


def test_terminated_processes_leave_no_descendant(tmp_path: Path) -> None:
    escape = f"{sys.executable} -c 'import os, time; os.setsid(); time.sleep(60)' & wait"
    with start(tmp_path, last=f"{escape}") as processes:
        root = psutil.Process(processes.pid)
        while len(found := root.children(recursive=True)) < 5:
            assert processes.poll() is None

        processes.send_signal(signal.SIGTERM)
        processes.communicate(timeout=30)

    assert psutil.wait_procs(found, timeout=10)[1] == []


@pytest.mark.parametrize(("data", "expected"), [(b"\xff\n", "\ufffd\n"), ("text\n", "text\n")])
def test_printer_writes_any_line_to_the_log_of_its_process(
    tmp_path: Path, data: bytes | str, expected: str
) -> None:
    printer = FilePrinter(tmp_path)
    printer.write(Message("line", data, None, "web", None))
    printer.close()

    assert (tmp_path / "web.log").read_text() == expected
