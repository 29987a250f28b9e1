import re
import subprocess
from collections.abc import Callable
from pathlib import Path

from tests.unit.workers.processes.helpers import (
    PATH,
    PRELUDE,
    PYTHON,
    announced,
    is_alive,
    wait_until,
)
from workers.processes.procfs import Stat, read_stat

RUN = (
    PATH
    + """
from workers.processes.supervisor import Backoff, main
stop_seconds, first_seconds, *command = sys.argv[1:]
sys.exit(
    main(
        command,
        stop_seconds=float(stop_seconds),
        grace_seconds=0.1,
        backoff=Backoff(first_seconds=float(first_seconds), healthy_seconds=0),
    )
)
"""
)

#: A worker that becomes a subreaper, has a program, a deaf program and a daemon, and rests.
WORKER = (
    PATH
    + PRELUDE
    + f"""
import subprocess
from workers.processes.lifeline import abandon, watch_guardian
from workers.processes.prctl import become_subreaper
become_subreaper()
watch_guardian(abandon)
REST = {PRELUDE!r} + "rest()"
DEAF = {PRELUDE!r} + "signal.signal(signal.SIGTERM, signal.SIG_IGN); rest()"
DAEMON = {PRELUDE!r} + '''
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.execve(sys.executable, [sys.executable, "-S", "-c", sys.argv[2], sys.argv[1]], {{}})
    os._exit(0)
'''
HERE = sys.argv[1]
for words in ([REST, HERE], [DEAF, HERE], [DAEMON, HERE, DEAF]):
    subprocess.Popen([sys.executable, "-S", "-E", "-c", *words], start_new_session=True)
"""
)
FAMILY = 4


class Supervised:
    """A supervisor in a process group of its own, with what its worker announces."""

    def __init__(self, popen: "subprocess.Popen[bytes]", log: Path, here: Path) -> None:
        self.popen = popen
        self.here = here
        self._log = log

    @property
    def log(self) -> str:
        return self._log.read_text()

    def logged(self, event: str, times: int = 1) -> list[str]:
        wait_until(lambda: self.log.count(f" {event} ") >= times, f"{event} in the log")
        return [line for line in self.log.splitlines() if f" {event} " in line]

    def pid_of(self, event: str) -> int:
        match = re.search(r" pid=(\d+)", self.logged(event)[-1])
        assert match is not None
        return int(match[1])

    def everyone(self) -> list[Stat]:
        pids = (self.popen.pid, self.pid_of("guardian_started"), self.pid_of("worker_started"))
        stats = [stat for pid in pids if (stat := read_stat(pid))]
        return stats + announced(self.here, FAMILY)


Supervise = Callable[..., Supervised]


def worker(rest: str, here: Path, *words: str) -> list[str]:
    return [*PYTHON, WORKER + rest, str(here), *words]


RESTING = "rest()"
DEAF = "signal.signal(signal.SIGTERM, signal.SIG_IGN); rest()"


def assert_all_end(processes: list[Stat]) -> None:
    wait_until(lambda: not any(map(is_alive, processes)), f"the end of {processes}")
