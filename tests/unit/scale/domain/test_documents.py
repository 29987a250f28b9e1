import json

import pytest
from hypothesis import given
from pydantic import Field

from scale.domain.documents import (
    BIGINT_MAX,
    BIGINT_MIN,
    MAX_DEPTH,
    ClosedDocument,
    Id,
    Name,
    OpenDocument,
    parse_document,
    refuse_unstorable,
    salvage,
)
from scale.errors import InvalidInput
from tests.unit.scale.domain.strategies import json_values, read_or_faults


class Part(ClosedDocument):
    name: Name
    file_id: Id = 1


class Whole(ClosedDocument):
    flag: bool = False
    number: float = 0.0
    parts: list[Part] = []


class Loose(OpenDocument):
    flag: bool = False
    part: Part | None = None


def faults_of(model, raw):
    with pytest.raises(InvalidInput) as caught:
        parse_document(model, raw, "doc")
    return caught.value.faults


def nested(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


def test_parse_document_tells_every_fault_at_its_path():
    raw = {"flag": 1, "extra": 1, "parts": [{"name": "a"}, {"file_id": "12"}, 3]}

    assert faults_of(Whole, raw) == [
        "doc.flag: expected true or false",
        "doc.parts[1].name: required",
        "doc.parts[1].file_id: expected an integer",
        "doc.parts[2]: expected an object",
        "doc.extra: unknown key",
    ]


def test_fault_without_a_text_of_our_own_is_told_at_its_path_too():
    class Positive(ClosedDocument):
        share: float = Field(gt=0)

    (fault,) = faults_of(Positive, {"share": 0})

    assert fault.startswith("doc.share: ")
    assert "0" in fault


@pytest.mark.parametrize("file_id", [True, "12", 1.0, 1.5, None, [1]])
def test_id_takes_integers_only(file_id):
    assert faults_of(Part, {"name": "a", "file_id": file_id}) == [
        "doc.file_id: expected an integer"
    ]


@pytest.mark.parametrize("file_id", [BIGINT_MIN - 1, BIGINT_MAX + 1, 10**40])
def test_id_beyond_bigint_is_refused(file_id):
    (fault,) = faults_of(Part, {"name": "a", "file_id": file_id})

    assert fault.startswith("doc.file_id: expected at ")


@pytest.mark.parametrize("file_id", [BIGINT_MIN, -1, 0, BIGINT_MAX])
def test_id_takes_all_of_bigint(file_id):
    assert parse_document(Part, {"name": "a", "file_id": file_id}, "doc").file_id == file_id


@pytest.mark.parametrize("name", ["a", "A-b_c 9", " ", "x" * 255])
def test_name_takes_letters_digits_spaces_hyphens_and_underscores(name):
    assert parse_document(Part, {"name": name}, "doc").name == name


@pytest.mark.parametrize("name", ["", "x" * 256, "a\n", "a.b", "é", "\u0661", "${x}"])
def test_name_refuses_other_characters_and_lengths(name):
    assert faults_of(Part, {"name": name}) == [
        "doc.name: expected 1 to 255 letters, digits, spaces, '-' or '_'"
    ]


@pytest.mark.parametrize("raw", [None, [], "x", 1, True])
def test_parse_document_refuses_what_is_no_object(raw):
    assert faults_of(Whole, raw) == ["doc: expected an object"]


def test_open_document_keeps_unknown_keys():
    assert parse_document(Loose, {"other": None}, "doc").stored() == {
        "flag": False,
        "part": None,
        "other": None,
    }


def test_closed_document_stores_defaults():
    assert parse_document(Whole, {"parts": [{"name": "a"}]}, "doc").stored() == {
        "flag": False,
        "number": 0.0,
        "parts": [{"name": "a", "file_id": 1}],
    }


@pytest.mark.parametrize("text", ["\0", "a\0b", "\ud800", "é\0"])
@pytest.mark.parametrize("wrap", [lambda t: t, lambda t: [t], lambda t: {"k": [t]}])
def test_unstorable_text_is_refused_wherever_it_is(text, wrap):
    (fault,) = faults_of(Loose, {"other": wrap(text)})

    assert fault.startswith("doc.other")
    assert fault.endswith("expected text without \\u0000 and lone surrogates")


@pytest.mark.parametrize("key", ["\0", "\ud800", "a\udfff"])
def test_unstorable_key_is_refused_in_an_answer_that_can_be_sent(key):
    (fault,) = faults_of(Loose, {key: 1})

    assert "expected a key without" in fault
    assert json.dumps(fault, ensure_ascii=False).encode()


@pytest.mark.parametrize("number", [float("inf"), float("-inf"), float("nan")])
def test_number_that_is_not_finite_is_refused(number):
    assert faults_of(Loose, {"other": [0, number]}) == ["doc.other[1]: expected a finite number"]


def test_nesting_is_refused_from_the_limit_on():
    refuse_unstorable(nested(MAX_DEPTH), "doc")

    with pytest.raises(InvalidInput, match="levels of nesting"):
        refuse_unstorable(nested(MAX_DEPTH + 1), "doc")


def test_long_unknown_key_is_shortened_in_the_fault():
    (fault,) = faults_of(Whole, {"k" * 10_000: 1})

    assert len(fault) < 200


def test_salvage_takes_defaults_for_faulty_fields_only():
    faults = []

    document = salvage(Loose, {"flag": True, "part": 3, "other": 1}, "doc", faults)

    assert document.stored() == {"flag": True, "part": None, "other": 1}
    assert faults == ["doc.part: expected an object"]


@given(json_values)
def test_any_json_is_read_or_refused_as_invalid_input(raw):
    for model in (Whole, Loose):
        document, faults = read_or_faults(parse_document, model, raw, "doc")

        assert (document is None) == bool(faults)
        assert all(fault.startswith("doc") for fault in faults)
        assert "pydantic" not in "".join(faults)
        assert json.dumps(faults, ensure_ascii=False).encode()
        if document is not None:
            assert json.dumps(document.stored(), allow_nan=False)
