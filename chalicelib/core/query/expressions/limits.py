"""How much an expression may build: hostile queries must not exhaust the memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.core.errors import OperatorMisused

MAX_DEPTH = 100
"""Levels of nesting in an expression, and in a value that one builds. Source: MongoDB's limit for documents."""

MAX_STRING_BYTES = 16 * 1024 * 1024
"""The longest string an expression may build, inclusive. Source: MongoDB's largest document."""

MAX_ELEMENTS = 1_000_000
"""The most elements an array that an expression builds may have, inclusive."""

MAX_VALUE_BYTES = 16 * 1024 * 1024
"""The largest array or object an expression may build, inclusive, as `weigh` estimates it.

Source: MongoDB's largest document.
"""

LARGE = 10_000
"""Elements or characters from which on reading a value checks the deadline first."""

_SCALAR_BYTES = 16


def weigh(value: Any, limit: int = MAX_VALUE_BYTES, depth: int = 0) -> int:
    """About how many bytes a value takes; counting stops soon after `limit`, so shared parts cannot explode.

    Raises: OperatorMisused when it is nested deeper than MAX_DEPTH.
    """
    if isinstance(value, str):
        return _SCALAR_BYTES + len(value)
    if isinstance(value, bytes):
        return _SCALAR_BYTES + len(value)
    if isinstance(value, Mapping):
        total = 4 * _SCALAR_BYTES + sum(map(len, value))
        items: Any = value.values()
    elif isinstance(value, list):
        total = 2 * _SCALAR_BYTES
        items = value
    else:
        return _SCALAR_BYTES
    if depth > MAX_DEPTH:
        raise OperatorMisused(f"an expression builds a value nested deeper than {MAX_DEPTH} levels")
    for item in items:
        total += (
            weigh(item, limit - total, depth + 1) if isinstance(item, str | bytes | list | Mapping) else _SCALAR_BYTES
        )
        if total > limit:
            break
    return total


def bounded(value: Any) -> Any:
    """The value itself. Raises: OperatorMisused when it is too large to have been built."""
    if isinstance(value, list) and len(value) > MAX_ELEMENTS:
        raise OperatorMisused(f"an expression builds an array of more than {MAX_ELEMENTS} elements")
    if weigh(value, MAX_VALUE_BYTES) > MAX_VALUE_BYTES:
        raise OperatorMisused(f"an expression builds a value larger than {MAX_VALUE_BYTES} bytes")
    return value


def gathered(values: Iterable[Any]) -> list[Any]:
    """The values, weighed while they come: Raises OperatorMisused before too many large ones are there."""
    kept, size = [], 0
    for value in values:
        if isinstance(value, str | bytes | list | Mapping):
            size += weigh(value, MAX_VALUE_BYTES)
            if size > MAX_VALUE_BYTES:
                raise OperatorMisused(f"an expression builds a value larger than {MAX_VALUE_BYTES} bytes")
        kept.append(value)
    return kept


def check_string_length(name: str, length: int) -> None:
    """Raises: OperatorMisused when an operator would build a string of this many characters."""
    if length > MAX_STRING_BYTES:
        raise OperatorMisused(f"{name} would build a string longer than {MAX_STRING_BYTES} bytes")


def check_element_count(name: str, count: int) -> None:
    """Raises: OperatorMisused when an operator would build an array of this many elements."""
    if count > MAX_ELEMENTS:
        raise OperatorMisused(f"{name} would build an array of more than {MAX_ELEMENTS} elements")
