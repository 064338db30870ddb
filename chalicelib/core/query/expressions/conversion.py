"""$convert and its short forms, $isNumber and $type. Spec: mongodb, "$convert (aggregation)"."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from bson import Decimal128, Int64, ObjectId

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.expressions.compiler import Builder, Compiler
from chalicelib.core.query.expressions.date_parse import BadDateText, parse_date
from chalicelib.core.query.expressions.moments import from_millis, millis, require_date
from chalicelib.core.query.expressions.numbers import (
    DECIMAL,
    DOUBLE,
    INT,
    as_decimal,
    as_double,
    decimal128,
    number_type,
    whole_number,
)
from chalicelib.core.query.expressions.operands import unary
from chalicelib.core.query.expressions.scope import Compiled, Constant, Scope
from chalicelib.core.query.expressions.text import value_text
from chalicelib.core.query.expressions.values import is_nullish, truthy
from chalicelib.core.query.types import TYPE_NUMBERS, type_alias
from chalicelib.core.query.values import MAX_INT32, MAX_INT64, MIN_INT32, MIN_INT64

_WHOLE_TEXT = re.compile(r"[+-]?[0-9]{1,40}")
_NUMBER_TEXT = re.compile(
    r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,6})?|[+-]?(?:inf|infinity|nan)", re.IGNORECASE
)
_OBJECT_ID_TEXT = re.compile(r"[0-9a-fA-F]{24}")

MAX_NUMBER_TEXT = 1_000
"""Characters of a text that is read as a number, inclusive: longer ones cost more than linear time."""


def _impossible(name: str, value: Any) -> OperatorMisused:
    return OperatorMisused(f"{name} cannot convert this {type_alias(value)}")


def _to_bool(name: str, value: Any) -> bool:
    return truthy(value)


def _to_whole(low: int, high: int, finish: Callable[[int], Any], *, from_date: bool) -> Callable[[str, Any], Any]:
    def convert(name: str, value: Any) -> Any:
        if isinstance(value, bool):
            return finish(int(value))
        if isinstance(value, datetime) and from_date:
            return finish(millis(value))
        if isinstance(value, str):
            if not _WHOLE_TEXT.fullmatch(value):
                raise OperatorMisused(f"{name} finds no whole number in a string")
            whole = int(value)
        elif number_type(value):
            whole = _truncated(name, value)
        else:
            raise _impossible(name, value)
        if not low <= whole <= high:
            raise OperatorMisused(f"{name} of a number that is too large")
        return finish(whole)

    return convert


def _truncated(name: str, value: Any) -> int:
    kind = number_type(value)
    if kind == DOUBLE and math.isfinite(value):
        return int(value)
    if kind == DECIMAL:
        decimal = value.to_decimal()
        if decimal.is_finite() and decimal.adjusted() < 40:
            return int(decimal)
    elif kind != DOUBLE:
        return int(value)
    raise OperatorMisused(f"{name} of a number that is too large, or none")


def _to_double(name: str, value: Any) -> float:
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, datetime):
        return float(millis(value))
    if isinstance(value, str):
        decimal = _number(name, value)
        _refuse_out_of_range(name, decimal, float(decimal))
        return float(decimal)
    if not number_type(value):
        raise _impossible(name, value)
    double = as_double(value)
    if number_type(value) == DECIMAL and math.isinf(double) and value.to_decimal().is_finite():
        raise OperatorMisused(f"{name} of a number that is too large")
    return double


def _to_decimal(name: str, value: Any) -> Decimal128:
    if isinstance(value, bool):
        return Decimal128(str(int(value)))
    if isinstance(value, datetime):
        return decimal128(Decimal(millis(value)))
    if isinstance(value, str):
        decimal = _number(name, value)
        _refuse_out_of_range(name, decimal, decimal128(decimal).to_decimal())
        return decimal128(decimal)
    if not number_type(value):
        raise _impossible(name, value)
    return decimal128(as_decimal(value))


def _number(name: str, text: str) -> Decimal:
    if len(text) > MAX_NUMBER_TEXT or not _NUMBER_TEXT.fullmatch(text):
        raise OperatorMisused(f"{name} finds no number in a string")
    return Decimal(text)


def _refuse_out_of_range(name: str, told: Decimal, stored: float | Decimal) -> None:
    """Raises: OperatorMisused when the number of a string became infinite, or zero, on its way to a type."""
    if told.is_finite() and (math.isinf(stored) or (not stored and told)):
        raise OperatorMisused(f"{name} of a number that is too large, or too near to zero")


def _to_date(name: str, value: Any) -> datetime:
    if isinstance(value, str):
        try:
            return parse_date(value, UTC, zone_given=False)
        except BadDateText as error:
            raise OperatorMisused(f"{name}: {error}") from error
    if number_type(value) > INT:
        return from_millis(name, _truncated(name, value))
    return require_date(name, value)


def _to_object_id(name: str, value: Any) -> ObjectId:
    if isinstance(value, ObjectId):
        return value
    if isinstance(value, str) and _OBJECT_ID_TEXT.fullmatch(value):
        return ObjectId(value)
    raise _impossible(name, value)


_CONVERSIONS: dict[str, Callable[[str, Any], Any]] = {
    "bool": _to_bool,
    "date": _to_date,
    "decimal": _to_decimal,
    "double": _to_double,
    "int": _to_whole(MIN_INT32, MAX_INT32, int, from_date=False),
    "long": _to_whole(MIN_INT64, MAX_INT64, Int64, from_date=True),
    "objectId": _to_object_id,
    "string": value_text,
}

_TYPE_NAMES = {number: alias for alias, number in TYPE_NUMBERS.items()}


def _target(name: str, to: Any) -> Callable[[str, Any], Any]:
    alias = to if isinstance(to, str) else _TYPE_NAMES.get(whole_number(to) or 0, "")
    if alias not in _CONVERSIONS:
        raise OperatorMisused(f"{name} has no type {to if isinstance(to, str | int) else type_alias(to)} to convert to")
    return _CONVERSIONS[alias]


def _convert(compiler: Compiler, name: str, source: Any) -> Compiled:
    operands = compiler.named(name, source, ("input", "to"), ("onError", "onNull"))
    value, to = operands["input"], operands["to"]
    on_error, on_null = operands.get("onError"), operands.get("onNull", Constant(None))
    if isinstance(to, Constant) and not is_nullish(to.value):
        _target(name, to.value)

    def evaluate(scope: Scope) -> Any:
        to_value, input_value = to(scope), value(scope)
        if is_nullish(input_value):
            return on_null(scope)
        if is_nullish(to_value):
            return None
        conversion = _target(name, to_value)
        try:
            return conversion(name, input_value)
        except OperatorMisused:
            if on_error is None:
                raise
            return on_error(scope)

    return evaluate


def _short_form(to: str) -> Builder:
    conversion = _CONVERSIONS[to]
    return unary(lambda name, value: None if is_nullish(value) else conversion(name, value))


OPERATORS: dict[str, Builder] = {
    "$convert": _convert,
    "$isNumber": unary(lambda name, value: bool(number_type(value))),
    "$toBool": _short_form("bool"),
    "$toDate": _short_form("date"),
    "$toDecimal": _short_form("decimal"),
    "$toDouble": _short_form("double"),
    "$toInt": _short_form("int"),
    "$toLong": _short_form("long"),
    "$toObjectId": _short_form("objectId"),
    "$toString": _short_form("string"),
    "$type": unary(lambda name, value: type_alias(value)),
}
