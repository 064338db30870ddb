"""Filters: which documents a query means. Parsed and checked once; a parsed filter is a value.

conditions.py is for engines, parsing.py and operators.py say what is allowed and what it means, nodes.py and
comparison.py are the compiled form.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.core.errors import InvalidQuery
from chalicelib.core.query.filter.conditions import AnyOf, Condition, OneOf, Present, Within
from chalicelib.core.query.filter.nodes import EVERYTHING_NODE, Node, all_of
from chalicelib.core.query.filter.parsing import Scope, parse_conjunction
from chalicelib.core.query.limits import bounded_copy
from chalicelib.core.query.regex import RegexBudget
from chalicelib.core.query.values import Document

__all__ = ["EVERYTHING", "AnyOf", "Condition", "Filter", "OneOf", "Present", "Within", "parse_filter"]


class Filter:
    """A checked condition on documents.

    * `source`: the checked condition in MongoDB's own form, fit to be sent to a MongoDB-compatible server.
    * `matches(document)`: whether MongoDB would find the document. Raises: TimedOut when a regular expression takes too
      long; OperatorMisused where an `$expr` meets a value it cannot take.
    * `conditions`: what every document that matches satisfies, all of them, for the choice of an index; conditions.py
      says how to read them.
    * `distance_order`: a sort key when the filter has $near or $nearSphere, else None. The documents then come nearest
      first, unless the query has an order of its own.
    """

    __slots__ = ("_node", "conditions", "distance_order", "matches", "source")

    def __init__(self, source: Document, node: Node) -> None:
        self.source = source
        self.matches: Callable[[Document], bool] = node.matches
        self.conditions: tuple[Condition, ...] = node.conditions
        self.distance_order: Callable[[Document], float] | None = node.distance
        self._node = node

    def __repr__(self) -> str:
        return f"Filter({self.source!r})"

    def matched_position(self, document: Document, array_path: str) -> int | None:
        """The index in the array at `array_path` that the filter matched: what `$` means in an update.

        When no part of the filter is about that array, the position in another array that the filter asks about, as in
        MongoDB; None when the filter asks about no array. The last predicate that matched decides.
        """
        places = self._node.places(document)
        own = [index for path, index in places if path == array_path]
        return own[-1] if own else places[-1][1] if places else None

    def __and__(self, other: Filter) -> Filter:
        """The documents that both filters match."""
        if not self.source:
            return other
        if not other.source:
            return self
        return Filter({"$and": [self.source, other.source]}, all_of([self._node, other._node]))


def parse_filter(source: Any) -> Filter:
    """The filter that a MongoDB query document spells.

    Raises: InvalidQuery for what is not a filter, an unknown operator or a refused one ($where and all that
    runs code), or more nesting than limits.MAX_NESTING; OperatorMisused for an operand the operator cannot take.
    """
    if not isinstance(source, dict):
        raise InvalidQuery("a filter must be an object")
    own: Document = bounded_copy(source, "filter")
    try:
        node = parse_conjunction(own, Scope(RegexBudget()))
    except TypeError as error:
        raise InvalidQuery(f"the filter has a value that no document can hold: {error}") from error
    except RecursionError as error:
        # Only where the caller's own stack is nearly full: the copy is bounded.
        raise InvalidQuery("the filter is nested too deeply") from error
    return Filter(own, node)


EVERYTHING = Filter({}, EVERYTHING_NODE)
