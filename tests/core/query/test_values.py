import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from bson import Binary, Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.son import SON
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.query.values import (
    EMPTY_ARRAY_KEY,
    MISSING,
    as_python_number,
    compare,
    equal,
    is_number,
    regex_options,
    sort_key,
    type_order,
)

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

ASCENDING: list[Any] = [
    MinKey(),
    None,
    float("nan"),
    float("-inf"),
    -(2**63),
    -1.5,
    0,
    0.5,
    Decimal128("0.75"),
    1,
    Int64(2**53 + 1),
    float("inf"),
    "",
    "A",
    "Z",
    "a",
    "aa",
    "\u00e9",
    "\uffff",
    "\U0001f600",
    {},
    {"a": None},
    {"a": 1},
    {"a": 1, "b": 0},
    {"a": 2},
    {"b": 1},
    {"a": "x"},
    [],
    [None],
    [1],
    [1, 0],
    [2],
    ["a"],
    b"",
    b"a",
    b"b",
    Binary(b"b", 5),
    b"aa",
    ObjectId("000000000000000000000001"),
    ObjectId("0000000000000000000000ff"),
    False,
    True,
    datetime(1969, 1, 1, tzinfo=UTC),
    NOON,
    Timestamp(1, 1),
    Timestamp(1, 2),
    Timestamp(2, 0),
    Regex("a", ""),
    Regex("a", "i"),
    Regex("b", ""),
    Code("a"),
    Code("a", {"x": 1}),
    Code("b"),
    MaxKey(),
]
"""Values of every type, each before the next. Spec: mongodb, "Comparison/Sort Order"."""


@pytest.mark.parametrize(("smaller", "larger"), list(pairwise(ASCENDING)), ids=repr)
def test_values_follow_the_order_of_their_types_and_then_their_own(smaller: Any, larger: Any) -> None:
    assert compare(smaller, larger) == -1
    assert compare(larger, smaller) == 1
    assert compare(larger, larger) == 0


def test_all_types_sort_into_one_order() -> None:
    backwards = ASCENDING[::-1]

    assert [repr(value) for value in sorted(backwards, key=sort_key)] == [repr(value) for value in ASCENDING]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param(1, 1.0, id="an int and a double"),
        pytest.param(1, Int64(1), id="an int and a long"),
        pytest.param(1, Decimal128("1.00"), id="an int and a decimal"),
        pytest.param(0.0, -0.0, id="both zeros"),
        pytest.param(float("nan"), Decimal128("NaN"), id="both kinds of NaN"),
        pytest.param(float("inf"), Decimal128("Infinity"), id="both kinds of infinity"),
        pytest.param(None, MISSING, id="null and missing"),
        pytest.param([1, {"a": 2}], [1.0, {"a": Int64(2)}], id="numbers deep inside"),
        pytest.param((1, 2), [1, 2], id="a tuple and a list"),
        pytest.param(b"x", Binary(b"x", 0), id="bytes and generic binary"),
        pytest.param(NOON, NOON.astimezone(timezone(timedelta(hours=9))), id="one moment in two zones"),
        pytest.param(NOON, NOON.replace(tzinfo=None), id="a naive date is UTC"),
        pytest.param(Regex("a", "i"), re.compile("a", re.IGNORECASE), id="a BSON and a Python pattern"),
        pytest.param({"a": 1}, SON({"a": 1}), id="an object of another class"),
        pytest.param(DBRef("c", 1), {"$ref": "c", "$id": 1}, id="a reference is an object"),
    ],
)
def test_equal_values_have_one_key_and_one_hash(left: Any, right: Any) -> None:
    assert equal(left, right)
    assert sort_key(left) == sort_key(right)
    assert hash(sort_key(left)) == hash(sort_key(right))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param(1, True, id="one and true"),
        pytest.param(0, False, id="zero and false"),
        pytest.param(1, "1", id="a number and its digits"),
        pytest.param({"a": 1, "b": 2}, {"b": 2, "a": 1}, id="field order counts"),
        pytest.param([1, 2], [2, 1], id="element order counts"),
        pytest.param(b"x", Binary(b"x", 5), id="binary subtypes"),
        pytest.param(0.1, Decimal128("0.1"), id="a double is not the decimal it is written as"),
        pytest.param(2**53, 2.0**53 + 2, id="large numbers are compared exactly"),
        pytest.param("a", Code("a"), id="text and code"),
    ],
)
def test_different_values_differ(left: Any, right: Any) -> None:
    assert not equal(left, right)


def test_an_empty_array_sorts_between_min_key_and_null() -> None:
    assert sort_key(MinKey()) < EMPTY_ARRAY_KEY < sort_key(None)


def test_a_value_bson_does_not_know_is_a_type_error() -> None:
    with pytest.raises(TypeError, match="not a BSON value: object"):
        type_order(object())


def test_a_mapping_of_any_class_is_an_object() -> None:
    from types import MappingProxyType

    assert equal(MappingProxyType({"a": 1}), {"a": 1})


@pytest.mark.parametrize(
    ("value", "number"), [(1, 1), (1.5, 1.5), (Decimal128("2.5"), Decimal("2.5"))], ids=["int", "double", "decimal"]
)
def test_numbers_become_pythons_own(value: Any, number: Any) -> None:
    assert is_number(value)
    assert as_python_number(value) == number


@pytest.mark.parametrize("value", [True, None, "1", MISSING])
def test_true_null_and_text_are_no_numbers(value: Any) -> None:
    assert not is_number(value)


def test_missing_is_false_and_says_its_name() -> None:
    assert not MISSING
    assert repr(MISSING) == "MISSING"


def test_regex_options_are_letters_in_order() -> None:
    assert regex_options(re.compile("a", re.X | re.S | re.M | re.I)) == "imsx"
    assert regex_options(Regex("a", "u")) == ""


SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.floats(),
    st.text(max_size=4),
    st.binary(max_size=4),
    st.datetimes(timezones=st.just(UTC)),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=6,
)


@given(VALUES, VALUES, VALUES)
def test_the_order_of_values_is_total(a: Any, b: Any, c: Any) -> None:
    assert compare(a, b) == -compare(b, a)
    assert equal(a, a)
    low, middle, high = sorted((a, b, c), key=sort_key)
    assert compare(low, middle) <= 0
    assert compare(middle, high) <= 0
    assert compare(low, high) <= 0
