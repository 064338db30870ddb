"""Operators that compute: $inc, $mul, $bit; and the number types of their results.

Operators raise InvalidUpdate for operands that they cannot take, their leaves for values that they cannot change.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from decimal import Context, Decimal
from typing import Any, Final, TypeAlias

from bson import Decimal128, Int64
from bson.decimal128 import create_decimal128_context

from chalicelib.core.errors import InvalidUpdate
from chalicelib.core.query.update.operand import is_integer, stored
from chalicelib.core.query.update.run import Run
from chalicelib.core.query.update.tree import Leaf
from chalicelib.core.query.values import MAX_INT32, MAX_INT64, MIN_INT32, MIN_INT64, MISSING, is_number

_Compute: TypeAlias = Callable[[Any, Any], Any]
_ComputeDecimal: TypeAlias = Callable[[Context, Decimal, Decimal], Decimal]
_BIT_OPERATIONS: Final[dict[str, _Compute]] = {"and": operator.and_, "or": operator.or_, "xor": operator.xor}


def increment(path: str, operand: Any) -> Leaf:
    """Spec: mongodb, "$inc"."""
    amount = _number(path, "$inc", operand)
    plain = type(amount) is int

    def change(current: Any, run: Run) -> Any:
        if plain and type(current) is int:
            total = current + amount
            if MIN_INT32 <= total <= MAX_INT32 and MIN_INT32 <= current <= MAX_INT32:
                return total if MIN_INT32 <= amount <= MAX_INT32 else Int64(total)
        if current is MISSING:
            return amount
        return _computed(path, "$inc", current, amount, operator.add, Context.add)

    return Leaf(path, change)


def multiply(path: str, operand: Any) -> Leaf:
    """A missing field becomes 0 of the operand's type. Spec: mongodb, "$mul"."""
    factor = _number(path, "$mul", operand)

    def change(current: Any, run: Run) -> Any:
        number = 0 if current is MISSING else current
        return _computed(path, "$mul", number, factor, operator.mul, Context.multiply)

    return Leaf(path, change)


def change_bits(path: str, operand: Any) -> Leaf:
    """One or more of {and: n, or: n, xor: n}, carried out in their order. Spec: mongodb, "$bit"."""
    if not isinstance(operand, Mapping) or not operand:
        raise InvalidUpdate(f"$bit takes an object of and, or, xor at {path}")
    steps: list[tuple[_Compute, int]] = []
    for name, mask in operand.items():
        if name not in _BIT_OPERATIONS:
            raise InvalidUpdate(f"$bit knows and, or, xor, not {name!r}")
        if not is_integer(stored(mask, path)):
            raise InvalidUpdate(f"$bit takes an integer at {path}")
        steps.append((_BIT_OPERATIONS[name], mask))

    def change(current: Any, run: Run) -> Any:
        bits = 0 if current is MISSING else current
        if not is_integer(bits):
            raise InvalidUpdate(f"$bit cannot change {path}: it is not an integer")
        for compute, mask in steps:
            bits = _typed_integer(compute(int(bits), int(mask)), bits, mask)
        return bits

    return Leaf(path, change)


def _number(path: str, name: str, operand: Any) -> Any:
    value = stored(operand, path)
    if not is_number(value):
        raise InvalidUpdate(f"{name} takes a number at {path}")
    return value


def _computed(path: str, name: str, left: Any, right: Any, compute: _Compute, compute_decimal: _ComputeDecimal) -> Any:
    """The result in the wider type of both: int32, int64, double, Decimal128."""
    if not is_number(left):
        raise InvalidUpdate(f"{name} cannot change {path}: it is not a number")
    if isinstance(left, Decimal128) or isinstance(right, Decimal128):
        context = create_decimal128_context()
        return Decimal128(compute_decimal(context, _decimal(left), _decimal(right)))
    if isinstance(left, float) or isinstance(right, float):
        return compute(float(left), float(right))
    result = compute(int(left), int(right))
    if not MIN_INT64 <= result <= MAX_INT64:
        raise InvalidUpdate(f"{name} cannot change {path}: the result needs more than 64 bits")
    return _typed_integer(result, left, right)


def _typed_integer(result: int, left: int, right: int) -> int:
    """int32 only if both operands and the result are: an int64 stays one even when it becomes small."""
    for number in (left, right, result):
        if isinstance(number, Int64) or not MIN_INT32 <= number <= MAX_INT32:
            return Int64(result)
    return result


def _decimal(number: Any) -> Decimal:
    """A number as a decimal; of a double its first 15 digits, as MongoDB takes it."""
    if isinstance(number, Decimal128):
        return number.to_decimal()
    if isinstance(number, float):
        return Decimal(f"{number:.14e}") if number else Decimal(0)
    return Decimal(number)
