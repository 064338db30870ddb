"""$round and $trunc: to a decimal place, half to even or toward zero. Spec: mongodb, "$round", "$trunc"."""

from __future__ import annotations

import math
from decimal import ROUND_DOWN, ROUND_HALF_EVEN, Context, Decimal
from typing import Any

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.expressions.compiler import Builder
from chalicelib.core.query.expressions.numbers import (
    DECIMAL,
    DECIMAL_CONTEXT,
    DOUBLE,
    INT,
    LONG,
    decimal128,
    integer,
    require_integer,
    require_number,
)
from chalicelib.core.query.expressions.operands import variadic
from chalicelib.core.query.expressions.values import is_nullish
from chalicelib.core.query.values import MAX_INT32, MAX_INT64, MIN_INT32, MIN_INT64

MIN_PLACE, MAX_PLACE = -20, 100
"""Decimal places that $round and $trunc take, inclusive. Spec: mongodb, "$round"."""

_EXACT = Context(prec=800)
"""A double has at most 767 significant digits, so this many keep its exact value."""


def _rounded(rounding: str) -> Builder:
    def compute(name: str, values: list[Any]) -> Any:
        value, place = values[0], values[1] if len(values) > 1 else 0
        if is_nullish(value):
            return None
        kind = require_number(name, value)
        if is_nullish(place):
            return None
        whole_place = require_integer(name, "the place", place)
        if not MIN_PLACE <= whole_place <= MAX_PLACE:
            raise OperatorMisused(f"{name} takes a place from {MIN_PLACE} to {MAX_PLACE}, not {whole_place}")
        return _round_number(name, value, kind, whole_place, rounding)

    return variadic(1, 2, compute)


def _round_number(name: str, value: Any, kind: int, place: int, rounding: str) -> Any:
    if kind == DECIMAL:
        decimal = value.to_decimal()
        if not decimal.is_finite():
            return value
        # No more zeros after the point than there are digits to hold them.
        place = min(place, DECIMAL_CONTEXT.prec - 1 - decimal.adjusted())
        rounded = decimal.quantize(Decimal((0, (1,), -place)), rounding, _EXACT)
        return decimal128(DECIMAL_CONTEXT.create_decimal(rounded))
    if kind == DOUBLE:
        if not math.isfinite(value):
            return value
        return float(Decimal(value).quantize(Decimal((0, (1,), -place)), rounding, _EXACT))
    if place >= 0:
        return value
    whole = int(Decimal(value).quantize(Decimal((0, (1,), -place)), rounding, _EXACT))
    if not MIN_INT64 <= whole <= MAX_INT64:
        raise OperatorMisused(f"{name} of {value} does not fit a long")
    return integer(whole, INT if kind == INT and MIN_INT32 <= whole <= MAX_INT32 else LONG)


OPERATORS: dict[str, Builder] = {"$round": _rounded(ROUND_HALF_EVEN), "$trunc": _rounded(ROUND_DOWN)}
