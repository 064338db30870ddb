"""$eq, $in, $gt, $gte, $lt and $lte on one value: tests compiled for the type of the operand.

Spec: mongodb, "Comparison Query Operators" and "Comparison/Sort Order": a comparison looks only at values of the
operand's own bracket of types, null at missing fields too, and NaN equals NaN but is neither above nor below anything.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

from bson import Decimal128, Int64, MaxKey, MinKey, ObjectId

from chalicelib.core.query.paths import Test
from chalicelib.core.query.regex import Pattern
from chalicelib.core.query.values import (
    BINARY,
    BOOLEAN,
    DATE,
    MISSING,
    NULL,
    NUMBER,
    OBJECT_ID,
    STRING,
    TIMESTAMP,
    sort_key,
    type_order,
)

_PLAIN_NUMBERS = frozenset((int, float, Int64))

ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "$gt": operator.gt,
    "$gte": operator.ge,
    "$lt": operator.lt,
    "$lte": operator.le,
}


def is_nan(value: Any) -> bool:
    """Whether the value is the number NaN, binary or decimal."""
    if isinstance(value, Decimal128):
        return value.to_decimal().is_nan()
    return isinstance(value, float) and value != value


def equal_to(operand: Any) -> Test:
    """Whether a value equals the operand."""
    if operand is None:
        return _is_null
    kind = type(operand)
    if kind is str or kind is ObjectId:
        return lambda value: type(value) is kind and value == operand
    if kind in _PLAIN_NUMBERS and operand == operand:
        return _number_test(operator.eq, operand)
    if kind is bool:
        return lambda value: value is operand
    key = sort_key(operand)
    order = key[0]
    return lambda value: type_order(value) == order and sort_key(value) == key


def one_of(operands: Sequence[Any], patterns: Sequence[Pattern]) -> Test:
    """Whether a value equals one of the operands, or is text that one of the patterns finds."""
    if not patterns and all(type(item) is str for item in operands):
        texts = frozenset(operands)
        return lambda value: type(value) is str and value in texts
    keys = frozenset(sort_key(item) for item in operands)
    if not patterns:
        return lambda value: sort_key(value) in keys
    tests = [matching(pattern) for pattern in patterns]
    return lambda value: sort_key(value) in keys or any(test(value) for test in tests)


def matching(pattern: Pattern) -> Test:
    """Whether a value is text that the pattern finds, or is itself the same regular expression."""
    search, key = pattern.search, pattern.key
    return lambda value: search(value) if type(value) is str else type_order(value) == key[0] and sort_key(value) == key


def ordered(name: str, operand: Any) -> Test:
    """Whether a value is on the side of the operand that $gt, $gte, $lt or $lte names."""
    compare = ORDERINGS[name]
    if isinstance(operand, MinKey | MaxKey):
        return _beside_extreme(name, operand)
    order = type_order(operand)
    if order == NULL:
        return _is_null if name.endswith("e") else _never
    if is_nan(operand):
        return equal_to(operand) if name.endswith("e") else _never
    if type(operand) in _PLAIN_NUMBERS:
        return _number_test(compare, operand)
    if type(operand) is str:
        return lambda value: type(value) is str and compare(value, operand)
    key = sort_key(operand)
    return lambda value: type_order(value) == order and not is_nan(value) and compare(sort_key(value), key)


def _number_test(compare: Callable[[Any, Any], bool], operand: Any) -> Test:
    key = sort_key(operand)

    def test(value: Any) -> bool:
        if type(value) in _PLAIN_NUMBERS:
            return compare(value, operand)
        return type(value) is Decimal128 and not is_nan(value) and compare(sort_key(value), key)

    return test


def _beside_extreme(name: str, operand: MinKey | MaxKey) -> Test:
    # Everything is above MinKey and below MaxKey, whatever its type.
    upwards = name in ("$gt", "$gte")
    beside = upwards == isinstance(operand, MinKey)
    kind, itself = type(operand), name.endswith("e")
    return lambda value: itself if isinstance(value, kind) else beside


def _is_null(value: Any) -> bool:
    return value is None or value is MISSING


def _never(value: Any) -> bool:
    return False


_BOUND_TYPES = frozenset((NUMBER, STRING, BINARY, OBJECT_ID, BOOLEAN, DATE, TIMESTAMP))


def bounds_an_index(value: Any) -> bool:
    """Whether a condition may carry the value as a bound."""
    return type_order(value) in _BOUND_TYPES and not is_nan(value)
