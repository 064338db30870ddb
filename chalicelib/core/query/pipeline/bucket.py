"""$bucket and $bucketAuto: groups by ranges. Spec: mongodb, "$bucket (aggregation)", "$bucketAuto (aggregation)"."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from chalicelib.core.errors import InvalidQuery, OperatorMisused
from chalicelib.core.query.expressions.accumulators import AccumulatedField
from chalicelib.core.query.expressions.compiler import Compiler
from chalicelib.core.query.expressions.limits import weigh
from chalicelib.core.query.expressions.numbers import whole_number
from chalicelib.core.query.expressions.scope import Compiled, Constant
from chalicelib.core.query.expressions.values import order_key
from chalicelib.core.query.pipeline.group import Grouping, parse_fields
from chalicelib.core.query.pipeline.stage import Budget, Run
from chalicelib.core.query.values import MAX_INT32, MISSING, Document, SortKey, sort_key, type_order


@dataclass(frozen=True, slots=True)
class Bucket:
    """`keys` are the sort keys of `boundaries`; `default` is MISSING when there is none."""

    unchecked: Document
    group_by: Compiled
    boundaries: list[Any]
    keys: list[SortKey]
    default: Any
    fields: tuple[AccumulatedField, ...]

    @property
    def source(self) -> Document:
        return {"$bucket": self.unchecked}

    def apply(self, documents: Iterator[Document], run: Run) -> Iterator[Document]:
        grouping = Grouping("$bucket", self.fields)
        for document in documents:
            grouping.add(self._bucket_of(self.group_by(run.scope(document))), document, run)
        return grouping.results()

    def _bucket_of(self, value: Any) -> Any:
        place = bisect_right(self.keys, order_key(value))
        if 0 < place < len(self.keys):
            return self.boundaries[place - 1]
        if self.default is MISSING:
            raise OperatorMisused("$bucket meets a value outside of its boundaries, and has no default")
        return self.default


def parse_bucket(compiler: Compiler, source: Any) -> Bucket:
    """Raises: InvalidQuery for unknown operators; OperatorMisused for boundaries that are too few, not constant, of
    several types or not ascending, and for a default between them."""
    options = compiler.options("$bucket", source, ("groupBy", "boundaries"), ("default", "output"))
    if not isinstance(options["boundaries"], list | tuple) or len(options["boundaries"]) < 2:
        raise OperatorMisused("$bucket requires at least two boundaries")
    boundaries = [_constant(compiler, "boundaries", item) for item in options["boundaries"]]
    keys = [sort_key(item) for item in boundaries]
    if len({type_order(item) for item in boundaries}) != 1:
        raise OperatorMisused("the boundaries of $bucket must be of one type")
    if any(low >= high for low, high in pairwise(keys)):
        raise OperatorMisused("the boundaries of $bucket must ascend")
    default = MISSING
    if "default" in options:
        default = _constant(compiler, "default", options["default"])
        if keys[0] <= sort_key(default) < keys[-1]:
            raise OperatorMisused("the default of $bucket must lie outside of its boundaries")
    return Bucket(
        dict(source), _group_by(compiler, "$bucket", options), boundaries, keys, default, _output(compiler, options)
    )


def _constant(compiler: Compiler, what: str, source: Any) -> Any:
    compiled = compiler.compile(source)
    if not isinstance(compiled, Constant):
        raise OperatorMisused(f"$bucket requires constants for {what}")
    return compiled.value


def _group_by(compiler: Compiler, name: str, options: Document) -> Compiled:
    group_by = options["groupBy"]
    if not isinstance(group_by, Mapping) and not (isinstance(group_by, str) and group_by.startswith("$")):
        raise OperatorMisused(f"{name} requires a path that begins with $ or an expression for groupBy")
    return compiler.compile(group_by)


def _output(compiler: Compiler, options: Document) -> tuple[AccumulatedField, ...]:
    output = options.get("output", {"count": {"$sum": 1}})
    if not isinstance(output, Mapping):
        raise OperatorMisused("the output of a bucket must be an object")
    return parse_fields(compiler, output)


@dataclass(frozen=True, slots=True)
class BucketAuto:
    """Buckets of about the same number of documents; equal values are never separated."""

    unchecked: Document
    group_by: Compiled
    buckets: int
    fields: tuple[AccumulatedField, ...]

    @property
    def source(self) -> Document:
        return {"$bucketAuto": self.unchecked}

    def apply(self, documents: Iterator[Document], run: Run) -> Iterator[Document]:
        budget = Budget("$bucketAuto")
        rows: list[tuple[SortKey, Any, Document]] = []
        for document in documents:
            value = self.group_by(run.scope(document))
            value = None if value is MISSING else value
            budget.charge(weigh(document) + weigh(value))
            rows.append((sort_key(value), value, document))
        rows.sort(key=lambda row: row[0])
        start = 0
        for end in self._ends([key for key, _, _ in rows]):
            # The greatest value of a bucket is the least of the next one; only the last bucket includes it.
            low, high = rows[start][1], rows[min(end, len(rows) - 1)][1]
            yield self._bucket({"min": low, "max": high}, [document for _, _, document in rows[start:end]], run)
            start = end

    def _ends(self, keys: list[SortKey]) -> Iterator[int]:
        """Where each bucket ends in the sorted rows, exclusive."""
        size = max(1, int(len(keys) / self.buckets + 0.5))
        start = number = 0
        while start < len(keys):
            number += 1
            end = len(keys) if number == self.buckets else min(start + size, len(keys))
            while end < len(keys) and keys[end] == keys[end - 1]:
                end += 1
            yield end
            start = end

    def _bucket(self, bucket_id: Document, documents: list[Document], run: Run) -> Document:
        grouping = Grouping("$bucketAuto", self.fields)
        for document in run.timed(documents):
            grouping.add(bucket_id, document, run)
        (bucket,) = grouping.results()
        return bucket


def parse_bucket_auto(compiler: Compiler, source: Any) -> BucketAuto:
    """Raises: InvalidQuery for unknown operators and for granularity; OperatorMisused for a wrong number of buckets."""
    options = compiler.options("$bucketAuto", source, ("groupBy", "buckets"), ("output", "granularity"))
    if "granularity" in options:
        raise InvalidQuery("the option granularity of $bucketAuto is not offered")
    buckets = whole_number(options["buckets"])
    if buckets is None or not 0 < buckets <= MAX_INT32:
        raise OperatorMisused("$bucketAuto requires a whole number above 0 of buckets")
    return BucketAuto(dict(source), _group_by(compiler, "$bucketAuto", options), buckets, _output(compiler, options))
