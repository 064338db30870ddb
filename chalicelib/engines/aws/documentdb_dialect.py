"""What Amazon DocumentDB 5.0 can be asked, and what is left to compute here.

Pure functions over checked values. The tables are allow-lists: what they do not name is computed by the core from the
documents that the server finds, so a gap in a table costs time and never a wrong answer. MongoDB
itself can do all of it, but is asked no more than DocumentDB, so that both give the same answers in the same way.
Spec: documentdb, "Supported MongoDB APIs, operations, and data types".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.core.query.filter import EVERYTHING, Filter
from chalicelib.core.query.order import Order
from chalicelib.core.query.pipeline import ForeignCollection, Pipeline, parse_pipeline
from chalicelib.core.query.projection import Projection
from chalicelib.core.query.update import Update
from chalicelib.core.query.values import Document


def _names(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


LOGIC = frozenset({"$and", "$or", "$nor"})
FILTER_OPERATORS = _names(
    "$eq $ne $gt $gte $lt $lte $in $nin $exists $type $all $elemMatch $size $mod $regex $options $not "
    "$bitsAllClear $bitsAllSet $bitsAnyClear $bitsAnySet"
)
GEO_OPERATORS = frozenset({"$geoWithin", "$geoIntersects"})
"""Only with $geometry: $box, $center, $centerSphere and $polygon are missing, and $near needs a geographic index."""

STAGES = _names("$match $project $addFields $group $sort $skip $limit $count $lookup")
ACCUMULATORS = _names("$sum $avg $min $max $first $last $push $addToSet")
ORDERED_ACCUMULATORS = frozenset({"$first", "$last", "$push"})
"""Accumulators whose result depends on the order in which documents come."""
EXPRESSIONS = _names(
    "$abs $add $ceil $divide $exp $floor $ln $log $log10 $mod $multiply $sqrt $subtract "
    "$cmp $eq $ne $gt $gte $lt $lte $and $or $not $cond $ifNull $switch $let $literal "
    "$concat $indexOfBytes $indexOfCP $ltrim $rtrim $trim $split $strLenBytes $strLenCP $strcasecmp $substrBytes "
    "$substrCP $toLower $toUpper $regexMatch $regexFind $regexFindAll $replaceOne $replaceAll "
    "$arrayElemAt $arrayToObject $concatArrays $filter $in $indexOfArray $isArray $map $objectToArray $range $reduce "
    "$reverseArray $size $slice $zip $mergeObjects "
    "$allElementsTrue $anyElementTrue $setDifference $setEquals $setIntersection $setIsSubset $setUnion "
    "$year $month $dayOfMonth $dayOfWeek $dayOfYear $hour $minute $second $millisecond $week $isoWeek $isoWeekYear "
    "$isoDayOfWeek $dateToString $dateFromString $dateAdd $dateSubtract "
    "$convert $toBool $toDate $toDecimal $toDouble $toInt $toLong $toObjectId $toString $type"
)
MISSING_VARIABLES = frozenset({"REMOVE", "CURRENT", "NOW"})

SHRINKING_OPERATORS = frozenset({"$unset", "$pull", "$pullAll", "$pop"})
"""Update operators that cannot make a document larger."""


# --- filters ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SplitFilter:
    """`served` is what the server is asked; `rest`, if any, decides among what it finds."""

    served: Document
    rest: Filter | None


def split_filter(filter: Filter) -> SplitFilter:
    """The part of a filter that the server can decide, and the whole filter again where that is not all of it."""
    conditions = list(_conditions(filter.source))
    served = [condition for condition in conditions if is_served_filter(condition)]
    if len(served) == len(conditions):
        return SplitFilter(filter.source, None)
    for condition in conditions:
        if condition not in served:
            served += [{path: {"$exists": True}} for path in _places(condition)]
    return SplitFilter({"$and": served} if served else {}, filter)


def _conditions(source: Document) -> Iterator[Document]:
    """Conditions of one key each, all of which must hold."""
    for name, operand in source.items():
        if name == "$and":
            for part in operand:
                yield from _conditions(part)
        elif name != "$comment":
            yield {name: operand}


def _places(condition: Document) -> list[str]:
    """The paths at which a condition asks for a place: only documents with something there can match."""
    return [
        path
        for path, operand in condition.items()
        if isinstance(operand, Mapping) and any(name.startswith(("$geo", "$near")) for name in operand)
    ]


def is_served_filter(source: Mapping[str, Any]) -> bool:
    """Whether the server can decide a checked filter."""
    return all(_is_served_condition(name, operand) for name, operand in source.items())


def _is_served_condition(name: str, operand: Any) -> bool:
    if name in LOGIC:
        return all(map(is_served_filter, operand))
    if name == "$expr":
        return is_served_expression(operand)
    if name == "$comment":
        return True
    return _is_served_test(operand)


def _is_served_test(operand: Any) -> bool:
    """What stands beside a path: a value to equal, or operators."""
    if not isinstance(operand, Mapping) or not any(name.startswith("$") for name in operand):
        return True
    return all(_is_served_operator(name, value) for name, value in operand.items())


def _is_served_operator(name: str, operand: Any) -> bool:
    if name == "$not":
        return _is_served_test(operand)
    if name == "$elemMatch":
        return all(
            _is_served_condition(key, value)
            if key in LOGIC or not key.startswith("$")
            else _is_served_test({key: value})
            for key, value in operand.items()
        )
    if name == "$all":
        return all(map(_is_served_test, operand))
    if name in GEO_OPERATORS:
        return list(operand) == ["$geometry"]
    return name in FILTER_OPERATORS


# --- orders and projections ------------------------------------------------------------------


def served_order(order: Order) -> list[tuple[str, int]]:
    """Sort keys for the server, with `_id` last: it promises no order among equals, and none without a sort."""
    keys = list(order.keys)
    return keys if any(path == "_id" for path, _ in keys) else [*keys, ("_id", 1)]


def served_projection(projection: Projection | None) -> Document | None:
    """A projection that spares the server sending fields; None sends all. The core projects what comes once more."""
    if projection is None:
        return None
    paths = dict(_projected_paths(projection.source, ""))
    return paths if paths and all(isinstance(value, int) for value in paths.values()) else None


def _projected_paths(source: Document, above: str) -> Iterator[tuple[str, Any]]:
    for name, value in source.items():
        if isinstance(value, Mapping) and not any(key.startswith("$") for key in value):
            yield from _projected_paths(dict(value), f"{above}{name}.")
        else:
            yield f"{above}{name}", value if isinstance(value, Mapping) else int(bool(value))


# --- updates ---------------------------------------------------------------------------------


def served_update(update: Update) -> Document:
    """The update without operators that name no field, which servers before MongoDB 5.0 refuse."""
    return {name: fields for name, fields in update.source.items() if fields}


def can_grow(update: Update) -> bool:
    """Whether the update may make a document larger."""
    return not SHRINKING_OPERATORS.issuperset(served_update(update))


def unchanged(document: Document) -> Document:
    """The condition that a document is still as it was read, field by field."""
    return {name: {"$eq": value} for name, value in document.items()}


# --- pipelines -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SplitPipeline:
    """`served` are the stages that the server runs; `rest` works on what they give."""

    served: tuple[Document, ...]
    rest: Pipeline | None


def split_pipeline(pipeline: Pipeline, stored_name: Callable[[str], str]) -> SplitPipeline:
    """The longest beginning of a resolved pipeline that the server can run, in a defined order, and the rest.

    `stored_name` returns the server's name of a collection.
    """
    stages = pipeline.stages
    served: list[Document] = []
    for stage in stages:
        if not _is_served_stage(stage):
            break
        served.append(_with_stored_name(stage, stored_name) if "$lookup" in stage else stage)
    rest = stages[len(served) :]
    if rest and "$match" in rest[0]:
        served += [{"$match": part} for part in _conditions(rest[0]["$match"]) if is_served_filter(part)]
    return SplitPipeline(tuple(_in_settled_order(served, rest)), _resolved(rest) if rest else None)


def _with_stored_name(stage: Document, stored_name: Callable[[str], str]) -> Document:
    return {"$lookup": {**stage["$lookup"], "from": stored_name(stage["$lookup"]["from"])}}


def _resolved(stages: Sequence[Document]) -> Pipeline:
    # The names are those of stored collections already, and the visibility filters are in the stages.
    return parse_pipeline(list(stages)).resolved(lambda name: ForeignCollection(name, EVERYTHING))


def _is_served_stage(stage: Document) -> bool:
    ((name, operand),) = stage.items()
    if name not in STAGES:
        return False
    if name == "$match":
        return is_served_filter(operand)
    if name == "$lookup":
        return not {"pipeline", "let"} & set(operand)
    if name == "$group":
        return _is_served_group(operand)
    if name in ("$project", "$addFields"):
        return all(map(is_served_expression, operand.values()))
    return True


def _is_served_group(operand: Document) -> bool:
    fields = [field for name, field in operand.items() if name != "_id"]
    return is_served_expression(operand["_id"]) and all(
        name in ACCUMULATORS and is_served_expression(value) for field in fields for name, value in field.items()
    )


def is_served_expression(source: Any) -> bool:
    """Whether the server can compute a checked expression."""
    if isinstance(source, str):
        return not (source.startswith("$$") and source[2:].split(".")[0] in MISSING_VARIABLES)
    if isinstance(source, list | tuple):
        return all(map(is_served_expression, source))
    if not isinstance(source, Mapping):
        return True
    if "$literal" in source:
        return True
    if "$ifNull" in source and len(source["$ifNull"]) > 2:
        return False
    operators = [name for name in source if name.startswith("$")]
    return EXPRESSIONS.issuperset(operators) and all(map(is_served_expression, source.values()))


def _in_settled_order(served: Sequence[Document], rest: Sequence[Document]) -> Iterator[Document]:
    """The served stages, with a sort by `_id` where the order of the stored documents affects the result."""
    leading = 0
    while leading < len(served) and "$match" in served[leading]:
        leading += 1
    yield from served[:leading]
    following = [*served[leading:], *rest]
    if not following or _needs_order(following[0]):
        yield {"$sort": {"_id": 1}}
    for stage in served[leading:]:
        yield {"$sort": {**stage["$sort"], "_id": stage["$sort"].get("_id", 1)}} if "$sort" in stage else stage


def _needs_order(stage: Document) -> bool:
    ((name, operand),) = stage.items()
    if name == "$group":
        fields = [field for key, field in operand.items() if key != "_id"]
        return any(ORDERED_ACCUMULATORS & set(field) for field in fields)
    return name not in ("$sort", "$count")
