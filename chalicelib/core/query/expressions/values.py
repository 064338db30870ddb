"""How aggregation sees values: null or missing, true or false, and an order in which missing has its own place."""

from __future__ import annotations

from typing import Any

from bson import Decimal128

from chalicelib.core.query.values import MISSING, sort_key


def is_nullish(value: Any) -> bool:
    """Whether the value is null or missing."""
    return value is None or value is MISSING


def truthy(value: Any) -> bool:
    """Whether aggregation takes the value for true: all but false, zero, null and missing."""
    if value is None or value is MISSING or value is False:
        return False
    if isinstance(value, Decimal128):
        return bool(value.to_decimal())
    if isinstance(value, int | float):
        return value != 0
    return True


_MISSING_KEY = (0, 1)
"""Between MinKey, whose key is (0,), and null, whose key begins with 1."""


def order_key(value: Any) -> tuple[Any, ...]:
    """`sort_key`, but missing comes before null, as aggregation compares."""
    return _MISSING_KEY if value is MISSING else sort_key(value)
