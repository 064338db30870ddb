"""Arrays: elements, order, parts. Operators that loop over an expression are in loops.py.

Spec: mongodb, "Array Expression Operators".
"""

from __future__ import annotations

from typing import Any

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.expressions.compiler import Builder, Compiler
from chalicelib.core.query.expressions.limits import bounded, check_element_count
from chalicelib.core.query.expressions.loops import OPERATORS as LOOPS
from chalicelib.core.query.expressions.numbers import describe, whole_number
from chalicelib.core.query.expressions.operands import binary, unary, variadic
from chalicelib.core.query.expressions.scope import Compiled, Scope
from chalicelib.core.query.expressions.substring import range_of
from chalicelib.core.query.expressions.values import is_nullish, order_key
from chalicelib.core.query.types import type_alias
from chalicelib.core.query.values import MAX_INT32, MIN_INT32, MISSING


def require_array(name: str, value: Any) -> list[Any]:
    """The value. Raises: OperatorMisused when it is not an array."""
    if not isinstance(value, list):
        raise OperatorMisused(f"{name} requires an array, found {type_alias(value)}")
    return value


def _element_at(name: str, array: Any, index: Any) -> Any:
    if is_nullish(array) or is_nullish(index):
        return None
    items, position = require_array(name, array), _int32(name, "the index", index)
    return items[position] if -len(items) <= position < len(items) else MISSING


def _int32(name: str, what: str, value: Any) -> int:
    whole = whole_number(value)
    if whole is None or not MIN_INT32 <= whole <= MAX_INT32:
        raise OperatorMisused(f"{name} requires a 32-bit whole number for {what}, found {describe(value)}")
    return whole


def _end(position: int) -> Builder:
    def compute(name: str, value: Any) -> Any:
        if is_nullish(value):
            return None
        items = require_array(name, value)
        return items[position] if items else MISSING

    return unary(compute)


def _concat_arrays(compiler: Compiler, name: str, source: Any) -> Compiled:
    operands = compiler.arguments(name, source, 0, None)

    def evaluate(scope: Scope) -> Any:
        joined: list[Any] = []
        for operand in operands:
            value = operand(scope)
            if is_nullish(value):
                return None
            check_element_count(name, len(joined) + len(require_array(name, value)))
            joined += value
        return bounded(joined)

    return evaluate


def _in(name: str, value: Any, array: Any) -> bool:
    key = order_key(value)
    return any(order_key(item) == key for item in require_array(name, array))


def _index_of(name: str, values: list[Any]) -> Any:
    if is_nullish(values[0]):
        return None
    items = require_array(name, values[0])
    start, end = range_of(name, values[2:], len(items))
    key = order_key(values[1])
    return next((index for index in range(start, end) if order_key(items[index]) == key), -1)


def _range(compiler: Compiler, name: str, source: Any) -> Compiled:
    operands = compiler.arguments(name, source, 2, 3)

    def evaluate(scope: Scope) -> Any:
        scope.check_time()
        return _numbers(name, [operand(scope) for operand in operands])

    return evaluate


def _numbers(name: str, values: list[Any]) -> list[int]:
    whats = ("the start", "the end", "the step")
    start, end, *rest = (_int32(name, what, value) for what, value in zip(whats, values, strict=False))
    step = rest[0] if rest else 1
    if step == 0:
        raise OperatorMisused("$range requires a step that is not 0")
    numbers = range(start, end, step)
    check_element_count(name, len(numbers))
    return list(numbers)


def _reverse(name: str, value: Any) -> Any:
    return None if is_nullish(value) else require_array(name, value)[::-1]


def _size(name: str, value: Any) -> int:
    return len(require_array(name, value))


def _slice(name: str, values: list[Any]) -> Any:
    if any(map(is_nullish, values)):
        return None
    items, length = require_array(name, values[0]), len(values[0])
    count = _int32(name, "the last operand", values[-1])
    if len(values) == 2:
        return items[:count] if count >= 0 else items[max(0, length + count) :]
    if count <= 0:
        raise OperatorMisused("$slice requires a positive number of elements after a position")
    position = _int32(name, "the position", values[1])
    start = position if position >= 0 else max(0, length + position)
    return items[start : start + count]


def _zip(compiler: Compiler, name: str, source: Any) -> Compiled:
    options = compiler.options(name, source, ("inputs",), ("useLongestLength", "defaults"))
    longest, defaults = options.get("useLongestLength", False), options.get("defaults", [])
    if not isinstance(options["inputs"], list) or not options["inputs"]:
        raise OperatorMisused("$zip requires a list of arrays for inputs")
    if not isinstance(longest, bool) or not isinstance(defaults, list):
        raise OperatorMisused("$zip requires true or false for useLongestLength and a list for defaults")
    if defaults and (not longest or len(defaults) != len(options["inputs"])):
        raise OperatorMisused("$zip takes defaults only with useLongestLength, one for each of inputs")
    inputs = [compiler.compile(item) for item in options["inputs"]]
    fillers = [compiler.compile(item) for item in defaults]

    def evaluate(scope: Scope) -> Any:
        arrays = [operand(scope) for operand in inputs]
        for array in arrays:
            if not is_nullish(array):
                require_array(name, array)
        if any(map(is_nullish, arrays)):
            return None
        fill = [_null_for_missing(filler(scope)) for filler in fillers] or [None] * len(arrays)
        length = (max if longest else min)(map(len, arrays))
        check_element_count(name, length * len(arrays))
        rows = range(length)
        return bounded([[_at(array, row, filler) for array, filler in zip(arrays, fill, strict=True)] for row in rows])

    return evaluate


def _at(array: list[Any], index: int, filler: Any) -> Any:
    return array[index] if index < len(array) else filler


def _null_for_missing(value: Any) -> Any:
    return None if value is MISSING else value


OPERATORS: dict[str, Builder] = {
    "$arrayElemAt": binary(_element_at),
    "$concatArrays": _concat_arrays,
    "$first": _end(0),
    "$in": binary(_in),
    "$indexOfArray": variadic(2, 4, _index_of),
    "$isArray": unary(lambda name, value: isinstance(value, list)),
    "$last": _end(-1),
    "$range": _range,
    "$reverseArray": unary(_reverse),
    "$size": unary(_size),
    "$slice": variadic(2, 3, _slice),
    "$zip": _zip,
    **LOOPS,
}
