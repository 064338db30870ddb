"""From a query document to nodes: which operators may stand where, and how operators nest.

What is parsed here is a bounded copy (limits.py), so objects are dictionaries, arrays are lists, and recursion ends.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from chalicelib.core.errors import InvalidQuery, OperatorMisused
from chalicelib.core.query.expressions import parse_expression, truthy
from chalicelib.core.query.filter import locations, operators
from chalicelib.core.query.filter.conditions import OneOf
from chalicelib.core.query.filter.elements import matching_element, matching_object
from chalicelib.core.query.filter.nodes import Leaf, Negation, Node, ValueTest, all_of, any_of, at_path, none_of
from chalicelib.core.query.regex import RegexBudget
from chalicelib.core.query.values import Document

REFUSED = frozenset(("$where", "$function", "$accumulator", "$text", "$jsonSchema", "$geoNear", "$uniqueDocs"))
"""Operators that MongoDB knows and this filter refuses: they run code, or need what no engine here has."""


_OF_OBJECTS = frozenset(("$and", "$or", "$nor", "$expr", "$comment", "$where", "$text", "$jsonSchema"))
"""Operators that make an $elemMatch one of objects when they come first in it."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where in a filter the parser is."""

    budget: RegexBudget
    may_order: bool = True
    """$near and $nearSphere stand only at the top, perhaps inside $and."""
    in_element: bool = False
    """Inside $elemMatch $expr may not stand, but the fields of a reference ($ref, $id, $db) may."""


def parse_conjunction(source: Document, scope: Scope) -> Node:
    """The documents that every field of a query document admits."""
    nodes: list[Node] = []
    for name, operand in source.items():
        if name.startswith("$") and not (scope.in_element and name in operators.REFERENCE_FIELDS):
            nodes.extend(_parse_logic(name, operand, scope))
        else:
            nodes.extend(_parse_field(name, operand, scope))
    return all_of(nodes)


def _parse_logic(name: str, operand: Any, scope: Scope) -> list[Node]:
    if name == "$comment":
        return []
    if name == "$expr":
        return [_parse_expr(operand, scope)]
    if name not in ("$and", "$or", "$nor"):
        raise _unusable(name)
    if not isinstance(operand, list) or not operand:
        raise OperatorMisused(f"{name} needs an array that is not empty")
    if not all(isinstance(part, dict) for part in operand):
        raise OperatorMisused(f"{name} needs an array of objects")
    if name == "$and":
        return [parse_conjunction(part, scope) for part in operand]
    inner = replace(scope, may_order=False)
    nodes = [parse_conjunction(part, inner) for part in operand]
    return [any_of(nodes) if name == "$or" else none_of(nodes)]


def _parse_expr(operand: Any, scope: Scope) -> Node:
    if scope.in_element:
        raise OperatorMisused("$expr cannot stand inside $elemMatch")
    evaluate = parse_expression(operand).evaluate
    return Node(lambda document: truthy(evaluate(document)))


def _parse_field(path: str, operand: Any, scope: Scope) -> list[Node]:
    if not operators.is_operator_object(operand):
        return [at_path(path, operators.implicit_match(operand, scope.budget))]
    return [at_path(path, test) for test in parse_operators(operand, scope)]


def parse_operators(source: Document, scope: Scope) -> list[ValueTest]:
    """The questions that an object such as `{"$gt": 1, "$lt": 9}` asks of the values at one path."""
    tests: list[ValueTest] = []
    for name, operand in source.items():
        if name == "$regex" or (name == "$options" and "$regex" not in source):
            tests.append(operators.regular_expression(source, scope.budget))
        elif name in locations.NEAR:
            tests.append(_parse_near(name, source, scope))
        elif name in locations.NEAR_BOUNDS and any(near in source for near in locations.NEAR):
            continue
        elif name != "$options":
            tests.extend(_parse_operator(name, operand, scope))
    return tests


def _parse_operator(name: str, operand: Any, scope: Scope) -> list[ValueTest]:
    match name:
        case "$eq":
            return [operators.equality(operand)]
        case "$ne":
            return [operators.inequality(operand)]
        case "$gt" | "$gte" | "$lt" | "$lte":
            return [operators.ordering(name, operand)]
        case "$in":
            return [operators.membership(name, operand, scope.budget)]
        case "$nin":
            return [Negation((operators.membership(name, operand, scope.budget),))]
        case "$exists":
            return [operators.existence(operand)]
        case "$type":
            return [operators.type_of(operand)]
        case "$size":
            return [operators.size(operand)]
        case "$mod":
            return [operators.modulo(operand)]
        case "$all":
            return _parse_all(operand, scope)
        case "$elemMatch":
            return [_parse_elem_match(operand, scope)]
        case "$not":
            return [_parse_not(operand, scope)]
        case "$geoWithin" | "$within":
            return [locations.geo_within(name, operand)]
        case "$geoIntersects":
            return [locations.geo_intersects(operand)]
    if name in operators.BIT_TESTS:
        return [operators.bits(name, operand)]
    raise _unusable(name)


def _parse_near(name: str, source: Document, scope: Scope) -> Leaf:
    if not scope.may_order:
        raise OperatorMisused(f"{name} can stand only at the top of a filter or in its $and")
    return locations.near(name, source)


def _unusable(name: str) -> InvalidQuery:
    return InvalidQuery(f"the operator {name} is not supported" if name in REFUSED else f"unknown operator: {name}")


def _parse_all(operand: Any, scope: Scope) -> list[ValueTest]:
    if not isinstance(operand, list):
        raise OperatorMisused("$all needs an array")
    if not operand:
        return [Leaf(lambda value: False, conditions=lambda path: (OneOf(path, ()),))]
    if all(isinstance(item, dict) and next(iter(item), "") == "$elemMatch" for item in operand):
        return [test for item in operand for test in parse_operators(item, scope)]
    if any(operators.is_operator_object(item) for item in operand):
        raise OperatorMisused("$all takes values, or $elemMatch in each place, and no other operators")
    return [operators.implicit_match(item, scope.budget) for item in operand]


def _parse_not(operand: Any, scope: Scope) -> Negation:
    if operators.is_regex(operand):
        return Negation((operators.implicit_match(operand, scope.budget),))
    if not isinstance(operand, dict) or not operand:
        raise OperatorMisused("$not needs a regular expression or an object of operators")
    return Negation(tuple(parse_operators(operand, replace(scope, may_order=False))))


def _parse_elem_match(operand: Any, scope: Scope) -> Leaf:
    if not isinstance(operand, dict):
        raise OperatorMisused("$elemMatch needs an object")
    inner = replace(scope, may_order=False, in_element=True)
    if operators.is_operator_object(operand) and next(iter(operand)) not in _OF_OBJECTS:
        return matching_element(parse_operators(operand, inner))
    return matching_object(parse_conjunction(operand, inner))
