import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.processes import excerpt as module
from workers.processes.excerpt import MIB, Excerpt, LogChanges

CUT = re.compile(r"\n\[(\d+) bytes left out\]\n")


@pytest.fixture(autouse=True, scope="module")
def small_pieces() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_LEAST_PIECE_BYTES", 1)
        yield


class Table:
    """The stored rows."""

    def __init__(self) -> None:
        self.rows: dict[int, str] = {}

    def store(self, changes: LogChanges) -> None:
        assert not changes.put.keys() & changes.drop
        for seq in changes.drop:
            self.rows.pop(seq, None)
        self.rows.update(changes.put)

    @property
    def text(self) -> str:
        return "".join(self.rows[seq] for seq in sorted(self.rows))


def take(excerpt: Excerpt, *, is_last: bool = False) -> LogChanges:
    return excerpt.take_head(is_last=is_last).then(excerpt.take_tail(is_last=is_last))


def shown(data: bytes) -> str:
    return data.decode(errors="replace").replace("\0", "\ufffd")


def stored(cap: int, *blocks: bytes) -> str:
    excerpt, table = Excerpt(cap), Table()
    for block in blocks:
        excerpt.append(block)
        table.store(take(excerpt))
    table.store(take(excerpt, is_last=True))
    return table.text


def test_take_nothing_appended_changes_nothing() -> None:
    assert take(Excerpt(100), is_last=True) == LogChanges({}, set())


def test_take_within_cap_keeps_everything_in_rows_put_once() -> None:
    excerpt, seqs = Excerpt(100), []
    for block in (b"one\n", b"two\n", b"three\n"):
        excerpt.append(block)
        seqs += take(excerpt).put

    assert seqs == [0, 1, 2]


def test_take_exactly_the_cap_leaves_nothing_out() -> None:
    assert stored(10, b"0123456789") == "0123456789"


def test_take_one_byte_over_the_cap_leaves_one_out() -> None:
    assert stored(10, b"0123456789A") == "01234\n[1 bytes left out]\n6789A"


def test_take_far_over_the_cap_keeps_beginning_and_end() -> None:
    text = stored(1000, *(f"{number:09}\n".encode() for number in range(1000)))

    cut = CUT.search(text)
    assert cut is not None
    assert int(cut[1]) == 10_000 - 1000
    assert text[: cut.start()] == "".join(f"{number:09}\n" for number in range(50))
    assert text[cut.end() :] == "".join(f"{number:09}\n" for number in range(950, 1000))


def test_take_while_the_end_moves_on_always_shows_the_latest() -> None:
    excerpt, table = Excerpt(640), Table()
    for number in range(500):
        excerpt.append(f"{number:09}\n".encode())
        table.store(take(excerpt))
        assert table.text.endswith(f"{number:09}\n")
        assert len(table.rows) < 100


def test_take_after_small_growth_puts_little() -> None:
    excerpt = Excerpt(MIB)
    excerpt.append(b"x" * 3 * MIB)
    take(excerpt)
    excerpt.append(b"y")

    assert sum(map(len, take(excerpt).put.values())) <= MIB // 2 // 32 + 1


def test_text_that_is_no_utf8_is_replaced() -> None:
    assert stored(100, b"a\xffb\0c\xc3", b"\xa9 \xf0\x9f") == "a\ufffdb\ufffdcé \ufffd"


@pytest.mark.parametrize("cap", range(14))
def test_cut_falls_between_characters(cap: int) -> None:
    text = stored(cap, *(bytes([byte]) for byte in ("\U0001f680" * 10).encode()))

    assert set(CUT.sub("", text)) <= {"\U0001f680"}


@given(
    st.lists(st.binary(max_size=40) | st.text(max_size=10).map(str.encode) | st.just(b"\x80" * 20)),
    st.integers(0, 60),
    st.data(),
)
def test_rows_are_beginning_cut_and_end_of_any_stream(
    blocks: list[bytes], cap: int, data: st.DataObject
) -> None:
    excerpt, table, unsaved = Excerpt(cap), Table(), LogChanges({}, set())
    for block in blocks:
        excerpt.append(block)
        if data.draw(st.booleans(), label="take"):
            unsaved = unsaved.then(take(excerpt))
        if data.draw(st.booleans(), label="store"):
            table.store(unsaved)
            unsaved = LogChanges({}, set())
    table.store(unsaved.then(take(excerpt, is_last=True)))

    stream = b"".join(blocks)
    cut = [text for seq, text in sorted(table.rows.items()) if CUT.fullmatch(text)]
    if not cut:
        assert table.text == shown(stream)
        assert len(stream) <= cap + 6
        return
    left_out = int(CUT.fullmatch(cut[0])[1])  # type: ignore[index]
    possible = [
        shown(stream[:head]) + cut[0] + shown(stream[head + left_out :])
        for head in range(cap - cap // 2, cap - cap // 2 + 4)
    ]
    assert table.text in possible
    assert cap - 6 <= len(stream) - left_out <= cap + 6
