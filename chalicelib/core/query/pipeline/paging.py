"""$limit, $skip, $count and $sort.

Spec: mongodb, "$limit (aggregation)", "$skip (aggregation)", "$count (aggregation)" and "$sort (aggregation)".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from chalicelib.core.errors import InvalidQuery, OperatorMisused
from chalicelib.core.query.expressions.compiler import Compiler
from chalicelib.core.query.expressions.limits import weigh
from chalicelib.core.query.expressions.numbers import describe, whole_number
from chalicelib.core.query.order import Order, parse_order
from chalicelib.core.query.pipeline.stage import Budget, Run
from chalicelib.core.query.values import MAX_INT64, Document

SORT_CHUNK = 1_000
"""Documents that a sort with a limit gathers, beyond the limit, before it drops the surplus."""


@dataclass(frozen=True, slots=True)
class Limit:
    """The first `count` documents."""

    count: int

    @property
    def source(self) -> Document:
        return {"$limit": self.count}

    def apply(self, documents: Iterator[Document], run: Run) -> Iterator[Document]:
        return islice(documents, self.count)


@dataclass(frozen=True, slots=True)
class Skip:
    """The documents after the first `count`."""

    count: int

    @property
    def source(self) -> Document:
        return {"$skip": self.count}

    def apply(self, documents: Iterator[Document], run: Run) -> Iterator[Document]:
        return islice(documents, self.count, None)


@dataclass(frozen=True, slots=True)
class Count:
    """One document with the number of documents; no document when there are none."""

    field: str

    @property
    def source(self) -> Document:
        return {"$count": self.field}

    def apply(self, documents: Iterator[Document], run: Run) -> Iterator[Document]:
        count = sum(1 for _ in documents)
        if count:
            yield {self.field: count}


@dataclass(frozen=True, slots=True)
class Sort:
    """`limit` is set when a `$limit` follows: then only so many documents are kept."""

    order: Order
    limit: int | None = None

    @property
    def source(self) -> Document:
        return {"$sort": dict(self.order.keys)}

    def apply(self, documents: Iterator[Document], run: Run) -> Iterator[Document]:
        if self.limit is not None and self.limit <= SORT_CHUNK:
            yield from self._first(documents, self.limit)
            return
        budget, kept = Budget("$sort"), []
        for document in documents:
            budget.charge(weigh(document))
            kept.append(document)
        yield from self.order.sorted(kept)

    def _first(self, documents: Iterator[Document], limit: int) -> list[Document]:
        first: list[Document] = []
        while chunk := list(islice(documents, SORT_CHUNK)):
            first = self.order.sorted(first + chunk)[:limit]
        return first


def parse_limit(compiler: Compiler, source: Any) -> Limit:
    """Raises: OperatorMisused unless it is a whole number above 0."""
    count = _whole("$limit", source)
    if count <= 0:
        raise OperatorMisused("$limit must be greater than 0")
    return Limit(count)


def parse_skip(compiler: Compiler, source: Any) -> Skip:
    """Raises: OperatorMisused unless it is a whole number, 0 or above."""
    count = _whole("$skip", source)
    if count < 0:
        raise OperatorMisused("$skip must not be negative")
    return Skip(count)


def _whole(name: str, source: Any) -> int:
    count = whole_number(source)
    if count is None or count > MAX_INT64:
        raise OperatorMisused(f"{name} must be a whole number, not {describe(source)}")
    return count


def parse_count(compiler: Compiler, source: Any) -> Count:
    """Raises: OperatorMisused unless it is the name of a field."""
    if not isinstance(source, str) or not source or source.startswith("$") or "." in source or "\0" in source:
        raise OperatorMisused("$count must be the name of a field: not empty, no $ at its start, no dot")
    return Count(source)


def parse_sort(compiler: Compiler, source: Any) -> Sort:
    """Raises: InvalidQuery for wrong keys or directions; OperatorMisused when it is not an object, or an empty one."""
    if not isinstance(source, Mapping) or not source:
        raise OperatorMisused("$sort must be an object with at least one path")
    for path, direction in source.items():
        if isinstance(direction, Mapping):
            raise InvalidQuery(f"$sort by an expression such as $meta is not offered: {path}")
    return Sort(parse_order([(path, _direction(path, value)) for path, value in source.items()]))


def _direction(path: str, value: Any) -> int:
    direction = whole_number(value)
    if direction is None:
        raise InvalidQuery(f"a sort direction must be 1 or -1: {path}")
    return direction
