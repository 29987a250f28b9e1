"""The beginning and the end of a byte stream of any length, as rows of text.

The rows (seq, text), in order of seq, are the log. Those of the head are put once. When the head is
full, the rows of the tail are put again as they grow and dropped as the end moves on; the row
between head and tail says how much was left out.
"""

import codecs
from collections import deque
from typing import NamedTuple, Self

MIB = 1024 * 1024

#: A full tail is dropped piece by piece; so many make a whole one.
_PIECES = 32
_LEAST_PIECE_BYTES = 1024
#: A character has at most so many bytes after its first.
_MORE_BYTES = 3


class LogChanges(NamedTuple):
    """What to do to the stored rows; doing it twice does no harm."""

    #: To insert, or to replace where the seq exists.
    put: dict[int, str]
    #: To delete where the seq exists.
    drop: set[int]

    def then(self, later: Self) -> "LogChanges":
        """Return both changes as one, as when the first could not be stored."""
        kept = {seq: text for seq, text in self.put.items() if seq not in later.drop}
        return LogChanges(kept | later.put, self.drop | later.drop)


class Excerpt:
    """Keeps half of the cap from the beginning and half from the end, cut between characters.

    Text is UTF-8; what is not, and NUL, becomes U+FFFD. The cap counts bytes of the stream; a row
    that becomes U+FFFD throughout takes three times as many.
    """

    def __init__(self, cap_bytes: int) -> None:
        self._head = bytearray()
        self._head_room = cap_bytes - cap_bytes // 2
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._next_seq = 0

        self._tail_cap = cap_bytes // 2
        self._piece_size = max(_LEAST_PIECE_BYTES, self._tail_cap // _PIECES)
        self._pieces: deque[bytearray] = deque()
        self._tail_size = 0
        self._left_out = 0
        #: Pieces are numbered from the first that ever was. This is the first one kept.
        self._first = 0
        #: The pieces that are stored, and those that have changed since.
        self._stored: set[int] = set()
        self._changed: set[int] = set()
        self._left_out_stored = 0

    def append(self, block: bytes) -> None:
        """Take the next bytes of the stream."""
        size = _fitting(block, self._head_room)
        self._head += block[:size]
        self._head_room -= size
        if size < len(block):
            self._head_room = -_MORE_BYTES  # full for good
            self._append_to_tail(block[size:])

    def take_head(self, *, is_last: bool) -> LogChanges:
        """Return what the head has got since the last time."""
        is_complete = is_last or self._head_room == -_MORE_BYTES
        text = _clean(self._decoder.decode(bytes(self._head), final=is_complete))
        self._head.clear()
        if not text:
            return LogChanges({}, set())
        self._next_seq += 1
        return LogChanges({self._next_seq - 1: text}, set())

    def take_tail(self, *, is_last: bool) -> LogChanges:
        """Return how the tail has changed since the last time; called after `take_head`."""
        changes = LogChanges({}, set())
        if is_last and self._pieces:
            self._trim()
            # Its last character, if incomplete, was not stored yet.
            self._changed.add(self._first + len(self._pieces) - 1)
        # The row after the head's last is for these words, the pieces follow.
        if self._left_out != self._left_out_stored:
            changes.put[self._next_seq] = f"\n[{self._left_out} bytes left out]\n"
            self._left_out_stored = self._left_out
        first_seq = self._next_seq + 1
        kept = range(self._first, self._first + len(self._pieces))
        changes.drop.update(first_seq + number for number in self._stored.difference(kept))
        for number in self._changed.intersection(kept):
            changes.put[first_seq + number] = self._text(number, is_last=is_last)
        self._stored = (self._stored | self._changed).intersection(kept)
        self._changed.clear()
        return changes

    def _append_to_tail(self, block: bytes) -> None:
        view = memoryview(block)
        while view:
            if not self._pieces:
                self._pieces.append(bytearray())
            size = _fitting(view, self._piece_size - len(self._pieces[-1]))
            self._pieces[-1] += view[:size]
            self._tail_size += size
            # Also when nothing fits: its last character, if incomplete, is now known to remain so.
            self._changed.add(self._first + len(self._pieces) - 1)
            if not size:
                self._pieces.append(bytearray())
            view = view[size:]
            while self._pieces and self._tail_size - len(self._pieces[0]) >= self._tail_cap:
                self._leave_out(len(self._pieces[0]))

    def _leave_out(self, size: int) -> None:
        """Drop bytes of the oldest piece, with the piece when it has no more."""
        del self._pieces[0][:size]
        self._changed.add(self._first)
        if not self._pieces[0]:
            self._pieces.popleft()
            self._changed.discard(self._first)
            self._first += 1
        self._tail_size -= size
        self._left_out += size

    def _text(self, number: int, *, is_last: bool) -> str:
        piece = bytes(self._pieces[number - self._first])
        # A character may still be under way at the end of the newest piece.
        is_whole = is_last or number < self._first + len(self._pieces) - 1
        decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        return _clean(decoder.decode(piece, final=is_whole))

    def _trim(self) -> None:
        """Leave out what exceeds the cap because pieces are dropped whole."""
        excess = self._tail_size - self._tail_cap
        if excess > 0:
            self._leave_out(_fitting(self._pieces[0], excess))


def _fitting(block: bytes | bytearray | memoryview, room: int) -> int:
    """Return how much of a block fits, letting a character that has begun overdraw the room."""
    size = min(max(room, 0), len(block))
    most = min(room + _MORE_BYTES, len(block))
    while size < most and block[size] & 0xC0 == 0x80:
        size += 1
    return size


def _clean(text: str) -> str:
    return text.replace("\0", "\ufffd")
