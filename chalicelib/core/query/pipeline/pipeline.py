"""Stages put together: parsing, resolving and running a pipeline."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from chalicelib.core.clock import Deadline, SystemClock
from chalicelib.core.errors import InvalidQuery
from chalicelib.core.query.expressions.compiler import Compiler
from chalicelib.core.query.expressions.expression import new_compiler
from chalicelib.core.query.filter import Filter
from chalicelib.core.query.pipeline.bucket import Bucket, BucketAuto, parse_bucket, parse_bucket_auto
from chalicelib.core.query.pipeline.group import Group, parse_group
from chalicelib.core.query.pipeline.lookup import (
    Lookup,
    apply_stages,
    parse_lookup,
    resolved_stages,
    split_leading_match,
)
from chalicelib.core.query.pipeline.match import Match, parse_match
from chalicelib.core.query.pipeline.paging import (
    Count,
    Limit,
    Sort,
    parse_count,
    parse_limit,
    parse_skip,
    parse_sort,
)
from chalicelib.core.query.pipeline.reshape import parse_add_fields, parse_project
from chalicelib.core.query.pipeline.stage import Fetch, ForeignCollection, Run, Stage
from chalicelib.core.query.values import Document

MAX_STAGES = 200
"""Stages in a pipeline, those of nested ones included, inclusive. Our choice; each takes a place on the stack."""

MAX_PIPELINE_DEPTH = 20
"""Levels of pipelines inside a pipeline, inclusive. Source: MongoDB's limit."""

LOOKUP_PIPELINE = "$lookup.pipeline"
"""Among `Pipeline.operators` where a `$lookup` has a pipeline, which DocumentDB 5.0 cannot do."""


class Pipeline:
    """A checked pipeline of $match, $lookup, $limit, $skip, $sort, $group, $bucket, $bucketAuto, $count, $project
    and $addFields.

    `stages` are in MongoDB's own form, with `$lookup.from` still as the caller wrote it until `resolved` is used.
    Once resolved they are safe to send to a server: each `$lookup` there names the stored collection, and has the
    visibility filter as the first `$match` of its own pipeline (and a pipeline only for it, where it had none).
    A `$group` that no `$sort` follows is followed by one on `_id`, as it comes from `run`.

    `lookups` are all of them, nested ones included, outermost first. `operators` are the names of all stages,
    query and expression operators, accumulators and system variables (`$$NOW`), and LOOKUP_PIPELINE.
    """

    def __init__(self, parts: tuple[Stage, ...], operators: frozenset[str]) -> None:
        self._parts = parts
        self._operators = operators

    @property
    def stages(self) -> tuple[Document, ...]:
        return tuple(_sorted_groups(self._parts))

    @property
    def lookups(self) -> tuple[Lookup, ...]:
        return tuple(lookup for part in self._parts if isinstance(part, Lookup) for lookup in part.nested)

    @property
    def operators(self) -> frozenset[str]:
        piped = any("pipeline" in lookup.source["$lookup"] for lookup in self.lookups)
        return self._operators | {LOOKUP_PIPELINE} if piped else self._operators

    def resolved(self, resolve: Callable[[str], ForeignCollection]) -> Pipeline:
        """The same pipeline, each `$lookup` reading only the visible documents of the resolved collection."""
        return Pipeline(resolved_stages(self._parts, resolve), self._operators)

    def after(self, condition: Filter) -> Pipeline:
        """The same pipeline behind a first `$match`."""
        return Pipeline((Match(condition), *self._parts), self._operators | {"$match"})

    def split_match(self) -> tuple[Filter, Pipeline]:
        """The leading `$match` stages as one filter, which an index may serve, and the rest of the pipeline."""
        leading, rest = split_leading_match(self._parts)
        return leading, Pipeline(rest, self._operators)

    def run(self, documents: Iterable[Document], fetch: Fetch, deadline: Deadline) -> Iterator[Document]:
        """What the pipeline makes of the documents. `fetch(collection, filter)` reads a `$lookup`'s documents.

        The documents given are not changed; results may share parts with them and with each other.
        Raises: OperatorMisused when an operator meets a value it cannot take, or a stage needs more memory than
        MAX_STAGE_BYTES; TimedOut; RuntimeError for a `$lookup` that is not resolved.
        """
        return apply_stages(self._parts, documents, Run(fetch, deadline, SystemClock().now()))


def parse_pipeline(source: Any) -> Pipeline:
    """Raises: InvalidQuery for what is not a list of stages, an unknown or refused stage, operator or expression,
    naming it; OperatorMisused for an operand that MongoDB refuses."""
    _check_size(source)
    compiler = new_compiler()
    stages = _parse_stages(compiler, source)
    return Pipeline(stages, frozenset(compiler.operators))


_STAGES: dict[str, Callable[[Compiler, Any], Stage]] = {
    "$match": parse_match,
    "$lookup": lambda compiler, source: parse_lookup(compiler, source, _parse_stages),
    "$limit": parse_limit,
    "$skip": parse_skip,
    "$sort": parse_sort,
    "$group": parse_group,
    "$bucket": parse_bucket,
    "$bucketAuto": parse_bucket_auto,
    "$count": parse_count,
    "$project": parse_project,
    "$addFields": parse_add_fields,
}
"""Spec: nec-rest, 8.9."""


def _parse_stages(compiler: Compiler, source: Any) -> tuple[Stage, ...]:
    if not isinstance(source, list | tuple):
        raise InvalidQuery("a pipeline must be a list of stages")
    return _limited_sorts([_parse_stage(compiler, stage) for stage in source])


def _check_size(source: Any) -> None:
    """Raises: InvalidQuery for too many stages or levels; without recursion."""
    level, count = [source], 0
    for _ in range(MAX_PIPELINE_DEPTH + 1):
        stages = [stage for pipeline in level if isinstance(pipeline, list | tuple) for stage in pipeline]
        count += len(stages)
        if count > MAX_STAGES:
            raise InvalidQuery(f"a pipeline has more than {MAX_STAGES} stages")
        lookups = [stage["$lookup"] for stage in stages if isinstance(stage, Mapping) and "$lookup" in stage]
        level = [lookup["pipeline"] for lookup in lookups if isinstance(lookup, Mapping) and "pipeline" in lookup]
        if not level:
            return
    raise InvalidQuery(f"pipelines are nested deeper than {MAX_PIPELINE_DEPTH} levels")


def _parse_stage(compiler: Compiler, source: Any) -> Stage:
    if not isinstance(source, Mapping) or len(source) != 1:
        raise InvalidQuery("a stage must be an object with one field, the name of the stage")
    ((name, operand),) = source.items()
    parse = _STAGES.get(name)
    if parse is None:
        raise InvalidQuery(f"the stage {name} is not allowed; allowed are {', '.join(_STAGES)}")
    compiler.operators.add(name)
    return parse(compiler, operand)


def _limited_sorts(stages: list[Stage]) -> tuple[Stage, ...]:
    """Tells each `$sort` how many documents the `$limit` behind it wants."""
    following = [*stages[1:], None]
    return tuple(
        Sort(stage.order, after.count) if isinstance(stage, Sort) and isinstance(after, Limit) else stage
        for stage, after in zip(stages, following, strict=False)
    )


def _sorted_groups(stages: tuple[Stage, ...]) -> Iterator[Document]:
    """MongoDB returns groups in any order; they are sorted unless the next stage makes that needless."""
    for index, stage in enumerate(stages):
        yield stage.source
        after = stages[index + 1] if index + 1 < len(stages) else None
        if isinstance(stage, Group) and not isinstance(after, Sort | Group | Count | Bucket | BucketAuto):
            yield {"$sort": {"_id": 1}}
