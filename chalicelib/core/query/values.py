"""BSON values: their ranges, one total order over all types, and the brackets that queries compare within.

Spec: mongodb, "Comparison/Sort Order". Documents are plain dictionaries; dates are aware UTC datetimes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from bson import Binary, Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

Document = dict[str, Any]
"""One stored document: field names to BSON values."""


class Missing:
    """The value of a field that is not there: unlike null in $exists, $group ids and projections."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "MISSING"

    def __bool__(self) -> bool:
        return False


MISSING: Final = Missing()

# The whole numbers that BSON's int and long hold, both ends included.
MIN_INT32: Final = -(2**31)
MAX_INT32: Final = 2**31 - 1
MIN_INT64: Final = -(2**63)
MAX_INT64: Final = 2**63 - 1

# Places in the order of types.
MIN_KEY, NULL, NUMBER, STRING, OBJECT, ARRAY, BINARY, OBJECT_ID, BOOLEAN, DATE, TIMESTAMP, REGEX, CODE, MAX_KEY = range(
    14
)

SortKey = tuple[Any, ...]
"""What `sort_key` makes: the place of the type first, then what orders values of that type."""

EMPTY_ARRAY_KEY: Final[SortKey] = (NULL, -1)
"""Where an empty array sorts: before null, after MinKey. Spec: mongodb, "Comparison/Sort Order"."""

_REGEX_LETTERS = ((re.IGNORECASE, "i"), (re.MULTILINE, "m"), (re.DOTALL, "s"), (re.VERBOSE, "x"))

_NAN_KEY: SortKey = (NUMBER, 0, 0)


def regex_options(value: Regex[Any] | re.Pattern[Any]) -> str:
    """The options of a BSON regular expression or Python pattern as letters, in order: a part of `imsx`."""
    return "".join(letter for flag, letter in _REGEX_LETTERS if value.flags & flag)


def _number_key(value: Any) -> SortKey:
    # NaN sorts before every other number, and is the only value that is not itself.
    return (NUMBER, 1, value) if value == value else _NAN_KEY


def _decimal_key(value: Decimal128) -> SortKey:
    decimal = value.to_decimal()
    return _NAN_KEY if decimal.is_nan() else (NUMBER, 1, decimal)


def _object_key(value: Mapping[str, Any]) -> SortKey:
    # Field by field: the type first, then the name, then the value; a prefix comes first.
    fields: list[Any] = []
    for name, item in value.items():
        key = sort_key(item)
        fields.append((key[0], name, key))
    return (OBJECT, tuple(fields))


def _date_key(value: datetime) -> SortKey:
    return (DATE, value if value.tzinfo is not None else value.replace(tzinfo=UTC))


def _code_key(value: Code) -> SortKey:
    return (CODE, str(value)) if value.scope is None else (CODE, str(value), _object_key(value.scope))


_TYPES: dict[type, tuple[int, Callable[[Any], SortKey]]] = {
    MinKey: (MIN_KEY, lambda value: (MIN_KEY,)),
    type(None): (NULL, lambda value: (NULL, 0)),
    Missing: (NULL, lambda value: (NULL, 0)),
    int: (NUMBER, lambda value: (NUMBER, 1, value)),
    Int64: (NUMBER, lambda value: (NUMBER, 1, value)),
    float: (NUMBER, _number_key),
    Decimal128: (NUMBER, _decimal_key),
    str: (STRING, lambda value: (STRING, value)),
    dict: (OBJECT, _object_key),
    DBRef: (OBJECT, lambda value: _object_key(value.as_doc())),
    list: (ARRAY, lambda value: (ARRAY, tuple([sort_key(item) for item in value]))),
    tuple: (ARRAY, lambda value: (ARRAY, tuple([sort_key(item) for item in value]))),
    bytes: (BINARY, lambda value: (BINARY, len(value), 0, value)),
    Binary: (BINARY, lambda value: (BINARY, len(value), value.subtype, bytes(value))),
    ObjectId: (OBJECT_ID, lambda value: (OBJECT_ID, value.binary)),
    bool: (BOOLEAN, lambda value: (BOOLEAN, value)),
    datetime: (DATE, _date_key),
    Timestamp: (TIMESTAMP, lambda value: (TIMESTAMP, value.time, value.inc)),
    Regex: (REGEX, lambda value: (REGEX, value.pattern, regex_options(value))),
    re.Pattern: (REGEX, lambda value: (REGEX, value.pattern, regex_options(value))),
    Code: (CODE, _code_key),
    MaxKey: (MAX_KEY, lambda value: (MAX_KEY,)),
}


def _type_entry(value: Any) -> tuple[int, Callable[[Any], SortKey]]:
    for cls in type(value).__mro__:
        if cls in _TYPES:
            return _TYPES[cls]
    if isinstance(value, Mapping):
        return _TYPES[dict]
    raise TypeError(f"not a BSON value: {type(value).__name__}")


def type_order(value: Any) -> int:
    """The place of the value's type in the order of all types; equal for types that compare with each other.

    Raises: TypeError for a value that BSON does not know.
    """
    return (_TYPES.get(type(value)) or _type_entry(value))[0]


def sort_key(value: Any) -> SortKey:
    """A key that Python orders just as MongoDB orders the values; equal keys are equal values, and hash alike.

    1, 1.0 and Decimal128("1") have one key, true has another; null and MISSING have one.
    """
    return (_TYPES.get(type(value)) or _type_entry(value))[1](value)


def compare(left: Any, right: Any) -> int:
    """-1, 0 or 1: the order of two values over all types."""
    left_key, right_key = sort_key(left), sort_key(right)
    return (left_key > right_key) - (left_key < right_key)


def equal(left: Any, right: Any) -> bool:
    """Whether two values are the same to a query: 1 is 1.0, true is not 1, field order counts in objects."""
    return sort_key(left) == sort_key(right)


def is_unicode(text: str) -> bool:
    """Whether BSON can hold the text: without lone surrogates."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def is_number(value: Any) -> bool:
    """Whether arithmetic takes the value; true and false are not numbers."""
    return type_order(value) == NUMBER


def as_python_number(value: Any) -> int | float | Decimal:
    """A BSON number as Python computes with it: int, float, or Decimal for Decimal128."""
    number: int | float | Decimal = value.to_decimal() if isinstance(value, Decimal128) else value
    return number
