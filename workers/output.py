"""What an execution's steps print: followed, kept in pieces, scanned for artifacts."""

from scale.domain.artifacts import ArtifactScanner
from scale.services.logs import LogChanges
from workers.processes.logs import LogTail
from workers.processes.workdir import WorkDirectory

STDOUT, STDERR = "stdout", "stderr"

#: Where what the pre and post steps say comes: after all that the program printed.
_LAST_SEQ = 2**31 - 1
_LONG_BYTES = 64 * 1024


class Output:
    """Both streams of an execution.

    `take` returns what is to be stored; it returns it again until `taken` says that it was.
    """

    def __init__(self, directory: WorkDirectory, *, cap_bytes: int) -> None:
        self._scanners = {STDOUT: ArtifactScanner(), STDERR: ArtifactScanner()}
        self._tails = {
            stream: LogTail(path, scan=self._scanners[stream].feed, cap_bytes=cap_bytes)
            for stream, path in ((STDOUT, directory.stdout), (STDERR, directory.stderr))
        }
        self._pending = LogChanges()
        self._said = ""
        self._is_finished = False

    @property
    def artifacts(self) -> list[tuple[str, str]]:
        """Return what the program has announced, as (output name, path)."""
        return [found for scanner in self._scanners.values() for found in scanner.found]

    @property
    def is_long(self) -> bool:
        """Tell whether reading what was printed so far may take time."""
        return any(tail.unread > _LONG_BYTES for tail in self._tails.values())

    def say(self, text: str) -> None:
        """Add a line of a pre or post step to stderr."""
        # A path may hold what is no text to the database.
        line = text.encode(errors="replace").decode().replace("\0", "?")
        self._said += f"{line}\n"
        self._pending.put[STDERR, _LAST_SEQ] = self._said

    def read(self) -> bool:
        """Read what was printed; return whether that was so much that more is likely."""
        return max(tail.read() for tail in self._tails.values())

    def take(self) -> LogChanges:
        """Return all that is not stored yet."""
        for stream, tail in self._tails.items():
            if not self._is_finished:
                tail.read()
            put, drop = tail.take()
            if not (put or drop):
                continue
            self._pending.put |= {(stream, seq): text for seq, text in put.items()}
            self._pending.drop -= {(stream, seq) for seq in put}
            for seq in drop:
                self._pending.put.pop((stream, seq), None)
                self._pending.drop.add((stream, seq))
        return self._pending

    def taken(self) -> None:
        """Forget what the last `take` returned: it is stored."""
        self._pending = LogChanges()

    def finish(self) -> None:
        """Read the rest: the program has ended."""
        self._is_finished = True
        for stream, tail in self._tails.items():
            tail.finish()
            self._scanners[stream].close()

    def close(self) -> None:
        """Close the files."""
        for tail in self._tails.values():
            tail.close()
