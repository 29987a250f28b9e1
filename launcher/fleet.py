"""The processes of the `Procfile`, each started, stopped and killed by itself.

`launcher.stack` runs all of them under honcho; tests and the chaos suite need them one by one.
"""

import os
import signal
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil
from honcho.environ import parse_procfile

from launcher import leash
from launcher.paths import ROOT, VENV

#: Longer than a worker's warm stop.
STOP_SECONDS = 60.0


class Fleet:
    """Processes by the names of the `Procfile`, with a log file each."""

    def __init__(self, environment: Mapping[str, str], log_dir: Path) -> None:
        path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        self.environment = {**os.environ, "PYTHONUNBUFFERED": "1", **environment, "PATH": path}
        self.log_dir = log_dir
        self.commands = parse_procfile((ROOT / "Procfile").read_text()).processes
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, *names: str, **extra: str) -> None:
        """Start processes, with more of an environment."""
        self.log_dir.mkdir(parents=True, exist_ok=True)
        for name in names:
            with (self.log_dir / f"{name}.log").open("ab") as log:
                self._running[name] = subprocess.Popen(
                    ["/bin/sh", "-c", self.commands[name]],
                    cwd=ROOT,
                    env={**self.environment, **extra},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=leash.die_with_parent(signal.SIGTERM),
                )

    def stop(self, *names: str) -> None:
        """Stop processes warmly, all at once; those named, or all."""
        chosen = [self._running.pop(name) for name in names or list(self._running)]
        for process in chosen:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
        for process in chosen:
            leash.stop(process, (signal.SIGTERM, STOP_SECONDS))

    def kill(self, name: str) -> None:
        """Kill a process, and every process it started in its own session, by SIGKILL."""
        process = self._running.pop(name)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def alive(self) -> list[str]:
        """Return the names of the processes that run."""
        return [name for name, process in self._running.items() if process.poll() is None]

    def processes(self, name: str) -> list[psutil.Process]:
        """Return a process and all its descendants."""
        try:
            root = psutil.Process(self._running[name].pid)
            return [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []

    def find(self, name: str, word: str) -> psutil.Process:
        """Return the process below `name` that has this word in its command line.

        Raises:
            LookupError: there is none.
        """
        for process in self.processes(name):
            with suppress(psutil.NoSuchProcess):
                if word in process.cmdline():
                    return process
        raise LookupError(f"no process of {name} has {word} in its command line")

    def log(self, name: str) -> str:
        """Return what a process has logged."""
        path = self.log_dir / f"{name}.log"
        return path.read_text(errors="replace") if path.exists() else ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
