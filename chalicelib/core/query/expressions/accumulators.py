"""Accumulators: many values into one, in $group and $bucket, and some of them as expressions over arrays.

Spec: mongodb, "$group (aggregation)", Accumulator Operator.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from chalicelib.core.errors import InvalidQuery, OperatorMisused
from chalicelib.core.query.expressions.compiler import REFUSED, Builder, Compiler
from chalicelib.core.query.expressions.limits import MAX_ELEMENTS, MAX_VALUE_BYTES, weigh
from chalicelib.core.query.expressions.numbers import (
    DECIMAL,
    DECIMAL_CONTEXT,
    DOUBLE,
    INT,
    as_double,
    decimal128,
    integer,
    number_type,
)
from chalicelib.core.query.expressions.objects import require_object
from chalicelib.core.query.expressions.scope import Compiled, Constant, Scope
from chalicelib.core.query.expressions.values import is_nullish
from chalicelib.core.query.values import MISSING, Document, SortKey, sort_key


class Accumulator(Protocol):
    """The running state of one accumulator in one group."""

    def add(self, value: Any) -> int:
        """Takes one value; returns about how many bytes the state has grown."""

    def result(self) -> Any:
        """The result of the values so far."""


class _Sum:
    """Whole numbers are added exactly; doubles with the rounding errors kept aside (Neumaier), as MongoDB does."""

    def __init__(self) -> None:
        self.kind, self.count = INT, 0
        self._whole, self._double, self._error, self._decimal = 0, 0.0, 0.0, Decimal(0)

    def add(self, value: Any) -> int:
        kind = number_type(value)
        if not kind:
            return 0
        self.count += 1
        self.kind = max(self.kind, kind)
        if kind == DECIMAL:
            self._decimal = DECIMAL_CONTEXT.add(self._decimal, value.to_decimal())
        elif kind == DOUBLE:
            self._add_double(value)
        else:
            self._whole += int(value)
        return 0

    def _add_double(self, value: float) -> None:
        total = self._double + value
        larger, smaller = (self._double, value) if abs(self._double) >= abs(value) else (value, self._double)
        if math.isfinite(total):
            self._error += (larger - total) + smaller
        self._double = total

    def double(self) -> float:
        if not math.isfinite(self._double):
            return self._double
        large = as_double(self._whole)
        return math.fsum((large, self._whole - int(large), self._double, self._error))

    def decimal(self) -> Decimal:
        """Doubles count with all their digits here, not with 15 as elsewhere: MongoDB does so."""
        total = DECIMAL_CONTEXT.add(self._decimal, Decimal(self._whole))
        for part in (self._double, self._error):
            total = DECIMAL_CONTEXT.add(total, DECIMAL_CONTEXT.create_decimal(part))
        return total

    def result(self) -> Any:
        if self.kind == DECIMAL:
            return decimal128(self.decimal())
        return self.double() if self.kind == DOUBLE else integer(self._whole, self.kind)


class _Average:
    def __init__(self) -> None:
        self._sum = _Sum()

    def add(self, value: Any) -> int:
        return self._sum.add(value)

    def result(self) -> Any:
        count = self._sum.count
        if not count:
            return None
        if self._sum.kind == DECIMAL:
            return decimal128(DECIMAL_CONTEXT.divide(self._sum.decimal(), Decimal(count)))
        return self._sum.double() / count


class _Extreme:
    """The least or greatest value in BSON order; null and missing do not take part."""

    def __init__(self, replaces: Callable[[SortKey, SortKey], bool]) -> None:
        self._replaces = replaces
        self._key: SortKey | None = None
        self._value: Any = None

    def add(self, value: Any) -> int:
        if is_nullish(value):
            return 0
        key = sort_key(value)
        if self._key is not None and not self._replaces(key, self._key):
            return 0
        grown = weigh(value) if self._key is None else 0
        self._key, self._value = key, value
        return grown

    def result(self) -> Any:
        return self._value


class _First:
    def __init__(self) -> None:
        self._value: Any = None
        self._seen = False

    def add(self, value: Any) -> int:
        if self._seen:
            return 0
        self._seen, self._value = True, value
        return weigh(value)

    def result(self) -> Any:
        return None if self._value is MISSING else self._value


class _Last:
    def __init__(self) -> None:
        self._value: Any = MISSING

    def add(self, value: Any) -> int:
        grown = weigh(value) if self._value is MISSING else 0
        self._value = value
        return grown

    def result(self) -> Any:
        return None if self._value is MISSING else self._value


class _Push:
    def __init__(self) -> None:
        self._values: list[Any] = []
        self._size = 0

    def add(self, value: Any) -> int:
        if value is MISSING:
            return 0
        size = weigh(value)
        self._size += size
        if len(self._values) >= MAX_ELEMENTS or self._size > MAX_VALUE_BYTES:
            raise OperatorMisused(
                f"an array of a group grows beyond {MAX_ELEMENTS} elements or {MAX_VALUE_BYTES} bytes"
            )
        self._values.append(value)
        return size

    def result(self) -> list[Any]:
        return list(self._values)


class _AddToSet(_Push):
    def __init__(self) -> None:
        super().__init__()
        self._keys: set[SortKey] = set()

    def add(self, value: Any) -> int:
        key = sort_key(value)
        if value is MISSING or key in self._keys:
            return 0
        self._keys.add(key)
        return super().add(value)


class _MergeObjects:
    def __init__(self) -> None:
        self._merged: Document = {}

    def add(self, value: Any) -> int:
        if is_nullish(value):
            return 0
        self._merged.update(require_object("$mergeObjects", value))
        if weigh(self._merged) > MAX_VALUE_BYTES:
            raise OperatorMisused(f"$mergeObjects builds an object larger than {MAX_VALUE_BYTES} bytes")
        return weigh(value)

    def result(self) -> Document:
        return dict(self._merged)


class _StandardDeviation:
    """Welford's running mean and sum of squares; `freedom` is 0 for the population, 1 for a sample."""

    def __init__(self, freedom: int) -> None:
        self._freedom = freedom
        self._count, self._mean, self._squares = 0, 0.0, 0.0

    def add(self, value: Any) -> int:
        if number_type(value):
            number = as_double(value)
            self._count += 1
            delta = number - self._mean
            self._mean += delta / self._count
            self._squares += delta * (number - self._mean)
        return 0

    def result(self) -> float | None:
        count = self._count - self._freedom
        return math.sqrt(self._squares / count) if count > 0 else None


_OVER_ARRAYS: dict[str, Callable[[], Accumulator]] = {
    "$avg": _Average,
    "$max": lambda: _Extreme(lambda key, best: key > best),
    "$min": lambda: _Extreme(lambda key, best: key < best),
    "$stdDevPop": lambda: _StandardDeviation(0),
    "$stdDevSamp": lambda: _StandardDeviation(1),
    "$sum": _Sum,
}
"""Accumulators that are expressions too: over the elements of one array, or over several operands."""

ACCUMULATORS: dict[str, Callable[[], Accumulator]] = {
    **_OVER_ARRAYS,
    "$addToSet": _AddToSet,
    "$count": _Sum,
    "$first": _First,
    "$last": _Last,
    "$mergeObjects": _MergeObjects,
    "$push": _Push,
}


@dataclass(frozen=True, slots=True)
class AccumulatedField:
    """A field of a group: where its values come from, and what they become."""

    name: str
    operand: Compiled
    start: Callable[[], Accumulator]


def parse_accumulated_field(compiler: Compiler, name: str, source: Any) -> AccumulatedField:
    """One field of $group or of a bucket's output, such as `{"$sum": "$price"}`.

    Raises: InvalidQuery for an unknown or refused accumulator; OperatorMisused for a wrong operand.
    """
    if not isinstance(source, Mapping) or len(source) != 1:
        raise OperatorMisused(f"the field {name} must be an object with one accumulator")
    ((operator, operand),) = source.items()
    if operator in REFUSED:
        raise InvalidQuery(f"{operator} is not allowed")
    if operator not in ACCUMULATORS:
        raise InvalidQuery(f"unknown group operator: {operator}")
    compiler.operators.add(operator)
    if operator == "$count":
        if operand != {}:
            raise OperatorMisused("$count takes no operand in a group: {}")
        return AccumulatedField(name, Constant(1), ACCUMULATORS[operator])
    if isinstance(operand, list | tuple):
        raise OperatorMisused(f"{operator} takes one operand in a group, not a list")
    return AccumulatedField(name, compiler.compile(operand), ACCUMULATORS[operator])


def _over_array(start: Callable[[], Accumulator]) -> Builder:
    def build(compiler: Compiler, name: str, source: Any) -> Compiled:
        operands = compiler.arguments(name, source, 0, None)
        single = len(operands) == 1

        def evaluate(scope: Scope) -> Any:
            accumulator = start()
            for operand in operands:
                value = operand(scope)
                for item in value if single and isinstance(value, list) else (value,):
                    accumulator.add(item)
            return accumulator.result()

        return evaluate

    return build


OPERATORS: dict[str, Builder] = {name: _over_array(start) for name, start in _OVER_ARRAYS.items()}
