"""Strings: joining, case, trimming, replacing, splitting. Spec: mongodb, "String Expression Operators"."""

from __future__ import annotations

import string
from collections.abc import Callable
from typing import Any

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.expressions.compiler import Builder, Compiler
from chalicelib.core.query.expressions.limits import bounded, check_element_count, check_string_length
from chalicelib.core.query.expressions.operands import binary, named, unary
from chalicelib.core.query.expressions.scope import Compiled, Scope
from chalicelib.core.query.expressions.substring import OPERATORS as SUBSTRING
from chalicelib.core.query.expressions.text import coerced_text, require_string, utf8
from chalicelib.core.query.expressions.values import is_nullish
from chalicelib.core.query.types import type_alias

WHITESPACE = "\0 \t\n\v\f\r\u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200B)))
"""What the trim operators remove by default. Spec: mongodb, "$trim (aggregation)"."""

_TO_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_TO_UPPER = str.maketrans(string.ascii_lowercase, string.ascii_uppercase)


def _concat(compiler: Compiler, name: str, source: Any) -> Compiled:
    operands = compiler.arguments(name, source, 0, None)

    def evaluate(scope: Scope) -> Any:
        parts, length = [], 0
        for operand in operands:
            value = operand(scope)
            if is_nullish(value):
                return None
            if not isinstance(value, str):
                raise OperatorMisused(f"$concat only supports strings, not {type_alias(value)}")
            length += len(value)
            check_string_length(name, length)
            parts.append(value)
        return "".join(parts)

    return evaluate


def _case(table: dict[int, int]) -> Builder:
    """Changes ASCII letters only; MongoDB promises no more."""
    return unary(lambda name, value: coerced_text(name, value).translate(table))


def _compare_ignoring_case(name: str, left: Any, right: Any) -> int:
    left_text, right_text = (coerced_text(name, value).translate(_TO_UPPER) for value in (left, right))
    return (left_text > right_text) - (left_text < right_text)


def _trim(strip: Callable[[str, str], str]) -> Builder:
    def compute(name: str, values: dict[str, Any]) -> Any:
        text, characters = values["input"], values.get("chars", WHITESPACE)
        if is_nullish(text):
            return None
        require_string(name, "input", text)
        if is_nullish(characters):
            return None
        return strip(text, require_string(name, "chars", characters))

    return named(("input",), ("chars",), compute)


def _replace(limit: int) -> Builder:
    """Replaces the first `limit` occurrences; -1 means all."""

    def compute(name: str, values: dict[str, Any]) -> Any:
        for what, value in values.items():
            if not is_nullish(value):
                require_string(name, what, value)
        if any(map(is_nullish, values.values())):
            return None
        text, find, replacement = values["input"], values["find"], values["replacement"]
        count = text.count(find) if limit < 0 else limit
        check_string_length(name, len(text) + count * max(0, len(replacement) - len(find)))
        return text.replace(find, replacement, limit)

    return named(("input", "find", "replacement"), (), compute)


def _split(name: str, text: Any, separator: Any) -> Any:
    if is_nullish(text) or is_nullish(separator):
        return None
    require_string(name, "the first operand", text)
    if not require_string(name, "the separator", separator):
        raise OperatorMisused("$split requires a separator that is not empty")
    check_element_count(name, text.count(separator) + 1)
    return bounded(text.split(separator))


OPERATORS: dict[str, Builder] = {
    "$concat": _concat,
    "$ltrim": _trim(str.lstrip),
    "$replaceAll": _replace(-1),
    "$replaceOne": _replace(1),
    "$rtrim": _trim(str.rstrip),
    "$split": binary(_split),
    "$strLenBytes": unary(lambda name, value: len(utf8(require_string(name, "its operand", value)))),
    "$strLenCP": unary(lambda name, value: len(require_string(name, "its operand", value))),
    "$strcasecmp": binary(_compare_ignoring_case),
    "$toLower": _case(_TO_LOWER),
    "$toUpper": _case(_TO_UPPER),
    "$trim": _trim(str.strip),
    **SUBSTRING,
}
