"""The compiled form of a filter: nodes that answer for a document, and how nodes combine."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.filter.conditions import AnyOf, Condition
from chalicelib.core.query.paths import DocumentTest, Test, found_at, placed_values_at, split_path, values_at
from chalicelib.core.query.values import Document

Places = list[tuple[str, int]]
"""Where a filter matched in arrays: the path of the array and the index in it, in the order of the predicates."""


@dataclass(frozen=True, slots=True)
class Leaf:
    """A question about one value. `spreads`: asked of each element of an array, then of the array itself.

    `conditions` tells what it demands of a path; `element_index`, which element of an array value met it; `distance`,
    how far a value is from where $near looks.
    """

    test: Test
    spreads: bool = True
    conditions: Callable[[str], tuple[Condition, ...]] = lambda path: ()
    element_index: Callable[[Any], int | None] | None = None
    distance: Callable[[Any], float] | None = None


@dataclass(frozen=True, slots=True)
class Negation:
    """Holds where not all of the questions hold."""

    of: tuple[Leaf | Negation, ...]


ValueTest = Leaf | Negation


@dataclass(frozen=True, slots=True)
class Node:
    """A question about one document."""

    matches: DocumentTest
    conditions: tuple[Condition, ...] = ()
    places: Callable[[Document], Places] = lambda document: []
    distance: Callable[[Document], float] | None = None
    """How far a document is from where $near looks."""


EVERYTHING_NODE = Node(lambda document: True)


def at_path(path: str, test: ValueTest) -> Node:
    """The question asked of what a path means."""
    if isinstance(test, Negation):
        return none_of([all_of([at_path(path, part) for part in test.of])])
    return Node(
        matches=found_at(path, test.test, spreads=test.spreads),
        conditions=test.conditions(path),
        places=lambda document: _places(document, path, test),
        distance=_nearest(path, test.distance, test.spreads) if test.distance else None,
    )


def _nearest(path: str, distance: Callable[[Any], float], spreads: bool) -> Callable[[Document], float]:
    return lambda document: min(map(distance, values_at(document, path, spreads=spreads)), default=math.inf)


def single(test: ValueTest) -> Test:
    """The question asked of one value as it stands, as inside $elemMatch."""
    if isinstance(test, Leaf):
        return test.test
    return negated(conjunction([single(part) for part in test.of]))


def _places(document: Document, path: str, leaf: Leaf) -> Places:
    for value, place in placed_values_at(document, path, spreads=leaf.spreads):
        if not leaf.test(value):
            continue
        if place is not None:
            depth, index = place
            return [(".".join(split_path(path)[:depth]), index)]
        inner = leaf.element_index(value) if leaf.element_index else None
        return [] if inner is None else [(path, inner)]
    return []


def conjunction(tests: Sequence[Callable[[Any], bool]]) -> Callable[[Any], bool]:
    """Whether all tests hold, asked in their order."""
    if not tests:
        return lambda value: True
    if len(tests) == 1:
        return tests[0]
    if len(tests) == 2:
        first, second = tests
        return lambda value: first(value) and second(value)

    def all_hold(value: Any) -> bool:
        for test in tests:  # noqa: SIM110 - all() with a generator takes twice as long
            if not test(value):
                return False
        return True

    return all_hold


def negated(test: Callable[[Any], bool]) -> Callable[[Any], bool]:
    """Whether the test does not hold."""
    return lambda value: not test(value)


def _any_holds(tests: Sequence[DocumentTest]) -> DocumentTest:
    def any_holds(document: Document) -> bool:
        for test in tests:  # noqa: SIM110 - any() with a generator takes twice as long
            if test(document):
                return True
        return False

    return any_holds


def all_of(nodes: Sequence[Node]) -> Node:
    """Documents that every node matches."""
    if len(nodes) == 1:
        return nodes[0]
    return Node(
        matches=conjunction([node.matches for node in nodes]),
        conditions=tuple(condition for node in nodes for condition in node.conditions),
        places=lambda document: [place for node in nodes for place in node.places(document)],
        distance=_one_distance(nodes),
    )


def _one_distance(nodes: Sequence[Node]) -> Callable[[Document], float] | None:
    distances = [node.distance for node in nodes if node.distance is not None]
    if len(distances) > 1:
        raise OperatorMisused("a query can have only one $near or $nearSphere")
    return distances[0] if distances else None


def any_of(nodes: Sequence[Node]) -> Node:
    """Documents that a node matches."""
    if len(nodes) == 1:
        return nodes[0]
    branches = tuple(node.conditions for node in nodes)
    return Node(
        matches=_any_holds([node.matches for node in nodes]),
        # A branch without conditions may match anything, so the whole demands nothing.
        conditions=(AnyOf(branches),) if all(branches) else (),
        places=lambda document: _first_places(document, nodes),
    )


def _first_places(document: Document, nodes: Iterable[Node]) -> Places:
    return next((node.places(document) for node in nodes if node.matches(document)), [])


def none_of(nodes: Sequence[Node]) -> Node:
    """Documents that no node matches."""
    return Node(matches=negated(any_of(nodes).matches))
