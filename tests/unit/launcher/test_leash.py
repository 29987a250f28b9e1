import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from launcher import leash
from launcher.paths import ROOT

# Starts a process in a session of its own that ignores SIGTERM, and one that leaves it an orphan;
# then sweeps and says what is left.
SWEEPER = """
import subprocess, sys
import psutil
from launcher import leash
leash.adopt_orphans()
stubborn = '''import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print(1, flush=True)
time.sleep(60)'''
start = f'import subprocess, sys; subprocess.Popen([sys.executable, "-c", {stubborn!r}])'
child = subprocess.Popen([sys.executable, '-c', stubborn], start_new_session=True,
                         stdout=subprocess.PIPE)
middle = subprocess.Popen([sys.executable, '-c', start], start_new_session=True,
                          stdout=subprocess.PIPE)
for process in (child, middle):
    process.stdout.readline()
middle.wait()
ended = leash.sweep(grace_seconds=0.2)
left = [p for p in psutil.Process().children(recursive=True) if p.status() != 'zombie']
print(len(ended), len(left))
"""

STOPPABLE = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
signal.signal(signal.SIGINT, lambda *_: sys.exit(7))
print("ready", flush=True)
time.sleep(60)
"""

# Waits for a child whose own child, orphaned, has ended before it: is that one still in the table?
WAITER = """
import subprocess, sys
from launcher import leash
leash.adopt_orphans()
child = '''
import os, subprocess, sys
code = "import subprocess; print(subprocess.Popen(['true']).pid)"
orphan = int(subprocess.check_output([sys.executable, '-c', code]))
while os.path.exists(f'/proc/{orphan}'):
    pass
sys.exit(7)
'''
print(leash.wait(subprocess.Popen([sys.executable, '-c', child])))
"""

LEASHED = """
import subprocess, sys, time
from launcher import leash
import signal
child = subprocess.Popen(['sleep', '60'], preexec_fn=leash.die_with_parent(signal.SIGTERM),
                         start_new_session=True)
print(child.pid, flush=True)
time.sleep(60)
"""


def test_sweep_ends_orphans_in_other_sessions() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SWEEPER], cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["2", "0"]


def test_wait_leaves_no_orphan_as_a_zombie() -> None:
    done = subprocess.run(
        [sys.executable, "-c", WAITER], cwd=ROOT, capture_output=True, text=True, timeout=60
    )

    assert done.stdout.split() == ["7"], done.stderr


def test_stop_goes_on_to_the_next_signal() -> None:
    with subprocess.Popen([sys.executable, "-c", STOPPABLE], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()

        leash.stop(process, (signal.SIGTERM, 0.1), (signal.SIGINT, 10.0))

        assert process.returncode == 7


def test_stop_kills_what_no_signal_ends() -> None:
    with subprocess.Popen([sys.executable, "-c", STOPPABLE], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()

        leash.stop(process, (signal.SIGTERM, 0.1))

        assert process.returncode == -signal.SIGKILL


def test_leashed_child_dies_with_a_killed_parent(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", LEASHED], cwd=ROOT, stdout=subprocess.PIPE
    ) as parent:
        assert parent.stdout is not None
        child = psutil.Process(int(parent.stdout.readline()))

        parent.kill()

        assert psutil.wait_procs([child], timeout=10)[1] == []


def test_child_whose_parent_is_already_gone_does_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    arm = leash.die_with_parent(signal.SIGTERM)
    monkeypatch.setattr("launcher.leash.os.getppid", lambda: 1)

    with subprocess.Popen(["true"], preexec_fn=arm) as process:
        assert process.wait() == 1
