"""What a filter demands of single paths, in encoded values: what an index can search for.

Conditions may allow too many documents; the engine checks each against the filter itself. `exclusions` says where that
is not needed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.core.query import values
from chalicelib.core.query.filter import AnyOf, Filter, OneOf, Within
from chalicelib.core.query.filter import Condition as FilterCondition
from chalicelib.core.query.paths import array_index, split_path
from chalicelib.core.query.values import Document, is_unicode, type_order
from chalicelib.engines.embedded.key_encoding import BRACKETS, UNDEFINED_KEY, encode

_SCALARS = frozenset((values.NUMBER, values.STRING, values.OBJECT_ID, values.BOOLEAN, values.DATE))
_COMPARISONS = frozenset(("$eq", "$gt", "$gte", "$lt", "$lte"))

FEW = 32
"""Up to so many ids are looked up one by one without considering other plans. Our choice."""


@dataclass(frozen=True, slots=True)
class Bound:
    """A bound between encoded values: before, or after, all keys that begin with these bytes."""

    key: bytes
    after: bool = False

    def position(self) -> bytes:
        """Bytes that compare with keys as the bound does; no key continues with 0xFF."""
        return self.key + b"\xff" if self.after else self.key


@dataclass(frozen=True, slots=True)
class Span:
    """The encoded values from one bound to another."""

    low: Bound
    high: Bound

    def holds(self, point: bytes) -> bool:
        """Whether the value of this encoding lies in the span."""
        return self.low.position() <= point < self.high.position()


@dataclass(frozen=True, slots=True)
class OnPath:
    """A document with a value at the path among `points`, or else within `span`."""

    path: str
    points: tuple[bytes, ...] | None = None
    span: Span | None = None
    may_be_missing: bool = False
    """Documents without the path may match, so a sparse index cannot serve."""


@dataclass(frozen=True, slots=True)
class Either:
    """A document that meets all conditions of at least one branch."""

    branches: tuple[Conditions, ...]


Conditions = tuple[OnPath | Either, ...]


def conditions_of(filter: Filter) -> Conditions:
    """The conditions that every document which the filter matches meets."""
    return _encoded(filter.conditions)


def few_ids(filter: Filter) -> tuple[str, ...]:
    """The `_id`s that a match can have, if they are few; else empty. Most filters name one."""
    for condition in filter.conditions:
        if isinstance(condition, OneOf) and condition.path == "_id" and len(condition.values) <= FEW:
            wanted = tuple(value for value in condition.values if isinstance(value, str) and is_unicode(value))
            if wanted and len(wanted) == len(condition.values):
                return wanted
    return ()


def exclusions(source: Document) -> tuple[OnPath, ...] | None:
    """What a filter with this source says besides its conditions: documents it does not want, by a value at a path.

    None when it says anything else. It does not where only scalars are compared, by paths without array indexes:
    then the filter means just the documents that meet its conditions, without those excluded here.
    """
    excluded: list[OnPath] = []
    for name, operand in source.items():
        if name == "$and":
            for part in operand:
                inner = exclusions(part)
                if inner is None:
                    return None
                excluded += inner
        elif not name.startswith("$") and isinstance(operand, Mapping) and operand.keys() == {"$ne"}:
            if not _is_plain(name) or not _is_exact(operand["$ne"]):
                return None
            excluded.append(OnPath(name, points=(encode(operand["$ne"]),)))
        elif not _is_covered(name, operand):
            return None
    return tuple(excluded)


def _is_covered(name: str, operand: Any) -> bool:
    if name == "$or":
        return all(exclusions(branch) == () for branch in operand)
    if name.startswith("$") or not _is_plain(name):
        return False
    if not isinstance(operand, Mapping):
        return _is_exact(operand)
    return bool(operand) and all(
        (operator in _COMPARISONS and _is_exact(value)) or (operator == "$in" and all(map(_is_exact, value)))
        for operator, value in operand.items()
    )


def _is_plain(path: str) -> bool:
    return all(array_index(part) < 0 for part in split_path(path))


def _is_exact(value: Any) -> bool:
    return type_order(value) in _SCALARS and value == value


def _encoded(conditions: Sequence[FilterCondition]) -> Conditions:
    found: list[OnPath | Either] = []
    for condition in conditions:
        if isinstance(condition, OneOf):
            # At `a.0` null also matches objects in the array without a field `0`; keys are of the position alone.
            if _is_plain(condition.path) or not _allows_null(condition):
                found.append(_points(condition))
        elif isinstance(condition, Within):
            found.append(_span(condition))
        elif isinstance(condition, AnyOf):
            found.append(Either(tuple(map(_encoded, condition.branches))))
    return tuple(found)


def _allows_null(condition: OneOf) -> bool:
    return any(type_order(value) == values.NULL for value in condition.values)


def _points(condition: OneOf) -> OnPath:
    points: dict[bytes, None] = {}
    for value in condition.values:
        points[encode(value)] = None
        if type_order(value) == values.ARRAY:
            # An index holds an array's elements, and an array as a whole only where it is an element itself.
            points[encode(value[0]) if value else UNDEFINED_KEY] = None
    return OnPath(condition.path, points=tuple(points), may_be_missing=_allows_null(condition))


def _span(condition: Within) -> OnPath:
    before, beyond = BRACKETS[type_order(condition.upper if condition.lower is None else condition.lower)]
    low, high = Bound(before, after=True), Bound(beyond)
    if condition.lower is not None:
        low = Bound(encode(condition.lower), after=not condition.lower_included or _is_between(condition.lower))
    if condition.upper is not None:
        high = Bound(encode(condition.upper), after=condition.upper_included or _is_between(condition.upper))
    return OnPath(condition.path, span=Span(low, high))


def _is_between(value: Any) -> bool:
    """Whether it is a moment between two stored ones, which are whole milliseconds: it encodes as the earlier."""
    return isinstance(value, datetime) and value.microsecond % 1000 != 0


def intersected(spans: Sequence[Span]) -> Span:
    """The values that lie in all of the spans."""
    return Span(
        max((span.low for span in spans), key=Bound.position), min((span.high for span in spans), key=Bound.position)
    )


def hull(conditions: Conditions, path: str) -> OnPath | None:
    """What an alternative demands of a path in all of its branches, as one span from the lowest value to the highest.

    A client that synchronises asks for what is later than a moment, or of that moment and has a higher id: for
    nothing that is earlier than the moment. None when no alternative demands anything of the path.
    """
    for condition in conditions:
        if isinstance(condition, Either):
            demands = [_demand(branch, path) for branch in condition.branches]
            spans = [_whole_span(demand) for demand in demands if demand is not None]
            if spans and len(spans) == len(demands):
                span = Span(
                    min((span.low for span in spans), key=Bound.position),
                    max((span.high for span in spans), key=Bound.position),
                )
                return OnPath(path, span=span, may_be_missing=any(each and each.may_be_missing for each in demands))
    return None


def _demand(branch: Conditions, path: str) -> OnPath | None:
    return next((each for each in branch if isinstance(each, OnPath) and each.path == path), None)


def _whole_span(demand: OnPath) -> Span:
    if demand.span is not None:
        return demand.span
    points = demand.points or (b"",)
    return Span(Bound(min(points)), Bound(max(points), after=True))
