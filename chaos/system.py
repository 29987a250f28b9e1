"""The processes of the Scale under test: started, killed, stopped, and kept running."""

import os
import secrets
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from chaos.diary import Diary
from chaos.ground import Ground
from launcher.errors import Problem
from launcher.fleet import Fleet
from launcher.paths import ROOT, private_directory
from launcher.server import free_port

WORKERS = ("worker", "worker-2")
PROCESSES = ("web", *WORKERS, "system", "beat")
SLOTS_PER_WORKER = 3
TICK_SECONDS = 0.1
START_SECONDS = 90.0
#: What a guardian logs when it starts a worker, and Celery's worker when it has connected.
STARTED, READY = " worker_started ", " ready."
#: The longest warm stop is that of a worker: two seconds for its jobs, a margin for the rest.
STOP_SECONDS = 30.0
#: A process that ends so soon after it was struck was not the cause of its end.
BLAME_SECONDS = 10.0
#: How long a process of ours that has ended is left alone before it is started again.
RESTART_SECONDS = 1.0


class System:
    """Scale's processes on some ground; whatever ends is started again, as an init system would."""

    def __init__(self, ground: Ground, home: Path, lease_seconds: float, diary: Diary) -> None:
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.token = ""
        self.work = private_directory(home / "work")
        self.files = private_directory(home / "files")
        self.journal = private_directory(home / "journal")
        self._ground = ground
        self._diary = diary
        #: When a process was last struck, when it was seen to have ended, which are to stay down.
        self._struck: dict[str, float] = {}
        self._ended: dict[str, float] = {}
        self._down: set[str] = set()
        environment = {
            "DATABASE_URL": ground.database_url,
            "CELERY_BROKER_URL": ground.broker_url,
            "PORT": str(port),
            "TMPDIR": str(private_directory(home / "tmp")),
            "SCALE_SECRET_KEY": secrets.token_hex(32),
            "SCALE_ALLOWED_HOSTS": "127.0.0.1",
            "SCALE_HTTPS": "false",
            "SCALE_WORK_DIR": str(self.work),
            # A worker clears up after the dead ones of its own host, not of another run's.
            "SCALE_HOSTNAME": f"chaos-{port}",
            "SCALE_LOAD_SAMPLE_SECONDS": "5",
            "SCALE_LEASE_SECONDS": str(lease_seconds),
            "SCALE_RECONCILE_GRACE_SECONDS": "5",
            "SCALE_WARM_STOP_SECONDS": "2",
            "SCALE_WORKER_CONCURRENCY": str(SLOTS_PER_WORKER),
            # Faults look like errors of the node; a paused node would end the run.
            "SCALE_MAX_NODE_ERRORS": "1000000",
        }
        self._fleet = Fleet(environment, home / "log")
        #: What single processes have in their environment beside.
        self._own = {name: {"DATABASE_URL": ground.link(name)} for name in WORKERS}
        self._fleet.commands.update(dict.fromkeys(WORKERS, self._fleet.commands["worker"]))

    def __enter__(self) -> Self:
        try:
            self._manage("migrate", "--no-input", "--verbosity=0")
            said = self._manage("create_user", "admin", "--role", "administrator", "--token")
            self.token = said.strip().splitlines()[-1]
            for name in PROCESSES:
                self.start(name)
        except BaseException:
            self._fleet.stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._fleet.stop()

    def stop(self) -> None:
        """Stop everything warmly."""
        self._stop()

    def start(self, name: str) -> None:
        """Start a process that was stopped or killed."""
        self._ended.pop(name, None)
        self._down.discard(name)
        if name not in self._fleet.alive():
            self._fleet.start(name, **self._own.get(name, {}))

    def halt(self, name: str) -> None:
        """Stop a process warmly, as an operator does, and keep it down."""
        self._strike(name)
        self._down.add(name)
        self._stop(name)

    def kill(self, name: str, *processes: psutil.Process) -> None:
        """Kill processes of a tree; what ends of it stays down."""
        self._down.add(name)
        self.send(name, signal.SIGKILL, *processes)

    def send(self, name: str, number: signal.Signals, *processes: psutil.Process) -> None:
        """Send a signal to processes of a tree, which is to blame for what ends soon after."""
        self._strike(name)
        for process in processes:
            with suppress(psutil.NoSuchProcess):
                process.send_signal(number)

    def is_ready(self) -> bool:
        """Tell whether all runs, and every worker said since its last start that it is ready."""
        logs = [self._fleet.log(name) for name in (*WORKERS, "system")]
        return len(self._fleet.alive()) == len(PROCESSES) and all(
            log.rfind(READY) > log.rfind(STARTED) for log in logs
        )

    def tree(self, name: str) -> list[psutil.Process]:
        """Return a process and all of its descendants, the programs of jobs left out."""
        return [p for p in self._processes(name) if not is_program(p)]

    def programs(self, *names: str) -> list[psutil.Process]:
        """Return the processes of the jobs that some workers run, or all."""
        return [p for name in names or WORKERS for p in self._processes(name) if is_program(p)]

    def remark(self, text: str) -> None:
        """Note that something took too long."""
        self._diary.remarks.append(text)

    def wait(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Keep everything running for a while, or until a condition holds; tell whether it does."""
        deadline = time.monotonic() + seconds
        while True:
            self.keep()
            if until():
                return True
            if time.monotonic() >= deadline:
                return False
            time.sleep(TICK_SECONDS)

    def keep(self) -> None:
        """Start again what has ended, a moment later, and bury the orphans that have ended."""
        alive = self._fleet.alive()
        for name in PROCESSES:
            if name in alive or name in self._down:
                continue
            now = time.monotonic()
            if name not in self._ended:
                self._ended[name] = now
                if now - self._struck.get(name, -BLAME_SECONDS) >= BLAME_SECONDS:
                    self._diary.exit(name)
            if now - self._ended[name] >= RESTART_SECONDS:
                self.start(name)
        self._bury()

    def _stop(self, *names: str) -> None:
        begun = time.monotonic()
        self._fleet.stop(*names)
        took = time.monotonic() - begun
        if took > STOP_SECONDS:
            self._diary.remarks.append(f"stopping {names or 'everything'} took {took:.0f} s")

    def _processes(self, name: str) -> list[psutil.Process]:
        try:
            return self._fleet.processes(name)
        except KeyError:  # it is down
            return []

    def _strike(self, name: str) -> None:
        self._struck[name] = time.monotonic()
        if name in WORKERS:
            self._diary.stopped_worker_pids.update(p.pid for p in self.tree(name))

    def _bury(self) -> None:
        """Reap the orphans that became ours: init would, if we did not stand in its place."""
        with suppress(ChildProcessError):
            if not os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
                return  # to look at each process would take half of the machine
        known = self._ground.pids()
        for name in PROCESSES:
            known.update(process.pid for process in self._processes(name)[:1])
        for child in psutil.Process().children():
            with suppress(psutil.NoSuchProcess, ChildProcessError):
                if child.pid not in known and child.status() == psutil.STATUS_ZOMBIE:
                    os.waitpid(child.pid, os.WNOHANG)

    def _manage(self, *words: str) -> str:
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *words],
            cwd=ROOT,
            env=self._fleet.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise Problem(f"`manage.py {words[0]}` failed:\n{done.stderr.strip()}")
        return done.stdout


def is_program(process: psutil.Process) -> bool:
    """Tell whether a process belongs to a job."""
    with suppress(psutil.Error):
        return "SCALE_JOB_EXE" in process.environ()
    return False
