"""Number types: int32, int64, double and Decimal128, and which of them a result has.

int32 is a plain int within 32 bits; int64 is bson's Int64 or a plain int beyond 32 bits.
"""

from __future__ import annotations

import math
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from bson import Decimal128, Int64
from bson.decimal128 import create_decimal128_context

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.types import type_alias
from chalicelib.core.query.values import MAX_INT32, MAX_INT64, MIN_INT32, MIN_INT64

NOT_A_NUMBER, INT, LONG, DOUBLE, DECIMAL = range(5)
"""Number types from the narrowest to the widest."""

DECIMAL_CONTEXT: Context = create_decimal128_context()
"""34 digits, half to even, nothing trapped."""


def number_type(value: Any) -> int:
    """The type of a number; NOT_A_NUMBER for all else, booleans too."""
    cls = type(value)
    if cls is int:
        return INT if MIN_INT32 <= value <= MAX_INT32 else LONG
    if cls is float:
        return DOUBLE
    if cls is Int64:
        return LONG
    if cls is Decimal128:
        return DECIMAL
    return NOT_A_NUMBER


def widest(left: Any, right: Any) -> int:
    """The type of a result computed from both; NOT_A_NUMBER when one of them is not a number."""
    left_type, right_type = number_type(left), number_type(right)
    return max(left_type, right_type) if left_type and right_type else NOT_A_NUMBER


def integer(value: int, of_type: int) -> int | float:
    """A whole result: of type LONG it stays int64, and what int64 cannot hold becomes a double."""
    if not MIN_INT64 <= value <= MAX_INT64:
        return as_double(value)
    return Int64(value) if of_type == LONG else value


def as_decimal(value: Any) -> Decimal:
    """Any number as a decimal; a double by its 15 leading digits, zeros too, as MongoDB converts it."""
    if isinstance(value, Decimal128):
        return value.to_decimal()
    if isinstance(value, float) and value and math.isfinite(value):
        return Decimal(f"{value:.14e}")
    return Decimal(value)


def decimal128(value: Decimal) -> Decimal128:
    """The stored form of a decimal, rounded to 34 digits."""
    return Decimal128(DECIMAL_CONTEXT.create_decimal(value))


def as_double(value: Any) -> float:
    """Any number as a double; a decimal that is too large becomes infinite."""
    return float(value.to_decimal() if isinstance(value, Decimal128) else value)


def require_number(name: str, value: Any) -> int:
    """The number's type. Raises: OperatorMisused when it is not a number."""
    kind = number_type(value)
    if kind == NOT_A_NUMBER:
        raise OperatorMisused(f"{name} only supports numeric types, not {type_alias(value)}")
    return kind


def require_integer(name: str, what: str, value: Any) -> int:
    """A whole number of any number type, as an int within int64. Raises: OperatorMisused."""
    whole = whole_number(value)
    if whole is None or not MIN_INT64 <= whole <= MAX_INT64:
        raise OperatorMisused(f"{name} requires a whole number for {what}, found {describe(value)}")
    return whole


def whole_number(value: Any) -> int | None:
    """A number without a fraction as an int; None for all else."""
    kind = number_type(value)
    if kind == DOUBLE:
        return int(value) if value.is_integer() else None
    if kind == DECIMAL:
        decimal = value.to_decimal()
        # The exponent bound keeps 1E+6000 from becoming an int of 6,000 digits.
        whole = (
            decimal.is_finite() and decimal.adjusted() < 40 and decimal == decimal.to_integral_value(ROUND_HALF_EVEN)
        )
        return int(decimal) if whole else None
    return int(value) if kind else None


def describe(value: Any) -> str:
    """A value for an error message: a number itself, all else by its type."""
    return str(value) if number_type(value) else type_alias(value)
