"""The operators that ask about the values at one path: their operands checked, their meaning compiled.

Operators raise OperatorMisused for operands that they cannot take. Spec: mongodb, "Query and Projection Operators".
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from bson import Regex

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.filter.comparison import bounds_an_index, equal_to, is_nan, matching, one_of, ordered
from chalicelib.core.query.filter.conditions import AnyOf, Condition, OneOf, Present, Within
from chalicelib.core.query.filter.nodes import Leaf, Negation, ValueTest
from chalicelib.core.query.regex import Pattern, RegexBudget, parse_regex
from chalicelib.core.query.types import parse_types
from chalicelib.core.query.values import MAX_INT64, MIN_INT64, MISSING, as_python_number, is_number

Operand = Any

REFERENCE_FIELDS = frozenset(("$ref", "$id", "$db"))
"""Names with a $ that are fields: those of a reference to a document."""


def is_regex(value: Any) -> bool:
    """Whether the value is a regular expression, BSON's or Python's."""
    return isinstance(value, Regex | re.Pattern)


def is_operator_object(value: Any) -> bool:
    """Whether an object holds operators rather than being a value to equal; a reference ($ref, $id) is a value."""
    first = next(iter(value), "") if isinstance(value, dict) else ""
    return first.startswith("$") and first not in REFERENCE_FIELDS


def equality(operand: Operand) -> Leaf:
    """$eq, and a plain value."""
    return Leaf(equal_to(operand), conditions=lambda path: (OneOf(path, (operand,)),))


def implicit_match(operand: Operand, budget: RegexBudget) -> Leaf:
    """A value where operators could stand: a regular expression searches, all else must be equal."""
    return search(parse_regex(operand, budget=budget)) if is_regex(operand) else equality(operand)


def inequality(operand: Operand) -> Negation:
    """$ne."""
    if is_regex(operand):
        raise OperatorMisused("$ne cannot take a regular expression")
    return Negation((equality(operand),))


def ordering(name: str, operand: Operand) -> Leaf:
    """$gt, $gte, $lt and $lte."""
    if is_regex(operand):
        raise OperatorMisused(f"{name} cannot take a regular expression")
    test = ordered(name, operand)
    return Leaf(test, conditions=lambda path: _bounds(path, name, operand))


def _bounds(path: str, name: str, operand: Operand) -> tuple[Condition, ...]:
    included = name.endswith("e")
    if operand is None or is_nan(operand):
        return (OneOf(path, (operand,) if included else ()),)
    if not bounds_an_index(operand):
        return ()
    if name.startswith("$g"):
        return (Within(path, lower=operand, lower_included=included),)
    return (Within(path, upper=operand, upper_included=included),)


def membership(name: str, operand: Operand, budget: RegexBudget) -> Leaf:
    """$in, and $nin before it is negated."""
    if not isinstance(operand, list):
        raise OperatorMisused(f"{name} needs an array")
    if any(is_operator_object(item) for item in operand):
        raise OperatorMisused(f"{name} cannot contain operators")
    values = tuple(item for item in operand if not is_regex(item))
    patterns = [parse_regex(item, budget=budget) for item in operand if is_regex(item)]
    return Leaf(one_of(values, patterns), conditions=lambda path: () if patterns else (OneOf(path, values),))


def existence(operand: Operand) -> ValueTest:
    """$exists: any operand that counts as true or false."""
    present = Leaf(lambda value: value is not MISSING, conditions=lambda path: (Present(path),))
    return present if is_true(operand) else Negation((present,))


def is_true(value: Any) -> bool:
    """Whether MongoDB takes a value for true: all but false, null and zero."""
    if isinstance(value, bool) or value is None:
        return bool(value)
    return not is_number(value) or as_python_number(value) != 0


def type_of(operand: Operand) -> Leaf:
    """$type: one type or an array of types, by number or alias."""
    return Leaf(parse_types(operand))


def size(operand: Operand) -> Leaf:
    """$size: the exact length of an array."""
    length = whole_number(operand)
    if length is None or length < 0:
        raise OperatorMisused("$size needs a whole number that is not negative")
    return Leaf(lambda value: isinstance(value, list) and len(value) == length, spreads=False)


def whole_number(value: Any) -> int | None:
    """The number as an int if it is whole, else None."""
    if not is_number(value):
        return None
    number = as_python_number(value)
    # An int is asked nothing: a huge one has no equal among floats.
    if not isinstance(number, int) and (not math.isfinite(number) or number != int(number)):
        return None
    return int(number)


def modulo(operand: Operand) -> Leaf:
    """$mod: [divisor, remainder], both cut to whole numbers; the remainder has the sign of the value."""
    if not isinstance(operand, list) or len(operand) != 2:
        raise OperatorMisused("$mod needs an array of a divisor and a remainder")
    divisor, remainder = (_truncated(item) for item in operand)
    if divisor is None or remainder is None:
        raise OperatorMisused("$mod needs numbers")
    if divisor == 0:
        raise OperatorMisused("the divisor of $mod cannot be 0")

    def test(value: Any) -> bool:
        number = _truncated(value)
        return number is not None and _remainder(number, divisor) == remainder

    return Leaf(test)


def _remainder(number: int, divisor: int) -> int:
    found = abs(number) % abs(divisor)
    return found if number >= 0 else -found


def _truncated(value: Any) -> int | None:
    if not is_number(value):
        return None
    number = as_python_number(value)
    return int(number) if isinstance(number, int) or math.isfinite(number) else None


BIT_TESTS: dict[str, Callable[[int, int], bool]] = {
    "$bitsAllSet": lambda bits, mask: bits & mask == mask,
    "$bitsAllClear": lambda bits, mask: bits & mask == 0,
    "$bitsAnySet": lambda bits, mask: bits & mask != 0,
    "$bitsAnyClear": lambda bits, mask: bits & mask != mask,
}


def bits(name: str, operand: Operand) -> Leaf:
    """$bitsAllSet and the like: a mask as number, binary or array of positions."""
    mask, holds = _bit_mask(name, operand), BIT_TESTS[name]

    def test(value: Any) -> bool:
        stored = _stored_bits(value)
        return stored is not None and holds(stored, mask)

    return Leaf(test)


def _bit_mask(name: str, operand: Operand) -> int:
    if isinstance(operand, bytes):
        return int.from_bytes(operand, "little")
    if isinstance(operand, list):
        positions = [whole_number(item) for item in operand]
        if any(position is None or not 0 <= position < 2**31 for position in positions):
            raise OperatorMisused(f"{name} needs bit positions that are whole numbers and not negative")
        # A number has 64 bits and its sign goes on forever; positions beyond are only for long binary values.
        return sum(1 << position for position in set(positions) if position is not None)
    number = whole_number(operand)
    if number is None or not 0 <= number <= MAX_INT64:
        raise OperatorMisused(f"{name} needs a number that is whole and not negative, binary data, or bit positions")
    return number


def _stored_bits(value: Any) -> int | None:
    # Python's integers behave as two's complement with an endless sign, which is what MongoDB means for numbers.
    if isinstance(value, bytes):
        return int.from_bytes(value, "little")
    number = whole_number(value)
    return number if number is not None and MIN_INT64 <= number <= MAX_INT64 else None


def regular_expression(operators: Mapping[str, Any], budget: RegexBudget) -> Leaf:
    """$regex with its $options."""
    if "$regex" not in operators:
        raise OperatorMisused("$options needs a $regex")
    return search(parse_regex(operators["$regex"], operators.get("$options"), budget=budget))


def search(pattern: Pattern) -> Leaf:
    """Text that the pattern finds, or the same pattern as a value."""
    return Leaf(matching(pattern), conditions=lambda path: _search_bounds(path, pattern))


def _search_bounds(path: str, pattern: Pattern) -> tuple[Condition, ...]:
    prefix = pattern.prefix
    if not prefix:
        return ()
    beyond = prefix[:-1] + chr(ord(prefix[-1]) + 1)
    texts = Within(path, lower=prefix, lower_included=True, upper=beyond)
    return (AnyOf(((texts,), (OneOf(path, (pattern.value,)),))),)
