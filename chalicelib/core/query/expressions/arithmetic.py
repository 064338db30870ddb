"""Arithmetic: what MongoDB computes from numbers and dates, and the type of the result.

Spec: mongodb, "Arithmetic Expression Operators".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from typing import Any

from bson import Int64

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.expressions.compiler import Builder
from chalicelib.core.query.expressions.moments import from_millis, millis
from chalicelib.core.query.expressions.numbers import (
    DECIMAL,
    DECIMAL_CONTEXT,
    DOUBLE,
    INT,
    LONG,
    as_decimal,
    as_double,
    decimal128,
    integer,
    number_type,
    require_number,
    widest,
)
from chalicelib.core.query.expressions.operands import binary, unary, variadic
from chalicelib.core.query.expressions.rounding import OPERATORS as ROUNDING
from chalicelib.core.query.expressions.values import is_nullish
from chalicelib.core.query.types import type_alias
from chalicelib.core.query.values import MAX_INT32, MAX_INT64, MIN_INT32, MIN_INT64

_EXACT_POWER_BITS = 64

_WIDE_CONTEXT = Context(prec=13_000, traps=[])
"""For remainders: the whole part of the quotient of two Decimal128 has fewer digits."""


def _add(name: str, values: list[Any]) -> Any:
    date: datetime | None = None
    kind, numbers = INT, []
    for value in values:
        value_type = number_type(value)
        if value_type:
            kind = max(kind, value_type)
            numbers.append(value)
        elif isinstance(value, datetime):
            if date is not None:
                raise OperatorMisused("$add takes only one date")
            date = value
        elif is_nullish(value):
            return None
        else:
            raise OperatorMisused(f"$add only supports numeric or date types, not {type_alias(value)}")
    total = total_of(numbers, kind)
    return total if date is None else _shifted(name, date, total)


def total_of(numbers: list[Any], kind: int) -> Any:
    """The sum of numbers, of the type `kind` or wider."""
    if kind == DECIMAL:
        decimal = Decimal(0)
        for number in numbers:
            decimal = DECIMAL_CONTEXT.add(decimal, as_decimal(number))
        return decimal128(decimal)
    if kind == DOUBLE:
        double = 0.0
        for number in numbers:
            double += as_double(number)
        return double
    return integer(sum(map(int, numbers)), kind)


def _shifted(name: str, date: datetime, amount: Any) -> datetime:
    milliseconds = as_double(amount) if number_type(amount) >= DOUBLE else amount
    if not math.isfinite(milliseconds):
        raise OperatorMisused(f"{name} leaves the range of dates")
    # Fractions are rounded, halves away from zero.
    return from_millis(name, millis(date) + int(math.copysign(math.floor(abs(milliseconds) + 0.5), milliseconds)))


def _subtract(name: str, left: Any, right: Any) -> Any:
    kind = widest(left, right)
    if kind == DECIMAL:
        return decimal128(DECIMAL_CONTEXT.subtract(as_decimal(left), as_decimal(right)))
    if kind == DOUBLE:
        return as_double(left) - as_double(right)
    if kind:
        return integer(int(left) - int(right), kind)
    if is_nullish(left) or is_nullish(right):
        return None
    if isinstance(left, datetime):
        if isinstance(right, datetime):
            return Int64(millis(left) - millis(right))
        if number_type(right):
            return _shifted(name, left, _subtract(name, 0, right))
    raise OperatorMisused(f"$subtract cannot take a {type_alias(right)} from a {type_alias(left)}")


def _multiply(name: str, values: list[Any]) -> Any:
    kind = INT
    for value in values:
        if is_nullish(value):
            return None
        kind = max(kind, require_number(name, value))
    if kind == DECIMAL:
        decimal = Decimal(1)
        for value in values:
            decimal = DECIMAL_CONTEXT.multiply(decimal, as_decimal(value))
        return decimal128(decimal)
    if kind == DOUBLE:
        return math.prod(map(as_double, values), start=1.0)
    product = 1
    for value in values:
        product *= int(value)
        if not MIN_INT64 <= product <= MAX_INT64:
            return math.prod(map(as_double, values), start=1.0)
    return integer(product, kind)


def _divide(name: str, left: Any, right: Any) -> Any:
    kind = widest(left, right)
    if not kind:
        return _null_or_refuse(name, left, right)
    _refuse_zero(name, right)
    if kind == DECIMAL:
        return decimal128(DECIMAL_CONTEXT.divide(as_decimal(left), as_decimal(right)))
    return as_double(left) / as_double(right)


def _mod(name: str, left: Any, right: Any) -> Any:
    kind = widest(left, right)
    if not kind:
        return _null_or_refuse(name, left, right)
    _refuse_zero(name, right)
    if kind == DECIMAL:
        return decimal128(_WIDE_CONTEXT.remainder(as_decimal(left), as_decimal(right)))
    if kind == DOUBLE and (number_type(left) == DOUBLE or not _is_int32(right)):
        dividend = as_double(left)
        return math.nan if math.isinf(dividend) else math.fmod(dividend, as_double(right))
    # A whole double that int32 holds counts as an int where the dividend is a whole number.
    remainder = abs(int(left)) % abs(int(right))
    return integer(-remainder if left < 0 else remainder, max(number_type(left), _integer_type(right)))


def _is_int32(value: float) -> bool:
    return MIN_INT32 <= value <= MAX_INT32 and value == int(value)


def _integer_type(value: Any) -> int:
    return INT if number_type(value) == DOUBLE else number_type(value)


def _null_or_refuse(name: str, left: Any, right: Any) -> None:
    if not is_nullish(left) and not is_nullish(right):
        raise OperatorMisused(f"{name} only supports numeric types, not {type_alias(left)} and {type_alias(right)}")


def _refuse_zero(name: str, divisor: Any) -> None:
    if as_decimal(divisor) == 0 if number_type(divisor) == DECIMAL else divisor == 0:
        raise OperatorMisused(f"can't {name} by zero")


def _abs(name: str, value: Any) -> Any:
    if is_nullish(value):
        return None
    kind = require_number(name, value)
    if kind == DECIMAL:
        return decimal128(value.to_decimal().copy_abs())
    if kind == DOUBLE:
        return abs(value)
    if value == MIN_INT64:
        raise OperatorMisused("can't take $abs of the smallest long")
    return integer(abs(int(value)), kind)


def _whole(to_whole: Callable[[float], int], rounding: str) -> Builder:
    def compute(name: str, value: Any) -> Any:
        if is_nullish(value):
            return None
        kind = require_number(name, value)
        if kind == DECIMAL:
            decimal = value.to_decimal()
            return decimal128(decimal.to_integral_value(rounding)) if decimal.is_finite() else value
        # Minus zero keeps its sign, and what is rounded to zero its own.
        return math.copysign(to_whole(value), value) if kind == DOUBLE and math.isfinite(value) else value

    return unary(compute)


def _logarithm_domain(name: str, value: Any, what: str) -> None:
    number = as_decimal(value) if number_type(value) == DECIMAL else value
    if number == number and number <= 0:  # NaN is not equal to itself, and passes
        raise OperatorMisused(f"{name}'s {what} must be a positive number, but is {value}")


def _exp(name: str, value: Any) -> Any:
    if is_nullish(value):
        return None
    if require_number(name, value) == DECIMAL:
        return decimal128(DECIMAL_CONTEXT.exp(value.to_decimal()))
    try:
        return math.exp(value)
    except OverflowError:
        return math.inf


def _logarithm(double: Callable[[float], float], decimal: Callable[[Decimal], Decimal]) -> Builder:
    def compute(name: str, value: Any) -> Any:
        if is_nullish(value):
            return None
        kind = require_number(name, value)
        _logarithm_domain(name, value, "argument")
        return decimal128(decimal(value.to_decimal())) if kind == DECIMAL else double(value)

    return unary(compute)


def _log(name: str, value: Any, base: Any) -> Any:
    kind = widest(value, base)
    if not kind:
        return _null_or_refuse(name, value, base)
    _logarithm_domain(name, value, "argument")
    _logarithm_domain(name, base, "base")
    if as_decimal(base) == 1:
        raise OperatorMisused("$log's base must not be 1")
    if kind == DECIMAL:
        value_log, base_log = DECIMAL_CONTEXT.ln(as_decimal(value)), DECIMAL_CONTEXT.ln(as_decimal(base))
        return decimal128(DECIMAL_CONTEXT.divide(value_log, base_log))
    return math.log(value) / math.log(base)


def _sqrt(name: str, value: Any) -> Any:
    if is_nullish(value):
        return None
    kind = require_number(name, value)
    number = as_decimal(value) if kind == DECIMAL else value
    if number == number and number < 0:
        raise OperatorMisused("$sqrt's argument must be greater than or equal to 0")
    return decimal128(DECIMAL_CONTEXT.sqrt(number)) if kind == DECIMAL else math.sqrt(number)


def _pow(name: str, base: Any, exponent: Any) -> Any:
    kind = widest(base, exponent)
    if not kind:
        return _null_or_refuse(name, base, exponent)
    if kind == DECIMAL:
        decimal_base, decimal_exponent = as_decimal(base), as_decimal(exponent)
        _refuse_infinite_power(decimal_base == 0 and decimal_exponent < 0)
        return decimal128(DECIMAL_CONTEXT.power(decimal_base, decimal_exponent))
    _refuse_infinite_power(base == 0 and exponent < 0)
    if kind == DOUBLE:
        return _double_power(as_double(base), as_double(exponent))
    exact = _exact_power(int(base), int(exponent))
    if exact is None:
        return _double_power(as_double(base), as_double(exponent))
    return integer(exact, LONG if kind == LONG or not MIN_INT32 <= exact <= MAX_INT32 else INT)


def _refuse_infinite_power(infinite: bool) -> None:
    if infinite:
        raise OperatorMisused("$pow cannot take a base of 0 and a negative exponent")


def _exact_power(base: int, exponent: int) -> int | None:
    """The power when int64 holds it; None when it is a fraction or too large."""
    if base in (0, 1):
        return 1 if exponent == 0 else base
    if base == -1:
        return -1 if exponent % 2 else 1
    if not 0 <= exponent < _EXACT_POWER_BITS:
        return None
    power = int(base**exponent)
    return power if MIN_INT64 <= power <= MAX_INT64 else None


def _double_power(base: float, exponent: float) -> float:
    try:
        return math.pow(base, exponent)
    except OverflowError:
        return -math.inf if base < 0 and exponent % 2 == 1 else math.inf
    except ValueError:
        return math.nan


OPERATORS: dict[str, Builder] = {
    "$abs": unary(_abs),
    "$add": variadic(0, None, _add),
    "$ceil": _whole(math.ceil, ROUND_CEILING),
    "$divide": binary(_divide),
    "$exp": unary(_exp),
    "$floor": _whole(math.floor, ROUND_FLOOR),
    "$ln": _logarithm(math.log, DECIMAL_CONTEXT.ln),
    "$log": binary(_log),
    "$log10": _logarithm(math.log10, DECIMAL_CONTEXT.log10),
    "$mod": binary(_mod),
    "$multiply": variadic(0, None, _multiply),
    "$pow": binary(_pow),
    "$sqrt": unary(_sqrt),
    "$subtract": binary(_subtract),
    **ROUNDING,
}
