"""What the embedded servers share: one process in a home of its own, on a loopback port."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import psutil

from launcher import leash
from launcher.errors import Problem
from launcher.paths import hold, open_log, private_directory

START_SECONDS = 60.0


def free_port() -> int:
    """Return a loopback port nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """What both servers share: a home only one launcher holds, one process, a log, a password.

    Used as a context manager, or through `start` and `stop`; a second `start` finds the same port.
    """

    name: str
    stop_signal: signal.Signals

    def __init__(self, var_dir: Path) -> None:
        self.home = var_dir.resolve() / self.name.lower()
        self.log = var_dir.resolve() / "log" / f"{self.name.lower()}.log"
        self.port = 0
        self.password = ""
        self.process: subprocess.Popen[bytes] | None = None
        self._lock: IO[str] | None = None

    @property
    def url(self) -> str:
        """The address, password included."""
        raise NotImplementedError

    def start(self) -> None:
        """Start the server and return when it answers.

        Raises:
            Problem: when it cannot be started, or another launcher runs it in this directory.
        """
        private_directory(self.home)
        self._lock = hold(
            self.home.parent / f"{self.home.name}.lock",
            f"{self.name} in {self.home} is in use by another start of Scale.",
        )
        try:
            self._end_leftover()
            self._prepare()
            self._launch()
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """Stop the server if it runs; safe to call again."""
        self._end_process()
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _launch(self) -> None:
        # The port is free only until someone else takes it, so a failure is tried again elsewhere.
        for attempt in range(3):
            self.port = (not attempt and self.port) or free_port()
            self._spawn()
            if self._wait_until_ready():
                return
            self._end_process()
        raise Problem(f"{self.name} did not start; its log {self.log} ends: {self._last_words()}")

    def _end_process(self) -> None:
        if self.process is not None:
            leash.stop(self.process, (self.stop_signal, 20.0), (signal.SIGQUIT, 5.0))
            self.process = None

    def _wait_until_ready(self) -> bool:
        deadline = time.monotonic() + START_SECONDS
        while self.process is not None and self.process.poll() is None:
            if self._answers():
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(0.05)
        return False

    def _spawn_process(
        self, command: list[str], text: str | None = None, dies_by: signal.Signals | None = None
    ) -> None:
        with open_log(self.log) as log:
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL if text is None else subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.home,
                env={"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"},
                # Its own session: a Ctrl-C in the terminal is for the launcher, which stops things
                # in order.
                start_new_session=True,
                preexec_fn=leash.die_with_parent(dies_by or self.stop_signal),
            )
        if text is not None and self.process.stdin is not None:
            with contextlib.suppress(BrokenPipeError), self.process.stdin as stdin:
                stdin.write(text.encode())

    def _end_leftover(self) -> None:
        """End a server that outlived the launcher that started it in this home."""
        pid = self._recorded_pid()
        if pid is None:
            return
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            if self._is_ours(process):
                process.send_signal(self.stop_signal)
                if psutil.wait_procs([process], timeout=20)[1]:
                    process.kill()
                    process.wait(5)

    def _is_ours(self, process: psutil.Process) -> bool:
        """Tell whether a process works in this home; a pid alone may have a new owner by now."""
        return Path(process.cwd()).is_relative_to(self.home)

    def _last_words(self) -> str:
        lines = (
            self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        )
        return " / ".join(lines[-3:]) or "(empty)"

    def _prepare(self) -> None:
        raise NotImplementedError

    def _spawn(self) -> None:
        raise NotImplementedError

    def _answers(self) -> bool:
        raise NotImplementedError

    def _recorded_pid(self) -> int | None:
        raise NotImplementedError
