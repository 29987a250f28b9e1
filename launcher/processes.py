"""Run the processes of a `Procfile` under honcho, each with a log file, until told to stop.

`launcher.stack` starts it as `python -m launcher.processes PROCFILE LOG_DIRECTORY`. SIGTERM is a
warm stop; the one thing it prints, at its end, is which process ended first.
"""

import logging
import signal
import sys
from logging.handlers import RotatingFileHandler
from multiprocessing import Queue
from pathlib import Path
from threading import Thread

import honcho.manager
import honcho.process
from honcho.environ import parse_procfile
from honcho.printer import Message

from launcher import leash
from launcher.paths import LOG_MAX_BYTES

# Longer than a worker's own warm stop, which ends or puts back its jobs: honcho's five seconds
# would cut it short with SIGKILL.
honcho.manager.KILL_WAIT = 45
# How long the last lines of a process that has ended may take to arrive.
OUTPUT_SECONDS = 2.0


class Process(honcho.process.Process):  # type: ignore[misc] # honcho has no types
    """A process that has ended when it has ended, whoever still holds its standard output.

    honcho's own waits for the end of the output too, which something left behind may hold open for
    ever (`test_terminated_processes_leave_no_descendant`).
    """

    def run(self, events: "Queue[Message]", ignore_signals: bool = False) -> None:
        """Run the command, passing on what it says, until it has ended; called in a fork."""
        self._events = events
        self._child = self._child_ctor(self.cmd, env=self.env, cwd=self.cwd)
        self._send_message({"pid": self._child.pid}, type="start")
        if ignore_signals:
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, signal.SIG_IGN)
        reader = Thread(target=self._pass_on, daemon=True)
        reader.start()
        self._child.wait()
        reader.join(timeout=OUTPUT_SECONDS)
        self._send_message({"returncode": self._child.returncode}, type="stop")

    def _pass_on(self) -> None:
        for line in iter(self._child.stdout.readline, b""):
            self._send_message(line)


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

    def close(self) -> None:
        """Close the log files."""
        for handler in self._handlers.values():
            handler.close()

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
    manager._process_ctor = Process
    for name, command in parse_procfile(procfile.read_text()).processes.items():
        manager.add_process(name, command, cwd=str(procfile.parent))
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        manager.loop()
    finally:
        leash.sweep()
        printer.close()
    if printer.first_end:
        print(printer.first_end)
    return int(manager.returncode or 0)


if __name__ == "__main__":
    sys.exit(main())
