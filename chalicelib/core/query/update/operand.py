"""What operators demand of their operands."""

from __future__ import annotations

from typing import Any

from bson import Int64

from chalicelib.core.errors import InvalidDocument, InvalidUpdate
from chalicelib.core.query.stored_form import MAX_INT64, MIN_INT64, check_value, copy_of


def stored(operand: Any, path: str, below: int = 0) -> Any:
    """A private copy of an operand that will be stored at the path, or `below` levels below.

    Raises: InvalidUpdate when it cannot be stored there.
    """
    try:
        check_value(operand, path, path.count(".") + 1 + below)
    except InvalidDocument as error:
        raise InvalidUpdate(error.message) from error
    return copy_of(operand)


def stored_all(operands: Any, path: str, operator: str) -> list[Any]:
    """A private copy of an array of operands that will be stored in an array at the path. Raises: InvalidUpdate."""
    if not isinstance(operands, (list, tuple)):
        raise InvalidUpdate(f"{operator} takes an array at {path}")
    return [stored(operand, path, below=1) for operand in operands]


def whole_number(operand: Any, what: str) -> int:
    """An integer, or a double that is one. Raises: InvalidUpdate."""
    if isinstance(operand, float) and operand.is_integer():
        operand = int(operand)
    if isinstance(operand, bool) or not isinstance(operand, int) or not MIN_INT64 <= operand <= MAX_INT64:
        raise InvalidUpdate(f"{what} must be an integer")
    return int(operand)


def is_integer(value: Any) -> bool:
    """Whether the value is an integer of BSON; true and false are none."""
    return type(value) is int or type(value) is Int64
