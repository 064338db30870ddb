"""$group: one document per distinct value of an expression.

Spec: mongodb, "$group (aggregation)"; nec-clients, 5.40.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.expressions.accumulators import AccumulatedField, Accumulator, parse_accumulated_field
from chalicelib.core.query.expressions.compiler import Compiler, check_field_name
from chalicelib.core.query.expressions.limits import weigh
from chalicelib.core.query.expressions.scope import Compiled
from chalicelib.core.query.pipeline.stage import Budget, Run
from chalicelib.core.query.values import MISSING, Document, SortKey, sort_key

ACCUMULATOR_BYTES = 100
"""About how many bytes the state of one accumulator takes."""


class Grouping:
    """The groups of one run: adds documents to them, and returns them in the order of their ids."""

    def __init__(self, stage_name: str, fields: tuple[AccumulatedField, ...]) -> None:
        self._fields = fields
        self._groups: dict[SortKey, tuple[Any, list[Accumulator]]] = {}
        self._budget = Budget(stage_name)

    def add(self, group_id: Any, document: Document, run: Run) -> None:
        """Adds a document to its group, which begins with its first document and keeps that one's id."""
        key = sort_key(group_id)
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = (group_id, [field.start() for field in self._fields])
            self._budget.charge(weigh(group_id) + ACCUMULATOR_BYTES * (1 + len(self._fields)))
        scope = run.scope(document)
        for field, accumulator in zip(self._fields, group[1], strict=True):
            grown = accumulator.add(field.operand(scope))
            if grown:
                self._budget.charge(grown)

    def results(self) -> Iterator[Document]:
        """One document per group."""
        for key in sorted(self._groups):
            group_id, accumulators = self._groups[key]
            values = zip(self._fields, accumulators, strict=True)
            yield {"_id": group_id, **{field.name: accumulator.result() for field, accumulator in values}}


@dataclass(frozen=True, slots=True)
class Group:
    """One document for each value of `id`, in the order of those, with a field for each accumulator."""

    unchecked: Document
    id: Compiled
    fields: tuple[AccumulatedField, ...]

    @property
    def source(self) -> Document:
        return {"$group": self.unchecked}

    def apply(self, documents: Iterator[Document], run: Run) -> Iterator[Document]:
        grouping = Grouping("$group", self.fields)
        for document in documents:
            group_id = self.id(run.scope(document))
            grouping.add(None if group_id is MISSING else group_id, document, run)
        return grouping.results()


def parse_group(compiler: Compiler, source: Any) -> Group:
    """Raises: InvalidQuery for an unknown operator; OperatorMisused without `_id` or for a wrong field."""
    if not isinstance(source, Mapping) or "_id" not in source:
        raise OperatorMisused("$group must be an object with _id")
    fields = {name: value for name, value in source.items() if name != "_id"}
    return Group(dict(source), compiler.compile(source["_id"]), parse_fields(compiler, fields))


def parse_fields(compiler: Compiler, source: Mapping[str, Any]) -> tuple[AccumulatedField, ...]:
    """The accumulated fields of a group or a bucket."""
    for name in source:
        check_field_name(name)
    return tuple(parse_accumulated_field(compiler, name, value) for name, value in source.items())
