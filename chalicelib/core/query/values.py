"""How BSON values compare: one total order over all types, and the brackets that queries compare within.

Spec: mongodb, "Comparison/Sort Order". Documents are plain dictionaries; dates are aware UTC datetimes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from bson import Binary, Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

Document = dict[str, Any]
"""One stored document: field names to BSON values."""


class Missing:
    """The value of a field that is not there: unlike null in $exists, $group ids and projections."""

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing()

# Places in the order of types.
MIN_KEY, NULL, NUMBER, STRING, OBJECT, ARRAY, BINARY, OBJECT_ID, BOOLEAN, DATE, TIMESTAMP, REGEX, CODE, MAX_KEY = range(
    14
)

_ORDER_OF_CLASS: dict[type, int] = {
    MinKey: MIN_KEY,
    type(None): NULL,
    Missing: NULL,
    int: NUMBER,
    Int64: NUMBER,
    float: NUMBER,
    Decimal128: NUMBER,
    str: STRING,
    dict: OBJECT,
    DBRef: OBJECT,
    list: ARRAY,
    tuple: ARRAY,
    bytes: BINARY,
    Binary: BINARY,
    ObjectId: OBJECT_ID,
    bool: BOOLEAN,
    datetime: DATE,
    Timestamp: TIMESTAMP,
    Regex: REGEX,
    re.Pattern: REGEX,
    Code: CODE,
    MaxKey: MAX_KEY,
}


def type_order(value: Any) -> int:
    """The place of the value's type in the order of all types; equal for types that compare with each other.

    Raises: TypeError for a value that BSON does not know.
    """
    order = _ORDER_OF_CLASS.get(type(value))
    if order is not None:
        return order
    for cls, place in _ORDER_OF_CLASS.items():
        if isinstance(value, cls):
            return place
    if isinstance(value, Mapping):
        return OBJECT
    raise TypeError(f"not a BSON value: {type(value).__name__}")


def sort_key(value: Any) -> tuple[Any, ...]:
    """A key that Python orders just as MongoDB orders the values; equal keys are equal values.

    1, 1.0 and Decimal128("1") have one key, true has another; null and MISSING have one.
    """
    order = type_order(value)
    if order == NUMBER:
        return (NUMBER, _number_key(value))
    if order == STRING or order == BOOLEAN or order == DATE or order == OBJECT_ID:
        return (order, value)
    return (order, _structured_key(order, value))


def _number_key(value: Any) -> tuple[int, Any]:
    if isinstance(value, Decimal128):
        decimal = value.to_decimal()
        return (0, 0) if decimal.is_nan() else (1, decimal)
    return (0, 0) if value != value else (1, value)


def _structured_key(order: int, value: Any) -> Any:
    if order == OBJECT:
        fields = value.as_doc() if isinstance(value, DBRef) else value
        return tuple((type_order(item), name, sort_key(item)) for name, item in fields.items())
    if order == ARRAY:
        return tuple(sort_key(item) for item in value)
    if order == BINARY:
        return (len(value), getattr(value, "subtype", 0), bytes(value))
    if order == TIMESTAMP:
        return (value.time, value.inc)
    if order == REGEX:
        return (value.pattern, value.flags)
    if order == CODE:
        return str(value)
    return 0


def compare(left: Any, right: Any) -> int:
    """-1, 0 or 1: the order of two values over all types."""
    left_key, right_key = sort_key(left), sort_key(right)
    return (left_key > right_key) - (left_key < right_key)


def equal(left: Any, right: Any) -> bool:
    """Whether two values are the same to a query: 1 is 1.0, true is not 1, field order counts in objects."""
    return sort_key(left) == sort_key(right)


def is_number(value: Any) -> bool:
    """Whether arithmetic takes the value; true and false are no numbers."""
    return type_order(value) == NUMBER


def as_python_number(value: Any) -> int | float | Decimal:
    """A BSON number as Python computes with it: int, float, or Decimal for Decimal128."""
    number: int | float | Decimal = value.to_decimal() if isinstance(value, Decimal128) else value
    return number
