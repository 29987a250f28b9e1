from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scale.domain import artifacts
from scale.domain.artifacts import ArtifactScanner


def scan(*chunks):
    scanner = ArtifactScanner()
    for chunk in chunks:
        scanner.feed(chunk)
    scanner.close()
    return scanner.found


def test_lines_are_found_in_order_several_for_a_name():
    text = b"hello\nARTIFACT:a:/out/1\nnoise\nARTIFACT:b c-_1:/out/x y:z\nARTIFACT:a:/out/2\n"

    assert scan(text) == [("a", "/out/1"), ("b c-_1", "/out/x y:z"), ("a", "/out/2")]


@pytest.mark.parametrize(
    "text",
    [
        b" ARTIFACT:a:/out/1\n",
        b"see ARTIFACT:a:/out/1\n",
        b"\rARTIFACT:a:/out/1\n",
        b"artifact:a:/out/1\n",
        b"ARTIFACT:a:out/1\n",
        b"ARTIFACT:a: /out/1\n",
        b"ARTIFACT:/out/1\n",
        b"ARTIFACT::/out/1\n",
        b"ARTIFACT:a:\n",
        b"ARTIFACT:a\n",
        b"ARTIFACT\n:a:/out/1\n",
        b"ARTIFACT:a:/out/\0\n",
        b"",
    ],
)
def test_other_lines_announce_nothing(text):
    assert scan(text) == []


def test_carriage_return_before_the_line_break_is_no_part_of_the_path():
    assert scan(b"x\r\nARTIFACT:a:/out/1\r\nARTIFACT:b:/out/2\r") == [
        ("a", "/out/1"),
        ("b", "/out/2"),
    ]


def test_last_line_counts_without_its_line_break():
    assert scan(b"ARTIFACT:a:/out/1") == [("a", "/out/1")]


def test_line_is_not_taken_before_it_ends():
    scanner = ArtifactScanner()
    scanner.feed(b"ARTIFACT:a:/out/1")

    assert scanner.found == []

    scanner.feed(b"2\n")

    assert scanner.found == [("a", "/out/12")]


def test_path_that_is_no_utf_8_is_found_in_a_storable_form():
    assert scan(b"ARTIFACT:a:/out/\xff\xc3\xbc\n") == [("a", "/out/\\xffü")]


def test_longest_path_is_found_and_a_longer_line_is_not():
    path = b"/" + b"p" * 4095
    name = b"n" * 255

    assert scan(b"ARTIFACT:" + name + b":" + path + b"\r\n") == [("n" * 255, path.decode())]
    assert scan(b"ARTIFACT:" + name + b":" + path + b"ppp\nARTIFACT:a:/1") == [("a", "/1")]


@pytest.mark.parametrize("beginning", [b"", b"ARTIFACT:a:/out/"])
def test_memory_stays_bounded_in_an_endless_line(beginning):
    scanner = ArtifactScanner()
    scanner.feed(beginning)
    for _ in range(100):
        scanner.feed(b"x" * 10_000)
        assert len(scanner._line_start) < 10_000
    scanner.feed(b"\nARTIFACT:b:/out/2\n")

    assert scanner.found == [("b", "/out/2")]


def test_memory_stays_bounded_with_endless_announcements(monkeypatch):
    monkeypatch.setattr(artifacts, "MAX_ARTIFACTS", 3)

    assert len(scan(b"ARTIFACT:a:/out/1\n" * 10)) == 4


lines = st.lists(
    st.one_of(
        st.sampled_from([b"ARTIFACT:a:/1", b"ARTIFACT:b:/2\r", b"noise", b"", b"ARTIFACT"]),
        st.binary(max_size=12).map(lambda raw: b"ARTIFACT:a:/" + raw),
    )
)


@given(text=lines.map(b"\n".join), cuts=st.lists(st.integers(0, 200)))
def test_chunk_boundaries_do_not_matter(text, cuts):
    edges = [0, *sorted(cut for cut in cuts if cut <= len(text)), len(text)]
    chunks = [text[start:end] for start, end in pairwise(edges)]

    assert scan(*chunks) == scan(text)
    assert len(scan(text)) >= text.count(b"ARTIFACT:b:/2\r\n")
