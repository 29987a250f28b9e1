"""Run the processes of a `Procfile` under honcho, each with a log file, until told to stop.

`python -m launcher.processes PROCFILE LOG_DIRECTORY`, as `launcher.stack` does; SIGTERM is a warm
stop.
It prints one thing only: which process ended first, when that was not asked for.
"""

import logging
import signal
import sys
from logging.handlers import RotatingFileHandler
from pathlib import Path

import honcho.manager
from honcho.environ import parse_procfile
from honcho.printer import Message

from launcher import leash
from launcher.paths import LOG_MAX_BYTES

# Longer than a worker's own warm stop, which ends or puts back its jobs: honcho's five seconds
# would cut it short with SIGKILL.
honcho.manager.KILL_WAIT = 45


class FilePrinter:
    """A honcho printer that writes what each process says to a log file of its own, size-bound."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.width = 0
        self.first_end = ""
        self._handlers: dict[str, RotatingFileHandler] = {}

    def write(self, message: Message) -> None:
        """Append one message to the log of the process it names."""
        text = message.data
        line = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        if message.name == honcho.manager.SYSTEM_PRINTER_NAME and " stopped (" in line:
            self.first_end = self.first_end or line.strip()
        record = logging.makeLogRecord({"msg": line.rstrip("\n"), "name": message.name})
        self._handler(message.name).emit(record)

    def _handler(self, name: str) -> RotatingFileHandler:
        if name not in self._handlers:
            self._handlers[name] = RotatingFileHandler(
                self.directory / f"{name}.log", maxBytes=LOG_MAX_BYTES, backupCount=1
            )
        return self._handlers[name]


def main() -> int:
    """Run until one process ends or a signal comes, then stop all; nothing outlives this."""
    leash.adopt_orphans()
    # honcho calls itself "system", as does one of our processes.
    honcho.manager.SYSTEM_PRINTER_NAME = "honcho"
    procfile, directory = map(Path, sys.argv[1:])
    printer = FilePrinter(directory)
    manager = honcho.manager.Manager(printer=printer)
    for name, command in parse_procfile(procfile.read_text()).processes.items():
        manager.add_process(name, command, cwd=str(procfile.parent))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        manager.loop()
    finally:
        leash.sweep()
    if printer.first_end:
        print(printer.first_end)
    return int(manager.returncode or 0)


if __name__ == "__main__":
    sys.exit(main())
