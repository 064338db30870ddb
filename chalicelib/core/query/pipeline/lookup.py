"""$lookup: documents of another collection beside each document. Spec: mongodb, "$lookup (aggregation)"."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from bson import Regex

from chalicelib.core.errors import InvalidQuery, OperatorMisused
from chalicelib.core.query.expressions.compiler import Compiler
from chalicelib.core.query.expressions.limits import MAX_VALUE_BYTES, weigh
from chalicelib.core.query.expressions.paths import field_names
from chalicelib.core.query.expressions.scope import Compiled
from chalicelib.core.query.filter import EVERYTHING, Filter, parse_filter
from chalicelib.core.query.paths import array_index, values_at
from chalicelib.core.query.pipeline.match import Match
from chalicelib.core.query.pipeline.stage import Budget, ForeignCollection, Run, Stage
from chalicelib.core.query.values import MISSING, Document, SortKey, sort_key

BATCH_ROWS = 500
"""Documents whose foreign documents are read together."""

MAX_SOUGHT_VALUES = 1_000
"""Local values that are sought by `$in`, inclusive; for more, all visible foreign documents are read."""

Rows = list[tuple[Document, int]]
"""Foreign documents with their weights."""


@dataclass(frozen=True, slots=True)
class Join:
    """Equality of a local and a foreign path."""

    local: str
    foreign: str


@dataclass(frozen=True, slots=True, eq=False)
class Lookup:
    """`foreign` is where it reads, once resolved; `name` is what the caller wrote.

    `leading` is the part of its pipeline that may be asked of the store; `rest` runs here.
    """

    name: str
    target: tuple[str, ...]
    join: Join | None
    let_source: Document
    let: tuple[tuple[str, Compiled], ...]
    stages: tuple[Stage, ...] | None
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
        """The same, reading only what `resolve` shows."""
        stages = None if self.stages is None else resolved_stages(self.stages, resolve)
        return replace(self, foreign=resolve(self.name), stages=stages)

    def apply(self, documents: Iterator[Document], run: Run) -> Iterator[Document]:
        while batch := list(islice(documents, BATCH_ROWS)):
            found = self._reader(batch, run)
            for document in run.timed(batch):
                yield _with_field(document, self.target, self._results(document, found(document), run))

    def _results(self, document: Document, found: Rows, run: Run) -> list[Document]:
        budget = Budget("the result of a $lookup", MAX_VALUE_BYTES)
        if not self.stages:
            for _, weight in found:
                budget.charge(weight)
            return [row for row, _ in found]
        if self.join is None and not self.let and not run.variables:
            if self not in run.kept:
                run.kept[self] = self._piped(found, {}, run, budget)
            return list(run.kept[self])
        scope = run.scope(document)
        return self._piped(found, {name: value(scope) for name, value in self.let}, run, budget)

    def _piped(self, found: Rows, variables: Document, run: Run, budget: Budget) -> list[Document]:
        results = []
        inside = run.inside(variables)
        for row in apply_stages(self._split[1], (row for row, _ in found), inside):
            budget.charge(weigh(row))
            results.append(row)
        return results

    @property
    def _split(self) -> tuple[Filter, tuple[Stage, ...]]:
        return split_leading_match(self.stages or ())

    def _reader(self, batch: list[Document], run: Run) -> Callable[[Document], Rows]:
        """What finds the foreign documents of each document in the batch."""
        join = self.join
        if join is None:
            rows = self._kept(run, self._all)
            return lambda document: rows
        if run.is_nested:
            # The pipeline around runs again and again: one read must do for all of them.
            index = self._kept(run, lambda run: _Index(self._all(run), join.foreign))
        else:
            index = _Index(self._sought(batch, join, run), join.foreign)
        return lambda document: index.find(local_keys(document, join.local))

    def _kept(self, run: Run, make: Callable[[Run], Any]) -> Any:
        place = (self, "rows")
        if place not in run.kept:
            run.kept[place] = make(run)
        return run.kept[place]

    def _all(self, run: Run) -> Rows:
        return self._fetched(EVERYTHING, run)

    def _sought(self, batch: list[Document], join: Join, run: Run) -> Rows:
        values = {key: value for document in batch for key, value in local_values(document, join.local).items()}
        # A regular expression in $in would match strings; here it is a value like others.
        if len(values) > MAX_SOUGHT_VALUES or any(isinstance(v, Regex | re.Pattern) for v in values.values()):
            return self._all(run)
        return self._fetched(parse_filter({join.foreign: {"$in": list(values.values())}}), run)

    def _fetched(self, condition: Filter, run: Run) -> Rows:
        if self.foreign is None:
            raise RuntimeError("a pipeline with $lookup runs only when it is resolved")
        wanted = self.foreign.visible & self._split[0] & condition
        budget, rows = Budget("$lookup"), []
        for document in run.timed(run.fetch(self.foreign.collection, wanted)):
            weight = weigh(document)
            budget.charge(weight)
            rows.append((document, weight))
        return rows


class _Index:
    """Foreign documents by each value that a filter sees at the foreign path."""

    def __init__(self, rows: Rows, path: str) -> None:
        self._rows = rows
        self._places: dict[SortKey, list[int]] = {}
        for place, (document, _) in enumerate(rows):
            for key in {sort_key(value) for value in values_at(document, path)}:
                self._places.setdefault(key, []).append(place)

    def find(self, keys: Iterable[SortKey]) -> Rows:
        """The documents that have one of the values, each once, in the order they came."""
        places = {place for key in keys for place in self._places.get(key, ())}
        return [self._rows[place] for place in sorted(places)]


def local_keys(document: Document, path: str) -> Iterable[SortKey]:
    """The sort keys of what is looked up for a document."""
    return local_values(document, path).keys()


def local_values(document: Document, path: str) -> dict[SortKey, Any]:
    """What is looked up for a document, by sort key: the value at the path, or each element of an array there.

    Where there is nothing, or an empty array, null is looked up: MongoDB 5.0 does so.
    """
    values = {sort_key(value): value for value in _local_values(document, path.split("."))}
    return values or {sort_key(None): None}


def _local_values(value: Any, parts: Sequence[str]) -> Iterator[Any]:
    if not parts:
        if isinstance(value, list):
            yield from value
        elif value is not MISSING:
            yield value
    elif isinstance(value, Mapping):
        yield from _local_values(value.get(parts[0], MISSING), parts[1:])
    elif isinstance(value, list):
        index = array_index(parts[0])
        if 0 <= index < len(value):
            yield from _local_values(value[index], parts[1:])
        for item in value:
            if isinstance(item, Mapping):
                yield from _local_values(item, parts)


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
    stages = None
    if "pipeline" in options:
        stages = compiler.with_variables(
            let, lambda: compiler.nested(lambda: parse_stages(compiler, options["pipeline"]))
        )
    return Lookup(options["from"], tuple(field_names(options["as"])), _join(options), dict(let), variables, stages)


def _join(options: Document) -> Join | None:
    if "localField" not in options:
        return None
    for key in ("localField", "foreignField"):
        field_names(options[key])
    if options["foreignField"].startswith("$"):
        raise InvalidQuery("a foreignField must not begin with $")
    return Join(options["localField"], options["foreignField"])
