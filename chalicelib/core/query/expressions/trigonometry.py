"""Trigonometry on doubles. Spec: mongodb, "Trigonometry Expression Operators"."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.expressions.compiler import Builder
from chalicelib.core.query.expressions.numbers import DECIMAL, as_double, require_number
from chalicelib.core.query.expressions.operands import binary, unary
from chalicelib.core.query.expressions.values import is_nullish


def _double(name: str, value: Any) -> float:
    """Raises: OperatorMisused for Decimal128 too: 34 correct digits are not available, and fewer would be wrong."""
    if require_number(name, value) == DECIMAL:
        raise OperatorMisused(f"{name} of a decimal is not offered; convert it with $toDouble")
    return as_double(value)


def _function(function: Callable[[float], float], low: float = -math.inf, high: float = math.inf) -> Builder:
    """A function of a number between `low` and `high`, inclusive."""

    def compute(name: str, value: Any) -> Any:
        if is_nullish(value):
            return None
        number = _double(name, value)
        if math.isnan(number):
            return number
        if not low <= number <= high:
            raise OperatorMisused(f"cannot apply {name} to {value}, it must be from {low} to {high}")
        return function(number)

    return unary(compute)


def _finite(function: Callable[[float], float]) -> Builder:
    return _function(function, math.nextafter(-math.inf, 0), math.nextafter(math.inf, 0))


def _unbounded(function: Callable[[float], float]) -> Callable[[float], float]:
    """The function, infinite where Python finds its result out of range."""

    def compute(number: float) -> float:
        try:
            return function(number)
        except OverflowError:
            return function(math.copysign(math.inf, number))

    return compute


def _atanh(number: float) -> float:
    return math.copysign(math.inf, number) if abs(number) == 1 else math.atanh(number)


def _atan2(name: str, y: Any, x: Any) -> Any:
    if is_nullish(y) or is_nullish(x):
        return None
    return math.atan2(_double(name, y), _double(name, x))


OPERATORS: dict[str, Builder] = {
    "$acos": _function(math.acos, -1, 1),
    "$acosh": _function(math.acosh, 1),
    "$asin": _function(math.asin, -1, 1),
    "$asinh": _function(math.asinh),
    "$atan": _function(math.atan),
    "$atan2": binary(_atan2),
    "$atanh": _function(_atanh, -1, 1),
    "$cos": _finite(math.cos),
    "$cosh": _function(_unbounded(math.cosh)),
    "$degreesToRadians": _function(math.radians),
    "$radiansToDegrees": _function(math.degrees),
    "$sin": _finite(math.sin),
    "$sinh": _function(_unbounded(math.sinh)),
    "$tan": _finite(math.tan),
    "$tanh": _function(math.tanh),
}
