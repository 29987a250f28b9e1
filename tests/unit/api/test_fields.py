"""Fields without a database."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework import serializers

from api.fields import (
    MAX_ID,
    UNKNOWN_ID,
    Boolean,
    Id,
    Integer,
    JsonObject,
    Number,
    Order,
    Text,
    Time,
    integers,
    texts,
)

INT32 = (-(2**31), 2**31 - 1)


def refused(field: serializers.Field[Any, Any, Any, Any], value: object) -> str:
    with pytest.raises(serializers.ValidationError) as caught:
        field.run_validation(value)
    return str(caught.value.detail)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@given(st.integers(*INT32))
def test_integer_takes_numbers_and_texts_of_digits(value: int) -> None:
    assert Integer().run_validation(value) == value
    assert Integer().run_validation(str(value)) == value
    assert Integer().run_validation(f"{value:+d}") == value
    assert Integer().run_validation(f"{value:+060d}") == value


@pytest.mark.parametrize(
    "value", [True, False, 1.0, 1.5, "", " 1", "1.0", "0x1", "1_0", "٣", [], {}]
)
def test_integer_refuses_other_kinds(value: object) -> None:
    assert "expected an integer" in refused(Integer(), value)


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, "9" * 5000, 10**40])
def test_integer_refuses_what_the_column_cannot_hold(value: object) -> None:
    assert "expected an integer from" in refused(Integer(), value)


@given(st.integers(1, MAX_ID))
def test_id_takes_every_id_that_can_exist(value: int) -> None:
    assert Id().run_validation(value) == Id().run_validation(str(value)) == value


@given(st.integers(max_value=0) | st.integers(min_value=MAX_ID + 1))
def test_id_that_cannot_exist_is_unknown(value: int) -> None:
    assert Id().run_validation(value) == UNKNOWN_ID
    assert Id().run_validation(str(value)) == UNKNOWN_ID


@pytest.mark.parametrize("text", ["true", "True", "TRUE", "t", "T", "1"])
def test_boolean_true_in_any_case(text: str) -> None:
    assert Boolean().run_validation(text) is True
    assert Boolean().run_validation(True) is True


@pytest.mark.parametrize("text", ["false", "False", "FALSE", "f", "F", "0"])
def test_boolean_false_in_any_case(text: str) -> None:
    assert Boolean().run_validation(text) is False
    assert Boolean().run_validation(False) is False


@pytest.mark.parametrize("value", ["yes", "", "on", "tru", 2, 1.0, [], {}, ["true"]])
def test_boolean_refuses_other_values(value: object) -> None:
    assert "expected true or false" in refused(Boolean(), value)


@given(st.floats(min_value=0, max_value=1e15))
def test_number_takes_numbers_and_numeric_texts(value: float) -> None:
    assert Number().run_validation(value) == value
    assert Number().run_validation(str(value)) == value


@pytest.mark.parametrize(
    "value",
    ["nan", "Infinity", "-inf", "1e999", "", "1_0", "one", True, None, [], float("nan"), 10**400],
)
def test_number_refuses_what_is_no_finite_number(value: object) -> None:
    assert "expected a" in refused(Number(), value)


def test_number_refuses_negative_quantity() -> None:
    assert "expected a number" in refused(Number(), -0.5)


@pytest.mark.parametrize("value", [1, 1.5, True, [], {}])
def test_text_refuses_other_kinds(value: object) -> None:
    assert "expected a string" in refused(Text(), value)


@pytest.mark.parametrize("value", ["\x00", "a\x00b", "\ud800", "x\udfff"])
def test_text_refuses_what_the_database_cannot_hold(value: str) -> None:
    assert "expected a string without" in refused(Text(), value)


def test_text_longer_than_the_column_is_refused() -> None:
    assert "expected at most 3 characters" in refused(Text(max_length=3), "abcd")


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_text_is_taken_as_it_is(value: str) -> None:
    assert Text().run_validation(value) == value


def test_text_outside_its_choices_names_them() -> None:
    assert "expected one of A, B" in refused(Text(choices=["A", "B"]), "C")


@given(JSON)
def test_object_is_only_an_object(value: object) -> None:
    if isinstance(value, dict):
        assert JsonObject().run_validation(value) is value
    else:
        assert "expected a" in refused(JsonObject(), value)


@given(JSON)
def test_no_value_breaks_a_field(value: object) -> None:
    for field in (Integer(), Id(), Boolean(), Number(), Text(), Time(), integers(), texts()):
        try:
            field.run_validation(value)
        except (serializers.ValidationError, serializers.SkipField):
            continue


def test_duration_is_that_long_ago() -> None:
    before = datetime.now(UTC) - timedelta(hours=3, seconds=1)

    assert before < Time().run_validation("PT3H") < before + timedelta(seconds=2)


@pytest.mark.parametrize("value", [1, 1.5, True, [], {}, "2015-01-01T00:00:00", "yesterday", ""])
def test_time_refuses_other_forms(value: object) -> None:
    assert "expected a" in refused(Time(), value)


@pytest.mark.parametrize("value", [1, "1", {}, True])
def test_several_refuses_a_scalar(value: object) -> None:
    assert "expected an array" in refused(integers(), value)


def test_several_names_the_faulty_entry() -> None:
    assert "1" in refused(integers(), [1, "x", 3])


def test_order_breaks_ties_by_id() -> None:
    field = Order(["a", "b__c"], default=["a"])

    assert field.run_validation(["-b__c", "a"]) == ["-b__c", "a", "id"]
    assert field.run_validation() == ["a", "id"]


@pytest.mark.parametrize("value", ["", "-", "?", "--a", "b", "b__d", "a__id", "pk"])
def test_order_refuses_unknown_field(value: str) -> None:
    assert "expected one of" in refused(Order(["a", "b__c"], default=["a"]), [value])
