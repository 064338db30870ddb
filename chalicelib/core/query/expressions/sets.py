"""Arrays as sets: no order, no repeats. Results come sorted. Spec: mongodb, "Set Expression Operators"."""

from __future__ import annotations

from typing import Any

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.expressions.compiler import Builder
from chalicelib.core.query.expressions.limits import bounded
from chalicelib.core.query.expressions.operands import binary, unary, variadic
from chalicelib.core.query.expressions.values import is_nullish, truthy
from chalicelib.core.query.types import type_alias
from chalicelib.core.query.values import sort_key


def _members(name: str, value: Any) -> dict[Any, Any]:
    if not isinstance(value, list):
        raise OperatorMisused(f"{name} only supports arrays, not {type_alias(value)}")
    members: dict[Any, Any] = {}
    for item in value:
        members.setdefault(sort_key(item), item)
    return members


def _listed(members: dict[Any, Any]) -> list[Any]:
    return [members[key] for key in sorted(members)]


def _union(name: str, values: list[Any]) -> Any:
    union: dict[Any, Any] = {}
    for value in values:
        if is_nullish(value):
            return None
        union = {**_members(name, value), **union}
    return bounded(_listed(union))


def _intersection(name: str, values: list[Any]) -> Any:
    common: dict[Any, Any] | None = None
    for value in values:
        if is_nullish(value):
            return None
        members = _members(name, value)
        common = members if common is None else {key: item for key, item in common.items() if key in members}
    return _listed(common or {})


def _difference(name: str, left: Any, right: Any) -> Any:
    if is_nullish(left) or is_nullish(right):
        return None
    removed = _members(name, right)
    return [item for key, item in _members(name, left).items() if key not in removed]


def _equals(name: str, values: list[Any]) -> bool:
    first, *others = [_members(name, value).keys() for value in values]
    return all(other == first for other in others)


def _is_subset(name: str, left: Any, right: Any) -> bool:
    return _members(name, left).keys() <= _members(name, right).keys()


def _elements(name: str, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise OperatorMisused(f"{name}'s operand must be an array, not {type_alias(value)}")
    return value


OPERATORS: dict[str, Builder] = {
    "$allElementsTrue": unary(lambda name, value: all(map(truthy, _elements(name, value)))),
    "$anyElementTrue": unary(lambda name, value: any(map(truthy, _elements(name, value)))),
    "$setDifference": binary(_difference),
    "$setEquals": variadic(2, None, _equals),
    "$setIntersection": variadic(0, None, _intersection),
    "$setIsSubset": binary(_is_subset),
    "$setUnion": variadic(0, None, _union),
}
