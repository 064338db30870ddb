"""$lookup: adds matching documents of another collection to each document. Spec: mongodb, "$lookup (aggregation)"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from bson import Regex

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.expressions.compiler import Compiler
from chalicelib.core.query.expressions.limits import MAX_VALUE_BYTES, weigh
from chalicelib.core.query.expressions.paths import field_names
from chalicelib.core.query.expressions.scope import Compiled
from chalicelib.core.query.filter import EVERYTHING, Filter, parse_filter
from chalicelib.core.query.pipeline.join import Correlation, Index, Join, Rows, correlation_of
from chalicelib.core.query.pipeline.match import Match
from chalicelib.core.query.pipeline.stage import Budget, ForeignCollection, Run, Stage
from chalicelib.core.query.values import Document

BATCH_ROWS = 500
"""Documents whose foreign documents are read together."""

MAX_SOUGHT_VALUES = 1_000
"""Local values that are sought by `$in`, inclusive; for more, all visible foreign documents are read."""

Find = Callable[[Document, Mapping[str, Any]], Rows]
"""Finds the foreign documents for a document and the values of the let variables."""


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """`name` is what the caller wrote; `foreign` is where it reads, once resolved."""

    name: str
    target: tuple[str, ...]
    join: Join | None
    let_source: Document
    let: tuple[tuple[str, Compiled], ...]
    stages: tuple[Stage, ...] | None
    correlation: Correlation | None
    foreign: ForeignCollection | None = None

    @property
    def source(self) -> Document:
        """MongoDB's own form. Once resolved, `from` is the stored collection, and its pipeline begins with the
        visibility filter (with a pipeline of its own where it had none), so that a server reads nothing else."""
        visible = [] if self.foreign is None or not self.foreign.visible.source else [Match(self.foreign.visible)]
        lookup: Document = {"from": self.name if self.foreign is None else self.foreign.collection}
        if self.join is not None:
            lookup |= {"localField": self.join.local, "foreignField": self.join.foreign}
        if self.let_source:
            lookup["let"] = self.let_source
        if self.stages is not None or visible:
            lookup["pipeline"] = [stage.source for stage in (*visible, *(self.stages or ()))]
        return {"$lookup": {**lookup, "as": ".".join(self.target)}}

    @property
    def nested(self) -> Iterator[Lookup]:
        """This one and every `$lookup` inside its pipeline."""
        yield self
        for stage in self.stages or ():
            if isinstance(stage, Lookup):
                yield from stage.nested

    def resolved(self, resolve: Callable[[str], ForeignCollection]) -> Lookup:
        """The same stage, reading only the documents that `resolve` makes visible."""
        stages = None if self.stages is None else resolved_stages(self.stages, resolve)
        return replace(self, foreign=resolve(self.name), stages=stages)

    def apply(self, documents: Iterator[Document], run: Run) -> Iterator[Document]:
        leading, rest = split_leading_match(self.stages or ())
        while batch := list(islice(documents, BATCH_ROWS)):
            if self.join is not None and not run.is_nested:
                rows = self._fetched(leading & _sought(batch, self.join), run)
                find = _joined(self.join, self.join.index(rows))
            else:
                rows, find = [], self._finder(leading, run)
            for document in run.timed(batch):
                yield _with_field(document, self.target, self._results(document, find, rest, run))
            run.foreign.release(sum(weight for _, weight in rows))

    def _results(self, document: Document, find: Find, rest: tuple[Stage, ...], run: Run) -> list[Document]:
        if rest and self.join is None and not self.let and not run.variables:
            # Nothing in the pipeline differs from document to document.
            return list(self._kept(run, "results", lambda: _common_results(find(document, {}), rest, run)))
        scope = run.scope(document)
        inside = run.inside({name: value(scope) for name, value in self.let})
        return _piped(find(document, inside.variables), rest, inside)

    def _finder(self, leading: Filter, run: Run) -> Find:
        """Finds foreign documents in one read that serves the whole run."""
        join, correlation = self.join, self.correlation
        if join is not None:
            return _joined(join, self._kept(run, "rows", lambda: join.index(self._fetched(leading, run))))
        if correlation is not None:
            index = self._kept(run, "rows", lambda: correlation.index(self._fetched(leading, run)))
            return lambda document, variables: index.find(correlation.keys(variables))
        rows = self._kept(run, "rows", lambda: self._fetched(leading, run))
        return lambda document, variables: rows

    def _kept(self, run: Run, what: str, make: Callable[[], Any]) -> Any:
        if (self, what) not in run.kept:
            run.kept[self, what] = make()
        return run.kept[self, what]

    def _fetched(self, condition: Filter, run: Run) -> Rows:
        if self.foreign is None:
            raise RuntimeError("a pipeline with $lookup runs only when it is resolved")
        rows = []
        for document in run.timed(run.fetch(self.foreign.collection, self.foreign.visible & condition)):
            weight = weigh(document)
            run.foreign.charge(weight)
            rows.append((document, weight))
        return rows


def _common_results(found: Rows, stages: tuple[Stage, ...], run: Run) -> list[Document]:
    """Results kept for the whole run, charged like documents that are read."""
    results = _piped(found, stages, run.inside({}))
    run.foreign.charge(sum(map(weigh, results)))
    return results


def _joined(join: Join, index: Index) -> Find:
    return lambda document, variables: index.find(join.keys(document))


def _sought(batch: list[Document], join: Join) -> Filter:
    """The foreign documents that a batch needs; everything when there are too many values to name."""
    values = {key: value for document in batch for key, value in join.sought(document).items()}
    # A regular expression in $in would match strings; here it is a value like others.
    if len(values) > MAX_SOUGHT_VALUES or any(isinstance(value, Regex | re.Pattern) for value in values.values()):
        return EVERYTHING
    return parse_filter({join.foreign: {"$in": list(values.values())}})


def _piped(found: Rows, stages: tuple[Stage, ...], inside: Run) -> list[Document]:
    budget, results = Budget("the result of a $lookup", MAX_VALUE_BYTES), []
    if not stages:
        for row, weight in found:
            budget.charge(weight)
            results.append(row)
        return results
    for row in apply_stages(stages, (row for row, _ in found), inside):
        budget.charge(weigh(row))
        results.append(row)
    return results


def _with_field(document: Document, names: tuple[str, ...], value: Any) -> Document:
    first, *rest = names
    if rest:
        inner = document.get(first)
        value = _with_field(inner if isinstance(inner, dict) else {}, tuple(rest), value)
    return {**document, first: value}


def apply_stages(stages: Iterable[Stage], documents: Iterable[Document], run: Run) -> Iterator[Document]:
    """What the stages, one after the other, make of the documents."""
    rows = run.timed(documents)
    for stage in stages:
        rows = stage.apply(rows, run)
    return rows


def split_leading_match(stages: tuple[Stage, ...]) -> tuple[Filter, tuple[Stage, ...]]:
    """The filters that stages begin with, as one, and the other stages."""
    leading = EVERYTHING
    for index, stage in enumerate(stages):
        if not isinstance(stage, Match):
            return leading, stages[index:]
        leading = leading & stage.filter
    return leading, ()


def resolved_stages(stages: Iterable[Stage], resolve: Callable[[str], ForeignCollection]) -> tuple[Stage, ...]:
    """The stages, each `$lookup` in them resolved."""
    return tuple(stage.resolved(resolve) if isinstance(stage, Lookup) else stage for stage in stages)


ParseStages = Callable[[Compiler, Any], tuple[Stage, ...]]


def parse_lookup(compiler: Compiler, source: Any, parse_stages: ParseStages) -> Lookup:
    """Raises: InvalidQuery for unknown options, variables and stages; OperatorMisused for wrong or missing ones."""
    options = compiler.options("$lookup", source, ("from", "as"), ("localField", "foreignField", "let", "pipeline"))
    for key in ("from", "as", "localField", "foreignField"):
        if key in options and (not isinstance(options[key], str) or not options[key]):
            raise OperatorMisused(f"$lookup requires a string for {key}")
    let = options.get("let", {})
    if not isinstance(let, Mapping):
        raise OperatorMisused("$lookup requires an object for let")
    if ("localField" in options) != ("foreignField" in options):
        raise OperatorMisused("$lookup requires both localField and foreignField, or neither")
    if "pipeline" not in options and ("localField" not in options or "let" in options):
        raise OperatorMisused("$lookup requires a pipeline, or localField and foreignField without let")
    variables = tuple((name, compiler.compile(value)) for name, value in let.items())
    stages = correlation = None
    if "pipeline" in options:
        stages, correlation = compiler.with_variables(let, lambda: _inside(compiler, options, parse_stages))
    target = tuple(field_names(options["as"]))
    return Lookup(options["from"], target, _join(options), dict(let), variables, stages, correlation)


def _inside(
    compiler: Compiler, options: Document, parse_stages: ParseStages
) -> tuple[tuple[Stage, ...], Correlation | None]:
    stages = parse_stages(compiler, options["pipeline"])
    return stages, correlation_of(compiler, split_leading_match(stages)[1])


def _join(options: Document) -> Join | None:
    if "localField" not in options:
        return None
    for key in ("localField", "foreignField"):
        field_names(options[key])
    return Join(options["localField"], options["foreignField"])
