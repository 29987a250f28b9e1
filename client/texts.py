"""Values as people read them; whatever a server sends is made harmless for a terminal."""

import time
import unicodedata
from collections.abc import Sequence
from datetime import UTC, datetime
from itertools import pairwise
from statistics import median_low

BARS = "▁▂▃▄▅▆▇█"
SECONDS = {"d": 86_400, "h": 3_600, "min": 60}


def clean(text: str) -> str:
    """Return a text whose control characters are seen, not obeyed; line ends and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_visible, text.replace("\r\n", "\n").replace("\r", "\n")))


def one_line(text: str) -> str:
    """Return a text made harmless and put on one line."""
    return " ".join(clean(text).split())


def instant(stamp: str | None) -> str | None:
    """Return a time of the API with how long ago that was."""
    if stamp is None:
        return None
    return f"{stamp[:19].replace('T', ' ')} UTC ({ago(stamp)} ago)"


def ago(stamp: str | None) -> str | None:
    """Return how long ago a time of the API was."""
    return duration(stamp, None)


def duration(start: str | None, end: str | None) -> str | None:
    """Return the time from `start` to `end`, or until now; None if it has not started."""
    if start is None:
        return None
    until = _seconds(end) if end else time.time()
    return span(max(0.0, until - _seconds(start)))


def span(seconds: float) -> str:
    """Return a time span in its two largest units."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    rest, parts = int(seconds), []
    for unit, size in SECONDS.items():
        if rest >= size:
            parts.append(f"{rest // size} {unit}")
        rest %= size
    return " ".join(parts[:2]) if len(parts) > 1 or seconds >= 600 else f"{parts[0]} {rest} s"


def size(count: int) -> str:
    """Return a number of bytes in the unit that suits it."""
    amount = float(count)
    for unit in ("B", "KiB", "MiB", "GiB"):
        if amount < 1024:
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    return f"{amount:.1f} TiB"


def sparkline(values: Sequence[int | None]) -> str:
    """Return a bar for each value, as high as its share of the highest; a gap for None."""
    highest = max((value for value in values if value), default=1)
    top = len(BARS) - 1
    return "".join(" " if value is None else BARS[-(-value * top // highest)] for value in values)


def buckets(samples: Sequence[tuple[str, int]], width: int) -> list[int | None]:
    """Spread timed counts over at most `width` equal spans of time, each with its highest count.

    A span is longer than what usually lies between samples, so that an empty one is a real gap.
    """
    times = [_seconds(stamp) for stamp, _ in samples]
    steps = [later - earlier for earlier, later in pairwise(times)]
    if not any(steps):
        return [max(count for _, count in samples)] if samples else []
    length = times[-1] - times[0]
    width = max(1, min(width, int(length / (1.5 * median_low(filter(None, steps)))) + 1))
    found: list[int | None] = [None] * width
    for at, (_, count) in zip(times, samples, strict=True):
        place = min(int((at - times[0]) / length * width), width - 1)
        found[place] = max(found[place] or 0, count)
    return found


def _seconds(stamp: str) -> float:
    return datetime.fromisoformat(stamp).astimezone(UTC).timestamp()


def _visible(letter: str) -> str:
    if letter in "\n\t" or letter.isprintable():
        return letter
    code = ord(letter)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "␡"
    # Format characters reorder or hide text; separators and spaces only look odd.
    return " " if unicodedata.category(letter).startswith("Z") else "\N{REPLACEMENT CHARACTER}"
