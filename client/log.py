"""What an execution prints, shown as it comes."""

from collections.abc import Iterator

from client.output import Output
from client.rest import Json
from client.texts import clean

#: So much of what was shown last is looked for in a log that has lost its middle.
REMEMBERED = 4096


class Log:
    """An execution's output, and how much of it has been shown."""

    def __init__(self) -> None:
        self._shown = {"stdout": "", "stderr": ""}

    def new(self, answer: Json, *, is_all: bool) -> Iterator[tuple[str, str]]:
        """Yield what has come since; a line that has no end yet waits unless `is_all`."""
        for stream, shown in self._shown.items():
            text: str = answer[stream] or ""
            end = len(text) if is_all else text.rfind("\n") + 1
            piece = text[resume(shown, text) : end]
            self._shown[stream] = text[:end]
            if piece:
                yield stream, piece if piece.endswith("\n") else f"{piece}\n"


def show_log(out: Output, pieces: Iterator[tuple[str, str]]) -> None:
    """Print pieces of output, each to the stream it came from."""
    for stream, text in pieces:
        if stream == "stdout":
            out.write(clean(text))
        else:
            out.note(text.removesuffix("\n"))


def resume(shown: str, text: str) -> int:
    """Return where in a log what has not been shown yet begins.

    The server keeps the beginning and the moving end of a long log, and a log starts anew when a
    worker gives its execution back.
    """
    if text.startswith(shown):
        return len(shown)
    last = shown[-REMEMBERED:]
    found = text.rfind(last)
    return found + len(last) if found >= 0 else _common_length(shown, text)


def _common_length(one: str, other: str) -> int:
    least, most = 0, min(len(one), len(other))
    while least < most:
        middle = (least + most + 1) // 2
        if one[:middle] == other[:middle]:
            least = middle
        else:
            most = middle - 1
    return least
