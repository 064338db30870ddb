"""Which foreign documents belong to a document: equality of two paths, or of a path and a variable."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.core.query.expressions.compiler import Compiler
from chalicelib.core.query.expressions.paths import field_names, value_at
from chalicelib.core.query.expressions.scope import Compiled, Scope
from chalicelib.core.query.expressions.values import order_key
from chalicelib.core.query.paths import array_index, values_at
from chalicelib.core.query.pipeline.match import BoundMatch
from chalicelib.core.query.pipeline.stage import Stage
from chalicelib.core.query.values import MISSING, Document, SortKey, sort_key

Rows = list[tuple[Document, int]]
"""Foreign documents with their weights."""


class Index:
    """Foreign documents by the keys that each of them has."""

    def __init__(self, rows: Rows, keys_of: Callable[[Document], Iterable[SortKey]]) -> None:
        self._rows = rows
        self._places: dict[SortKey, list[int]] = {}
        for place, (document, _) in enumerate(rows):
            for key in set(keys_of(document)):
                self._places.setdefault(key, []).append(place)

    def find(self, keys: Iterable[SortKey]) -> Rows:
        """The documents that have one of the keys, each once, in the order they came."""
        places = {place for key in keys for place in self._places.get(key, ())}
        return [self._rows[place] for place in sorted(places)]


@dataclass(frozen=True, slots=True)
class Join:
    """`localField` and `foreignField`."""

    local: str
    foreign: str

    def index(self, rows: Rows) -> Index:
        """The rows by each value that a filter sees at the foreign path."""
        return Index(rows, lambda document: map(sort_key, values_at(document, self.foreign)))

    def keys(self, document: Document) -> Iterable[SortKey]:
        """What is looked up for a document."""
        return self.sought(document).keys()

    def sought(self, document: Document) -> dict[SortKey, Any]:
        """What is looked up, by sort key: the value at the local path, or each element of an array there.

        Where there is nothing, or an empty array, null is looked up: MongoDB 5.0 does so.
        """
        values = {sort_key(value): value for value in _values(document, self.local.split("."))}
        return values or {sort_key(None): None}


def _values(value: Any, parts: Sequence[str]) -> Iterator[Any]:
    if not parts:
        if isinstance(value, list):
            yield from value
        elif value is not MISSING:
            yield value
    elif isinstance(value, Mapping):
        yield from _values(value.get(parts[0], MISSING), parts[1:])
    elif isinstance(value, list):
        index = array_index(parts[0])
        if 0 <= index < len(value):
            yield from _values(value[index], parts[1:])
        for item in value:
            if isinstance(item, Mapping):
                yield from _values(item, parts)


@dataclass(frozen=True, slots=True)
class Correlation:
    """A condition `{"$eq": ["$path", "$$variable"]}` that every foreign document must meet.

    It only saves work: the `$match` it comes from is asked all the same.
    """

    path: tuple[str, ...]
    variable: Compiled

    def index(self, rows: Rows) -> Index:
        """The rows by their value at the path, as `$eq` compares."""
        return Index(rows, lambda document: (order_key(value_at(document, self.path)),))

    def keys(self, variables: Mapping[str, Any]) -> Iterable[SortKey]:
        """What the variable's value asks for."""
        return (order_key(self.variable(Scope(None, variables))),)


def correlation_of(compiler: Compiler, stages: Sequence[Stage]) -> Correlation | None:
    """The first such condition in a leading `$match`, if any. The compiler knows the variables."""
    if not stages or not isinstance(stages[0], BoundMatch):
        return None
    expression = stages[0].unbound.get("$expr")
    conditions = expression["$and"] if isinstance(expression, Mapping) and "$and" in expression else [expression]
    for condition in conditions if isinstance(conditions, list) else ():
        operands = condition.get("$eq") if isinstance(condition, Mapping) else None
        if isinstance(operands, list) and all(isinstance(operand, str) for operand in operands):
            variable, path = sorted(operands, key=lambda operand: not operand.startswith("$$"))
            name = variable[2:].split(".")[0]
            if variable.startswith("$$") and name in compiler.variables and path.startswith("$") and path[1:2] != "$":
                return Correlation(tuple(field_names(path[1:])), compiler.compile(variable))
    return None
