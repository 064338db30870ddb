"""What operators demand of their operands."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bson import Decimal128, Int64

from chalicelib.core.errors import InvalidDocument, InvalidUpdate
from chalicelib.core.query.stored_form import check_value, copy_of
from chalicelib.core.query.values import MAX_INT64, MIN_INT64


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
    """An integer of 64 bits, or a double or decimal that is one. Raises: InvalidUpdate."""
    number = Decimal("NaN")
    if isinstance(operand, Decimal128):
        number = operand.to_decimal()
    elif isinstance(operand, (int, float)) and not isinstance(operand, bool):
        number = Decimal(operand)
    if not number.is_finite() or not MIN_INT64 <= number <= MAX_INT64 or number != int(number):
        raise InvalidUpdate(f"{what} must be an integer")
    return int(number)


def one_or_minus_one(operand: Any, what: str) -> int:
    """The operand as 1 or -1. Raises: InvalidUpdate for any other."""
    number = whole_number(operand, what)
    if number not in (1, -1):
        raise InvalidUpdate(f"{what} must be 1 or -1")
    return number


def is_integer(value: Any) -> bool:
    """Whether the value is a BSON integer; true and false are not."""
    return type(value) is int or type(value) is Int64
