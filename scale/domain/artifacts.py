"""The files a program announces by lines of its output."""

#: More announcements than this are not kept; the manifest then refuses them all.
MAX_ARTIFACTS = 100_000

_PREFIX = b"ARTIFACT:"
_LINE_START = b"\n" + _PREFIX
_MAX_NAME_BYTES = 255
_MAX_PATH_BYTES = 4096
_MAX_LINE_BYTES = len(_PREFIX) + _MAX_NAME_BYTES + len(":") + _MAX_PATH_BYTES + len("\r")


class ArtifactScanner:
    """Finds `ARTIFACT:<output name>:<absolute path>` lines in one stream, chunk by chunk (6.4).

    Keeps at most one line's beginning between chunks, however long the line. A line longer than
    any path can be announces nothing.
    """

    def __init__(self) -> None:
        #: (output name, path) of each line found, in order.
        self.found: list[tuple[str, str]] = []
        self._line_start = b""
        self._is_skipping = False

    def feed(self, chunk: bytes) -> None:
        """Take the next bytes of the stream."""
        if len(self.found) > MAX_ARTIFACTS:
            return
        first, newline, _ = chunk.partition(b"\n")
        self._extend_line(first)
        if not newline:
            return
        self.close()
        # Of whole lines only those that announce are looked at: programs can print 1 GB/s.
        at, last = len(first), chunk.rfind(b"\n")
        while (at := chunk.find(_LINE_START, at, last)) >= 0:
            end = chunk.find(b"\n", at + 1)
            self._extend_line(chunk[at + 1 : end])
            self.close()
            at = end
        self._extend_line(chunk[last + 1 :])

    def close(self) -> None:
        """End the line under way: the stream is over and may lack a last line break."""
        if not self._is_skipping:
            self._take(self._line_start)
        self._line_start = b""
        self._is_skipping = False

    def _extend_line(self, part: bytes) -> None:
        if self._is_skipping:
            return
        line = self._line_start + part[: _MAX_LINE_BYTES + 1]
        if len(line) > _MAX_LINE_BYTES or not _may_announce(line):
            self._is_skipping = True
            line = b""
        self._line_start = line

    def _take(self, line: bytes) -> None:
        if not line.startswith(_PREFIX) or len(self.found) > MAX_ARTIFACTS:
            return
        name, _, path = line.removeprefix(_PREFIX).removesuffix(b"\r").partition(b":")
        if name and path.startswith(b"/") and b"\0" not in path:
            self.found.append((_text(name), _text(path)))


def _text(raw: bytes) -> str:
    """Decode so that it can be stored; a path that is no UTF-8 then names no existing file."""
    return raw.decode(errors="backslashreplace")


def _may_announce(line: bytes) -> bool:
    return line.startswith(_PREFIX) or _PREFIX.startswith(line)
