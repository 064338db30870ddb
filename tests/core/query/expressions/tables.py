"""Tables of expressions: each row is an expression, a document, and the value expected, or the error."""

from __future__ import annotations

import math
from typing import Any

import pytest
from bson import Decimal128, Int64

from chalicelib.core.errors import CoreError, InvalidQuery, OperatorMisused
from chalicelib.core.query.expressions import parse_expression
from chalicelib.core.query.types import type_alias
from chalicelib.core.query.values import MISSING

MISUSED = OperatorMisused
REFUSED = InvalidQuery

Row = tuple[Any, dict[str, Any], Any]


def evaluate(expression: Any, document: dict[str, Any] | None = None) -> Any:
    return parse_expression(expression).evaluate(document or {})


def check(expression: Any, document: dict[str, Any], expected: Any) -> None:
    """Evaluates a row; an expected error class must be raised just so, when parsing or evaluating."""
    if isinstance(expected, type) and issubclass(expected, CoreError):
        with pytest.raises(expected) as caught:
            evaluate(expression, document)
        assert type(caught.value) is expected, caught.value
        return
    actual = evaluate(expression, document)
    assert same(actual, expected), f"{actual!r} is not {expected!r}"


def same(left: Any, right: Any) -> bool:
    """Whether two values are equal and of the same BSON types, all the way down; NaN is NaN."""
    if left is MISSING or right is MISSING:
        return left is right
    if type_alias(left) != type_alias(right):
        return False
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) and math.isnan(left):
        return math.isnan(right)
    return bool(left == right)


def long(value: int) -> Int64:
    return Int64(value)


def dec(text: str) -> Decimal128:
    return Decimal128(text)


def ids(rows: list[Row]) -> list[str]:
    """Names for rows: pytest would number them."""
    return [f"{row[0]!r} of {row[1]!r}"[:120] for row in rows]
