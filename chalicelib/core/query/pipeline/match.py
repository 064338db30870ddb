"""$match: only the documents that a filter finds. Spec: mongodb, "$match (aggregation)"."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.core.errors import InvalidQuery
from chalicelib.core.query.expressions.compiler import SYSTEM_VARIABLES, Compiler
from chalicelib.core.query.filter import Filter, parse_filter
from chalicelib.core.query.limits import bounded_copy
from chalicelib.core.query.pipeline.stage import Run
from chalicelib.core.query.values import MISSING, Document


@dataclass(frozen=True, slots=True)
class Match:
    """A filter that is the same for every run."""

    filter: Filter

    @property
    def source(self) -> Document:
        return {"$match": self.filter.source}

    def apply(self, documents: Iterator[Document], run: Run) -> Iterator[Document]:
        return filter(self.filter.matches, documents)


@dataclass(frozen=True, slots=True)
class BoundMatch:
    """A filter whose `$expr` may use the let variables of a `$lookup`: made anew for each of their values."""

    unbound: Document

    @property
    def source(self) -> Document:
        return {"$match": self.unbound}

    def apply(self, documents: Iterator[Document], run: Run) -> Iterator[Document]:
        bound = parse_filter(_bound(self.unbound, _bindings(run.variables)))
        return filter(bound.matches, documents)


def parse_match(compiler: Compiler, source: Any) -> Match | BoundMatch:
    """Raises: as `parse_filter`; InvalidQuery for an order by distance, which only find has."""
    if not isinstance(source, Mapping):
        raise InvalidQuery("$match must be a filter, an object")
    bounded_copy(dict(source), "filter")  # for what it refuses: the walks below are not bounded
    _note_operators(source, compiler.operators)
    if compiler.variables and _has_expr(source):
        _checked(_bound(source, _bindings(dict.fromkeys(compiler.variables))))
        return BoundMatch(dict(source))
    return Match(_checked(source))


def _checked(source: Mapping[str, Any]) -> Filter:
    checked = parse_filter(dict(source))
    if checked.distance_order is not None:
        raise InvalidQuery("$near and $nearSphere are not allowed in $match")
    return checked


def _note_operators(source: Any, operators: set[str]) -> None:
    """Adds every operator and system variable in a filter that `parse_filter` has yet to check; no recursion."""
    waiting = [source]
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            operators.update(key for key in value if isinstance(key, str) and key.startswith("$"))
            waiting.extend(value.values())
        elif isinstance(value, list | tuple):
            waiting.extend(value)
        elif isinstance(value, str) and value.startswith("$$"):
            name = value[2:].split(".")[0]
            operators.update({f"$${name}"} if name in SYSTEM_VARIABLES else ())


def _has_expr(source: Any) -> bool:
    if isinstance(source, Mapping):
        return "$expr" in source or any(_has_expr(source.get(key)) for key in ("$and", "$or", "$nor"))
    return isinstance(source, list | tuple) and any(map(_has_expr, source))


def _bindings(variables: Mapping[str, Any]) -> Document:
    return {name: "$$REMOVE" if value is MISSING else {"$literal": value} for name, value in variables.items()}


def _bound(source: Any, bindings: Document) -> Any:
    """The filter with a `$let` around each `$expr`: shadowing and paths then mean what they should."""
    if isinstance(source, list | tuple):
        return [_bound(item, bindings) for item in source]
    if not isinstance(source, Mapping):
        return source
    bound = dict(source)
    if "$expr" in bound:
        bound["$expr"] = {"$let": {"vars": bindings, "in": bound["$expr"]}}
    for key in ("$and", "$or", "$nor"):
        if key in bound:
            bound[key] = _bound(bound[key], bindings)
    return bound
