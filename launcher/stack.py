"""A whole Scale on this machine: database, broker and the processes of the `Procfile`."""

import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from contextlib import ExitStack
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

import httpx

from launcher import leash
from launcher.errors import Problem
from launcher.paths import ROOT, VENV, hold, open_log, private_directory, write_private
from launcher.server import free_port
from launcher.servers import Say, Servers, servers

HEALTH_SECONDS = 90.0
# The worker's own warm stop takes at most SCALE_WARM_STOP_SECONDS, honcho's KILL_WAIT bounds all.
STOP_SECONDS = 60.0
WARM_STOP_SECONDS = 10
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stack:
    """A running Scale: `start` returns when it is healthy, `stop` leaves no process behind."""

    def __init__(self, var_dir: Path, say: Say) -> None:
        self.var = var_dir
        self.say = say
        self.url = ""
        self.flower = ""
        self.token = ""
        self.environment: dict[str, str] = {}
        self.run_file = var_dir / "run.json"
        self._processes: subprocess.Popen[bytes] | None = None
        self._resources = ExitStack()

    def start(self) -> None:
        """Start servers, migrate, make an administrator and start the processes.

        Raises:
            Problem: when a step fails; what had been started is stopped again.
        """
        private_directory(self.var)
        refusal = f"Scale is already running here; its addresses are in {self.run_file}."
        self._resources.enter_context(hold(self.var / "run.lock", refusal))
        leash.adopt_orphans()
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _start(self) -> None:
        self.run_file.unlink(missing_ok=True)
        port = _web_port()
        running = self._resources.enter_context(servers(self.var, self.say))
        flower_port, flower_password = free_port(), secrets.token_urlsafe(16)
        self.url = f"http://127.0.0.1:{port}"
        self.flower = f"http://admin:{flower_password}@127.0.0.1:{flower_port}"
        self.environment = self._environment(running) | {
            "PORT": str(port),
            "FLOWER_PORT": str(flower_port),
            "FLOWER_BASIC_AUTH": f"admin:{flower_password}",
        }
        started = time.monotonic()
        self.manage("migrate", "--no-input", "--verbosity=0")
        administrator = self.manage(
            "create_user", "admin", "--role", "administrator", "--token", "--skip-checks"
        )
        self.token = administrator.strip().splitlines()[-1]
        self.say(f"schema and administrator ready ({time.monotonic() - started:.1f} s)")
        self._run_processes()
        self._write_run_file(running)

    def stop(self) -> None:
        """Stop the processes, the servers and whatever is left; a Ctrl-C meanwhile hurries."""

        def hurry(_number: int, _frame: FrameType | None) -> None:
            if self._processes is not None:
                self._processes.kill()

        before = {number: signal.signal(number, hurry) for number in STOP_SIGNALS}
        self.run_file.unlink(missing_ok=True)
        if self._processes is not None:
            leash.stop(self._processes, (signal.SIGTERM, STOP_SECONDS))
        self._resources.close()
        left = leash.sweep()
        ended = f" ({', '.join(left)} had to be ended)" if left else ""
        self.say(f"stopped{ended}; nothing is left running")
        for number, handler in before.items():
            signal.signal(number, handler)

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

    def manage(self, *words: str) -> str:
        """Run a command of `manage.py` and return what it prints."""
        done = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *words],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            with open_log(self.var / "log" / "manage.log") as log:
                log.write(f"{' '.join(words)}\n{done.stdout}{done.stderr}".encode())
            reason = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise Problem(
                f"`manage.py {words[0]}` failed: {reason} (more in {self.var}/log/manage.log)"
            )
        return done.stdout

    def show(self, *words: str, seconds: float) -> None:
        """Run the command-line client on this Scale, its output going where ours goes.

        What it answers is for people: whoever wants to know asks the API. It is ended after
        `seconds`, and when it is no longer of use.

        Raises:
            Problem: when a process has ended meanwhile.
        """
        access = {"SCALE_URL": self.url, "SCALE_TOKEN": self.token}
        sys.stdout.flush()
        deadline = time.monotonic() + seconds
        with subprocess.Popen(
            [str(ROOT / "bin" / "scale"), *words],
            env={**self.environment, **access},
            stdin=subprocess.DEVNULL,
            preexec_fn=leash.die_with_parent(signal.SIGTERM),
        ) as client:
            while client.poll() is None and time.monotonic() < deadline:
                self.check()
                time.sleep(0.1)
            client.terminate()

    def check(self) -> None:
        """Return while everything runs.

        Raises:
            Problem: when a process of the `Procfile` has ended, since honcho then ends them all.
        """
        if self._processes is not None and self._processes.poll() is not None:
            said = self._processes.stdout.read().decode().strip() if self._processes.stdout else ""
            raise Problem(
                f"A process ended, and with it the rest: {said or 'honcho was killed'}. "
                f"The logs are in {self.var / 'log'}."
            )

    def _environment(self, running: Servers) -> dict[str, str]:
        path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        secret = self.var / "secret_key"
        if not secret.exists():
            write_private(secret, secrets.token_urlsafe(48))
        defaults = {
            "SCALE_SECRET_KEY": secret.read_text(),
            "SCALE_ALLOWED_HOSTS": "127.0.0.1,localhost",
            "SCALE_HTTPS": "false",
            "SCALE_WORK_DIR": str(private_directory(self.var / "work")),
            "SCALE_STATIC_ROOT": str(private_directory(self.var / "static")),
            "SCALE_LOAD_SAMPLE_SECONDS": "5",
            "SCALE_WARM_STOP_SECONDS": str(WARM_STOP_SECONDS),
        }
        fixed = {
            "PATH": path,
            "TMPDIR": str(private_directory(self.var / "tmp")),
            "DATABASE_URL": running.database,
            "CELERY_BROKER_URL": running.broker,
            "PYTHONUNBUFFERED": "1",
        }
        return defaults | os.environ | fixed

    def _run_processes(self) -> None:
        started = time.monotonic()
        logs = self.var / "log"
        with open_log(logs / "launcher.log") as log:
            self._processes = subprocess.Popen(
                [sys.executable, "-m", "launcher.processes", str(ROOT / "Procfile"), str(logs)],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
                preexec_fn=leash.die_with_parent(signal.SIGTERM),
            )
        self._wait_until_healthy()
        self.say(f"web, worker, system, beat, flower are up ({time.monotonic() - started:.1f} s)")

    def _wait_until_healthy(self) -> None:
        deadline = time.monotonic() + HEALTH_SECONDS
        answer = "no answer"
        while time.monotonic() < deadline:
            self.check()
            try:
                response = httpx.get(f"{self.url}/health/", timeout=5, trust_env=False)
                if response.status_code == httpx.codes.OK:
                    return
                answer = f"{response.status_code} {response.text[:200]}"
            except httpx.HTTPError:
                pass
            time.sleep(0.1)
        raise Problem(f"{self.url}/health/ is not well after {HEALTH_SECONDS:.0f} s: {answer}")

    def _write_run_file(self, running: Servers) -> None:
        facts = {
            "url": self.url,
            "token": self.token,
            "flower": self.flower,
            "database": running.database,
            "broker": running.broker,
        }
        write_private(self.run_file, json.dumps(facts, indent=1) + "\n")


def _web_port() -> int:
    wanted = os.environ.get("PORT")
    if not wanted:
        return free_port()
    if not wanted.isdecimal() or not 0 < int(wanted) < 65536:
        raise Problem(f"PORT must be a port number, not {wanted!r}.")
    with socket.socket() as probe:
        # As gunicorn does: connections of a server just stopped do not hold the port.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(wanted)))
        except OSError as error:
            raise Problem(
                f"PORT {wanted} cannot be used ({error.strerror}): choose another, or unset PORT."
            ) from None
    return int(wanted)
