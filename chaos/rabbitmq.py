"""A RabbitMQ of the suite's own, from the `rabbitmq-server` that is installed here."""

import os
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from kombu import Connection

from launcher import leash
from launcher.errors import Problem
from launcher.paths import open_log, write_private
from launcher.server import Server, free_port

#: Where packages keep the real script; what they put on PATH insists on being root.
SCRIPTS = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


class OwnRabbitMQ(Server):
    """A node of its own with a port mapper of its own, both on loopback, data in `var_dir`.

    `settings` are numbers of RabbitMQ's own configuration, such as `consumer_timeout`.
    """

    name = "RabbitMQ"
    stop_signal = signal.SIGTERM

    def __init__(self, var_dir: Path, settings: Mapping[str, int] | None = None) -> None:
        super().__init__(var_dir)
        self._settings = settings or {}
        self.password = "guest"  # noqa: S105 -- RabbitMQ's default, good on loopback only
        self._epmd: subprocess.Popen[bytes] | None = None
        self._epmd_port = 0
        self._node = f"chaos-{secrets.token_hex(4)}@localhost"

    @property
    def url(self) -> str:
        """The address, password included."""
        return f"amqp://guest:{self.password}@127.0.0.1:{self.port}//"

    def stop(self) -> None:
        """Stop the node and its port mapper."""
        super().stop()
        if self._epmd is not None:
            leash.stop(self._epmd, (signal.SIGTERM, 5.0))
            self._epmd = None

    def kill(self) -> None:
        """End the node at once, as a crash would."""
        if self.process is not None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        self.stop()

    def _prepare(self) -> None:
        self._script = _script()
        epmd = shutil.which("epmd")
        if epmd is None:
            raise Problem("There is no `epmd` on PATH: install Erlang, which RabbitMQ needs.")
        # Listening for both families is epmd's habit; loopback is all it is reached by.
        self._epmd_port = self._epmd_port or free_port()
        with open_log(self.log) as log:
            self._epmd = subprocess.Popen(
                [epmd, "-port", str(self._epmd_port), "-address", "127.0.0.1"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=leash.die_with_parent(signal.SIGTERM),
            )
        write_private(self.home / "enabled_plugins", "[].")
        write_private(self.home / "rabbitmq.conf", "log.console = false\n")

    def _spawn(self) -> None:
        numbers = "".join(f" -rabbit {name} {value}" for name, value in self._settings.items())
        settings = {
            "HOME": str(self.home),
            "ERL_EPMD_PORT": str(self._epmd_port),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": self._node,
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_MNESIA_BASE": str(self.home / "data"),
            "RABBITMQ_LOG_BASE": str(self.home / "log"),
            "RABBITMQ_PID_FILE": str(self.home / "pid"),
            "RABBITMQ_CONFIG_FILE": str(self.home / "rabbitmq.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.home / "enabled_plugins"),
            "RABBITMQ_CONF_ENV_FILE": os.devnull,
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                f"-kernel inet_dist_use_interface {{127,0,0,1}}{numbers}"
            ),
        }
        words = [f"{name}={value}" for name, value in settings.items()]
        # The group, started by a shell, is what `kill` ends.
        self._spawn_process(["env", *words, str(self._script)])

    def _answers(self) -> bool:
        try:
            with Connection(self.url, connect_timeout=2) as connection:
                connection.connect()
        except Exception:  # noqa: BLE001 -- a node that is not ready says so in many ways
            return False
        return True

    def _recorded_pid(self) -> int | None:
        try:
            return int((self.home / "pid").read_text())
        except (OSError, ValueError):
            return None


def has_rabbitmq() -> bool:
    """Tell whether a RabbitMQ of one's own can be started here."""
    return (SCRIPTS.exists() or shutil.which("rabbitmq-server") is not None) and (
        shutil.which("epmd") is not None
    )


def _script() -> Path:
    if SCRIPTS.exists():
        return SCRIPTS
    found = shutil.which("rabbitmq-server")
    if found is None:
        raise Problem(
            "There is no `rabbitmq-server` on PATH: install RabbitMQ, or set CELERY_BROKER_URL "
            "to one of your own; faults then reach it only through the proxy."
        )
    return Path(found)
