from __future__ import annotations

from typing import Any

from bson import Decimal128
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.query.values import MISSING, compare
from chalicelib.engines.embedded.key_encoding import encode, invert
from tests.engines.embedded import bson_values


def order_of(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)


@given(bson_values.values, bson_values.values)
def test_bytes_compare_as_the_values_do(left: Any, right: Any) -> None:
    assert order_of(encode(left), encode(right)) == compare(left, right)


@given(bson_values.numbers, bson_values.numbers)
def test_numbers_of_all_kinds_compare_exactly(left: Any, right: Any) -> None:
    assert order_of(encode(left), encode(right)) == compare(left, right)


@given(st.integers(-(2**63), 2**63 - 1), st.integers(-2, 2))
def test_neighbouring_integers_differ(number: int, step: int) -> None:
    assert order_of(encode(number), encode(number + step)) == -order_of(step, 0)


@given(st.tuples(bson_values.values, bson_values.values), st.tuples(bson_values.values, bson_values.values))
def test_concatenated_keys_compare_by_the_first_then_the_second_descending(
    left: tuple[Any, Any], right: tuple[Any, Any]
) -> None:
    left_key = encode(left[0]) + invert(encode(left[1]))
    right_key = encode(right[0]) + invert(encode(right[1]))

    assert order_of(left_key, right_key) == (compare(left[0], right[0]) or -compare(left[1], right[1]))


def test_numbers_that_are_equal_have_one_key() -> None:
    assert encode(1) == encode(1.0) == encode(Decimal128("1.00"))
    assert encode(0) == encode(-0.0) == encode(Decimal128("-0E+10"))
    assert encode(0.1) != encode(Decimal128("0.1"))


def test_missing_has_the_key_of_null() -> None:
    assert encode(MISSING) == encode(None)


def test_first_bytes_leave_room_for_bounds() -> None:
    samples: list[Any] = [None, 1, "a", {}, [], b"", True, Decimal128("NaN")]

    assert all(0x01 < encode(sample)[0] < 0xFE for sample in samples)
