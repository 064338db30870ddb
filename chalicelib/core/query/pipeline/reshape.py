"""$project and $addFields: documents with fields kept, left out or computed.

Both specifications become a tree: names to what happens there. Spec: mongodb, "$project (aggregation)", "$addFields".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from bson import Decimal128

from chalicelib.core.errors import InvalidQuery, OperatorMisused
from chalicelib.core.query.expressions.compiler import Compiler
from chalicelib.core.query.expressions.limits import MAX_VALUE_BYTES, weigh
from chalicelib.core.query.expressions.paths import field_names
from chalicelib.core.query.expressions.scope import Compiled, Scope
from chalicelib.core.query.expressions.values import truthy
from chalicelib.core.query.pipeline.stage import Budget, Run
from chalicelib.core.query.values import MISSING, Document


class Keep(Enum):
    """What happens to a stored field."""

    YES = 1
    NO = 0


class Node:
    """The fields of one level, in the order of the specification. `computes` when anything below is computed."""

    __slots__ = ("computes", "fields")

    def __init__(self) -> None:
        self.fields: dict[str, Keep | Compiled | Node] = {}
        self.computes = False


def parse_add_fields(compiler: Compiler, source: Any) -> AddFields:
    """Raises: InvalidQuery for paths that collide or unknown operators; OperatorMisused for an empty object."""
    tree = Node()
    for names, value in _leaves("$addFields", source):
        _plant(tree, names, compiler.compile(value))
    return AddFields(dict(source), tree)


def parse_project(compiler: Compiler, source: Any) -> Project:
    """Raises: InvalidQuery for paths that collide or unknown operators; OperatorMisused for an empty object, or for
    fields kept and left out together (`_id: 0` beside kept fields is allowed)."""
    tree = Node()
    for names, value in _leaves("$project", source):
        if isinstance(value, bool | int | float | Decimal128):
            _plant(tree, names, Keep.YES if truthy(value) else Keep.NO)
        else:
            _plant(tree, names, compiler.compile(value))
    id_action = tree.fields.get("_id")
    rest = Node()
    rest.fields = {name: item for name, item in tree.fields.items() if name != "_id" or isinstance(item, Node)}
    keeps, drops = _actions(rest)
    if keeps and drops:
        raise OperatorMisused("$project cannot keep some fields and leave out others")
    if drops or (not keeps and id_action is Keep.NO):
        if callable(id_action):
            raise OperatorMisused("$project cannot compute _id and leave out other fields")
        return Project(dict(source), tree, keeps=False)
    tree.fields.setdefault("_id", Keep.YES)
    return Project(dict(source), tree, keeps=True)


def _leaves(stage_name: str, source: Any, prefix: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The paths of a specification, dotted or nested, with what stands there: no object but expressions."""
    if not isinstance(source, Mapping) or not source:
        raise OperatorMisused(f"{stage_name} requires objects with at least one field")
    for path, value in source.items():
        if not isinstance(path, str):
            raise InvalidQuery(f"not a field path: {path!r}")
        names = tuple(field_names(".".join((*prefix, path))))
        if isinstance(value, Mapping) and not any(str(key).startswith("$") for key in value):
            yield from _leaves(stage_name, value, names)
        else:
            yield names, value


def _plant(tree: Node, names: tuple[str, ...], action: Keep | Compiled) -> None:
    node = tree
    node.computes = node.computes or not isinstance(action, Keep)
    for name in names[:-1]:
        child = node.fields.setdefault(name, Node())
        if not isinstance(child, Node):
            raise InvalidQuery(f"two paths collide: {'.'.join(names)}")
        node = child
        node.computes = node.computes or not isinstance(action, Keep)
    if names[-1] in node.fields:
        raise InvalidQuery(f"two paths collide: {'.'.join(names)}")
    node.fields[names[-1]] = action


def _actions(node: Node) -> tuple[bool, bool]:
    """Whether anything is kept or computed, and whether anything is left out."""
    keeps = drops = False
    for item in node.fields.values():
        below = _actions(item) if isinstance(item, Node) else (item is not Keep.NO, item is Keep.NO)
        keeps, drops = keeps or below[0], drops or below[1]
    return keeps, drops


@dataclass(frozen=True, slots=True)
class AddFields:
    """The documents with computed fields added or replaced."""

    unchecked: Document
    tree: Node

    @property
    def source(self) -> Document:
        return {"$addFields": self.unchecked}

    def apply(self, documents: Iterator[Document], run: Run) -> Iterator[Document]:
        for document in documents:
            yield _computed(self.tree, document, run.scope(document), _row_budget())


@dataclass(frozen=True, slots=True)
class Project:
    """`keeps`: fields not named are left out; otherwise they stay."""

    unchecked: Document
    tree: Node
    keeps: bool

    @property
    def source(self) -> Document:
        return {"$project": self.unchecked}

    def apply(self, documents: Iterator[Document], run: Run) -> Iterator[Document]:
        if not self.keeps:
            return (_without(self.tree, document) for document in documents)
        if not self.tree.computes:
            return (_only(self.tree, document) for document in documents)
        return (
            _computed(self.tree, _only(self.tree, document), run.scope(document), _row_budget())
            for document in documents
        )


def _row_budget() -> Budget:
    return Budget("a document", MAX_VALUE_BYTES)


def _only(node: Node, document: Document) -> Document:
    kept = {}
    for name, value in document.items():
        item = node.fields.get(name)
        if item is Keep.YES:
            kept[name] = value
        elif isinstance(item, Node):
            below = _only_in(item, value)
            if below is not MISSING:
                kept[name] = below
    return kept


def _only_in(node: Node, value: Any) -> Any:
    if isinstance(value, dict):
        return _only(node, value)
    if isinstance(value, list):
        return [below for item in value if (below := _only_in(node, item)) is not MISSING]
    # A scalar is replaced by what is computed below it.
    return {} if node.computes else MISSING


def _without(node: Node, document: Document) -> Document:
    kept = {}
    for name, value in document.items():
        item = node.fields.get(name)
        if item is not Keep.NO:
            kept[name] = _without_in(item, value) if isinstance(item, Node) else value
    return kept


def _without_in(node: Node, value: Any) -> Any:
    if isinstance(value, dict):
        return _without(node, value)
    return [_without_in(node, item) for item in value] if isinstance(value, list) else value


def _computed(node: Node, document: Document, scope: Scope, budget: Budget) -> Document:
    """The document with the computed fields; a field whose expression has no value is removed."""
    result = dict(document)
    for name, item in node.fields.items():
        if isinstance(item, Node):
            if item.computes:
                result[name] = _computed_in(item, result.get(name, MISSING), scope, budget)
        elif not isinstance(item, Keep):
            value = item(scope)
            if value is MISSING:
                result.pop(name, None)
            else:
                budget.charge(weigh(value))
                result[name] = value
    return result


def _computed_in(node: Node, value: Any, scope: Scope, budget: Budget) -> Any:
    if isinstance(value, list):
        return [_computed_in(node, item, scope, budget) for item in value]
    return _computed(node, value if isinstance(value, dict) else {}, scope, budget)
