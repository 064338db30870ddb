"""BSON types by number and alias: what $type takes and what the type of a value is called.

Spec: mongodb, "BSON Types".
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any

from bson import Binary, Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.paths import Test
from chalicelib.core.query.values import MAX_INT32, MIN_INT32, MISSING, as_python_number, is_number

TYPE_NUMBERS: dict[str, int] = {
    "double": 1,
    "string": 2,
    "object": 3,
    "array": 4,
    "binData": 5,
    "undefined": 6,
    "objectId": 7,
    "bool": 8,
    "date": 9,
    "null": 10,
    "regex": 11,
    "dbPointer": 12,
    "javascript": 13,
    "symbol": 14,
    "javascriptWithScope": 15,
    "int": 16,
    "timestamp": 17,
    "long": 18,
    "decimal": 19,
    "minKey": -1,
    "maxKey": 127,
}
"""The alias of every type and its number; `number` besides stands for double, int, long and decimal."""

_ALIASES = {number: alias for alias, number in TYPE_NUMBERS.items()}

_NUMERIC = frozenset(("double", "int", "long", "decimal"))

_ALIAS_OF_CLASS: dict[type, str] = {
    float: "double",
    str: "string",
    dict: "object",
    DBRef: "object",
    list: "array",
    tuple: "array",
    bytes: "binData",
    Binary: "binData",
    ObjectId: "objectId",
    bool: "bool",
    datetime: "date",
    type(None): "null",
    Regex: "regex",
    re.Pattern: "regex",
    Int64: "long",
    Timestamp: "timestamp",
    Decimal128: "decimal",
    MinKey: "minKey",
    MaxKey: "maxKey",
}


def type_alias(value: Any) -> str:
    """The alias of a value's type, as the aggregation operator $type answers it; `missing` for MISSING.

    A Python int is an `int` when 32 bits hold it, as when it is written to BSON.
    Raises: TypeError for a value that BSON does not know.
    """
    if value is MISSING:
        return "missing"
    if type(value) is int:
        return "int" if MIN_INT32 <= value <= MAX_INT32 else "long"
    if isinstance(value, Code):
        return "javascript" if value.scope is None else "javascriptWithScope"
    for cls in type(value).__mro__:
        if cls in _ALIAS_OF_CLASS:
            return _ALIAS_OF_CLASS[cls]
    raise TypeError(f"not a BSON value: {type(value).__name__}")


def parse_types(operand: Any) -> Test:
    """Whether a value has one of the types that the operand of $type names.

    Raises: OperatorMisused for an unknown type or an empty array.
    """
    named = operand if isinstance(operand, list | tuple) else [operand]
    if not named:
        raise OperatorMisused("$type needs at least one type")
    aliases = frozenset[str]().union(*(_aliases(item) for item in named))
    return lambda value: type_alias(value) in aliases


def _aliases(item: Any) -> frozenset[str]:
    if item == "number" and isinstance(item, str):
        return _NUMERIC
    if isinstance(item, str) and item in TYPE_NUMBERS:
        return frozenset((item,))
    if is_number(item) and as_python_number(item) in _ALIASES:
        return frozenset((_ALIASES[int(as_python_number(item))],))
    raise OperatorMisused(f"$type names an unknown type: {item}")
