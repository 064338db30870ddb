"""$inc, $mul, $bit and the types of their results."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Decimal128, Int64

from tests.core.query.update.updating import check, updated

MAX32, MAX64 = 2**31 - 1, 2**63 - 1
DECIMAL = Decimal128


@pytest.mark.parametrize(
    ("current", "amount", "expected"),
    [
        (1, 2, 3),
        (1, -2, -1),
        (1, 0, 1),
        (1, 1.5, 2.5),
        (1.5, 1, 2.5),
        (1.0, 1.0, 2.0),
        (0.1, 0.2, 0.1 + 0.2),
        (1, Int64(2), Int64(3)),
        (Int64(1), 2, Int64(3)),
        (Int64(1), 2.5, 3.5),
        (MAX32, 1, Int64(MAX32 + 1)),
        (-MAX32 - 1, -1, Int64(-MAX32 - 2)),
        (Int64(MAX32 + 1), -1, Int64(MAX32)),
        (-5, MAX32 + 1, Int64(MAX32 - 4)),
        (Int64(MAX64), 0, Int64(MAX64)),
        (Int64(MAX64), 1, None),
        (Int64(-MAX64 - 1), -1, None),
        (Int64(MAX64), 1.0, float(MAX64)),
        (1e308, 1e308, math.inf),
        (1, DECIMAL("0.1"), DECIMAL("1.1")),
        (DECIMAL("1.10"), 1, DECIMAL("2.10")),
        (DECIMAL("1"), DECIMAL("2.5"), DECIMAL("3.5")),
        (DECIMAL("1"), 0.1, DECIMAL("1.100000000000000")),
        (DECIMAL("1"), 0.0, DECIMAL("1")),
        (DECIMAL("0.1"), Int64(MAX64), DECIMAL("9223372036854775807.1")),
        (DECIMAL("NaN"), 1, DECIMAL("NaN")),
        (DECIMAL("Infinity"), 1, DECIMAL("Infinity")),
        (True, 1, None),
        ("1", 1, None),
        (None, 1, None),
        ([1], 1, None),
        ({"b": 1}, 1, None),
        (datetime(2026, 1, 1, tzinfo=UTC), 1, None),
    ],
)
def test_inc_adds_in_the_wider_type(current: Any, amount: Any, expected: Any) -> None:
    check({"a": current}, {"$inc": {"a": amount}}, None if expected is None else {"a": expected})


@pytest.mark.parametrize(
    ("current", "factor", "expected"),
    [
        (3, 4, 12),
        (3, 0, 0),
        (3, 1.5, 4.5),
        (3.0, 2, 6.0),
        (3, Int64(2), Int64(6)),
        (MAX32, 2, Int64(MAX32 * 2)),
        (Int64(MAX64), 2, None),
        (Int64(2**32), Int64(2**31), None),
        (Int64(-(2**32)), Int64(2**31), Int64(-(2**63))),
        (DECIMAL("1.5"), 2, DECIMAL("3.0")),
        (2, DECIMAL("1.5"), DECIMAL("3.0")),
        (2.5, DECIMAL("2"), DECIMAL("5.00000000000000")),
        (math.inf, 0, math.nan),
        ("3", 2, None),
        (False, 2, None),
        (None, 2, None),
    ],
)
def test_mul_multiplies_in_the_wider_type(current: Any, factor: Any, expected: Any) -> None:
    if isinstance(expected, float) and math.isnan(expected):
        assert math.isnan(updated({"a": current}, {"$mul": {"a": factor}})["a"])
        return
    check({"a": current}, {"$mul": {"a": factor}}, None if expected is None else {"a": expected})


@pytest.mark.parametrize("amount", [5, 0, 1.5, Int64(5), DECIMAL("2.50"), math.inf])
def test_inc_sets_what_is_missing_to_its_operand(amount: Any) -> None:
    check({}, {"$inc": {"a": amount}}, {"a": amount})
    check({"a": {}}, {"$inc": {"a.b.c": amount}}, {"a": {"b": {"c": amount}}})


@pytest.mark.parametrize(
    ("factor", "zero"), [(5, 0), (1.5, 0.0), (-1.5, -0.0), (Int64(5), Int64(0)), (DECIMAL("2.50"), DECIMAL("0.00"))]
)
def test_mul_sets_what_is_missing_to_zero_of_its_operand(factor: Any, zero: Any) -> None:
    check({}, {"$mul": {"a": factor}}, {"a": zero})
    check({"a": []}, {"$mul": {"a.1": factor}}, {"a": [None, zero]})


@pytest.mark.parametrize("operator", ["$inc", "$mul"])
@pytest.mark.parametrize("operand", [True, False, "1", None, [], {}, MAX64 + 1, -MAX64 - 2])
def test_arithmetic_refuses_operands_that_are_no_numbers(operator: str, operand: Any) -> None:
    check({"a": 1}, {operator: {"a": operand}}, None)


@pytest.mark.parametrize("operator", ["$inc", "$mul"])
def test_arithmetic_refuses_paths_through_scalars(operator: str) -> None:
    check({"a": 1}, {operator: {"a.b": 1}}, None)
    check({"a": [1]}, {operator: {"a.b": 1}}, None)


@pytest.mark.parametrize(
    ("current", "masks", "expected"),
    [
        (13, {"and": 10}, 8),
        (3, {"or": 5}, 7),
        (1, {"xor": 5}, 4),
        (-1, {"and": 255}, 255),
        (5, {"and": -2}, 4),
        (13, {"and": 10, "or": 1, "xor": 15}, 6),
        (13, {"or": 1, "and": 10}, 8),
        (1, {"or": Int64(2)}, Int64(3)),
        (Int64(1), {"or": 2}, Int64(3)),
        (1, {"or": 2**40}, Int64(2**40 + 1)),
        (1.0, {"or": 1}, None),
        (DECIMAL("1"), {"or": 1}, None),
        (True, {"or": 1}, None),
        ("1", {"or": 1}, None),
        (None, {"or": 1}, None),
    ],
)
def test_bit_combines_integers(current: Any, masks: dict[str, Any], expected: Any) -> None:
    check({"a": current}, {"$bit": {"a": masks}}, None if expected is None else {"a": expected})


@pytest.mark.parametrize(
    ("masks", "expected"), [({"or": 5}, 5), ({"and": 5}, 0), ({"xor": 5}, 5), ({"or": Int64(5)}, Int64(5))]
)
def test_bit_takes_what_is_missing_for_zero(masks: dict[str, Any], expected: Any) -> None:
    check({}, {"$bit": {"a.b": masks}}, {"a": {"b": expected}})


@pytest.mark.parametrize(
    "masks",
    [{}, 5, None, [], {"not": 1}, {"or": 1.0}, {"or": True}, {"or": "1"}, {"or": MAX64 + 1}, {"or": None}, {1: 1}],
)
def test_bit_refuses_other_operands(masks: Any) -> None:
    check({"a": 1}, {"$bit": {"a": masks}}, None)
