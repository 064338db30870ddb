"""Parts of strings and positions in them, by UTF-8 bytes or by code points.

Spec: mongodb, "$substrBytes (aggregation)", "$indexOfCP (aggregation)".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.expressions.compiler import Builder
from chalicelib.core.query.expressions.numbers import as_double, number_type, require_integer
from chalicelib.core.query.expressions.operands import variadic
from chalicelib.core.query.expressions.text import coerced_text, require_string, utf8
from chalicelib.core.query.expressions.values import is_nullish
from chalicelib.core.query.types import type_alias
from chalicelib.core.query.values import MAX_INT32

_CONTINUATION_MASK, _CONTINUATION = 0xC0, 0x80
"""Bytes of the form 10xxxxxx are in the middle of a UTF-8 character."""


def _substring_of_bytes(name: str, values: list[Any]) -> str:
    text, start, length = utf8(coerced_text(name, values[0])), _truncated(name, values[1]), _truncated(name, values[2])
    if start < 0:
        raise OperatorMisused(f"{name} requires a start that is not negative")
    if start >= len(text):
        return ""
    end = len(text) if length < 0 else min(len(text), start + length)
    for index in (start, end):
        if index < len(text) and text[index] & _CONTINUATION_MASK == _CONTINUATION:
            raise OperatorMisused(f"{name} would cut a UTF-8 character at byte {index}")
    return text[start:end].decode("utf-8", "surrogatepass")


def _truncated(name: str, value: Any) -> int:
    if not number_type(value):
        raise OperatorMisused(f"{name} requires numbers for its range, found {type_alias(value)}")
    number = as_double(value)
    if number != number:
        return 0
    return int(max(-2.0, min(number, float(MAX_INT32))))


def _substring_of_code_points(name: str, values: list[Any]) -> str:
    text = coerced_text(name, values[0])
    start = require_integer(name, "the start", values[1])
    count = require_integer(name, "the count", values[2])
    if start < 0 or count < 0:
        raise OperatorMisused(f"{name} requires a start and a count that are not negative")
    return text[start : start + count]


def _index_of_bytes(name: str, values: list[Any]) -> Any:
    return _index(name, values, utf8, lambda text, part, start, end: text.find(part, start, end))


def _index_of_code_points(name: str, values: list[Any]) -> Any:
    return _index(name, values, str, _place_of_code_points)


def _place_of_code_points(text: str, part: str, start: int, end: int) -> int:
    """The part must begin before the end but may extend beyond it: MongoDB counts bytes and code points differently."""
    place = text.find(part, start)
    return place if place < end or not text else -1


def _index(name: str, values: list[Any], units: Any, place_of: Callable[[Any, Any, int, int], int]) -> int | None:
    if is_nullish(values[0]):
        return None
    text = units(require_string(name, "the first operand", values[0]))
    part = units(require_string(name, "the second operand", values[1]))
    start, end = range_of(name, values[2:], len(text))
    return -1 if start > len(text) or end < start else place_of(text, part, start, end)


def range_of(name: str, bounds: list[Any], length: int) -> tuple[int, int]:
    """Where a search starts and ends (exclusive), from the optional operands. Raises: OperatorMisused."""
    start = _bound(name, "the start", bounds[0]) if bounds else 0
    end = _bound(name, "the end", bounds[1]) if len(bounds) > 1 else length
    return start, min(end, length)


def _bound(name: str, what: str, value: Any) -> int:
    bound = require_integer(name, what, value)
    if bound < 0:
        raise OperatorMisused(f"{name} requires {what} not to be negative")
    return bound


OPERATORS: dict[str, Builder] = {
    "$indexOfBytes": variadic(2, 4, _index_of_bytes),
    "$indexOfCP": variadic(2, 4, _index_of_code_points),
    "$substr": variadic(3, 3, _substring_of_bytes),
    "$substrBytes": variadic(3, 3, _substring_of_bytes),
    "$substrCP": variadic(3, 3, _substring_of_code_points),
}
