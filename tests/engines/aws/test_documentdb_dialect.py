"""What DocumentDB 5.0 is asked, and what is computed here."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.query.filter import EVERYTHING, parse_filter
from chalicelib.core.query.order import Order, parse_order
from chalicelib.core.query.pipeline import ForeignCollection, parse_pipeline
from chalicelib.core.query.projection import parse_projection
from chalicelib.core.query.update import parse_update
from chalicelib.engines.aws.documentdb_dialect import (
    can_grow,
    served_order,
    served_projection,
    served_update,
    split_filter,
    split_pipeline,
    unchanged,
)

POINT = {"type": "Point", "coordinates": [0, 0]}
SQUARE = {"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]]]}
BOX = {"$geoWithin": {"$box": [[0, 0], [1, 1]]}}
BY_ID = {"$sort": {"_id": 1}}


# --- filters ---


@pytest.mark.parametrize(
    "source",
    [
        {},
        {"a": 1, "b.c": {"$gt": 1, "$lt": 5}},
        {"a": {"$in": [1, None]}, "$or": [{"b": 1}, {"$and": [{"c": {"$exists": False}}]}]},
        {"a": {"$elemMatch": {"b": {"$not": {"$size": 2}}}}},
        {"a": {"$elemMatch": {"$gt": 1, "$lt": 2}}},
        {"a": {"$elemMatch": {"$or": [{"b": 1}, {"c": 2}]}}},
        {"a": {"$all": [{"$elemMatch": {"b": 1}}]}},
        {"a": {"$regex": "^x", "$options": "i"}},
        {"a": {"$geoWithin": {"$geometry": SQUARE}}},
        {"a": {"$geoIntersects": {"$geometry": POINT}}},
        {"$expr": {"$gt": ["$a", {"$add": ["$b", 1]}]}},
        {"$expr": {"$eq": ["$a", {"$literal": {"$anything": "$$REMOVE"}}]}},
        {"a": 1, "$comment": "why"},
    ],
)
def test_the_server_decides_a_filter_that_it_has_the_operators_for(source: dict[str, Any]) -> None:
    split = split_filter(parse_filter(source))
    assert split.rest is None
    assert split.served == source


@pytest.mark.parametrize(
    ("source", "served"),
    [
        ({"a": BOX}, {"$and": [{"a": {"$exists": True}}]}),
        ({"a": BOX, "b": 1}, {"$and": [{"b": 1}, {"a": {"$exists": True}}]}),
        ({"$and": [{"a": BOX}, {"b": 1}]}, {"$and": [{"b": 1}, {"a": {"$exists": True}}]}),
        ({"a": {"$nearSphere": {"$geometry": POINT}}}, {"$and": [{"a": {"$exists": True}}]}),
        # A document without the field meets a negated condition.
        ({"a": {"$not": BOX}}, {}),
        ({"$or": [{"a": BOX}, {"b": 1}], "c": 1}, {"$and": [{"c": 1}]}),
        ({"$expr": {"$eq": [{"$round": ["$a"]}, 1]}, "c": 1}, {"$and": [{"c": 1}]}),
        ({"$expr": {"$eq": ["$a", "$$REMOVE"]}}, {}),
        ({"$expr": {"$gt": [{"$ifNull": ["$a", "$b", 1]}, 1]}}, {}),
    ],
)
def test_the_rest_of_a_filter_is_decided_here(source: dict[str, Any], served: dict[str, Any]) -> None:
    split = split_filter(parse_filter(source))
    assert split.served == served
    assert split.rest is not None
    assert split.rest.source == source


# --- orders, projections, updates ---


@pytest.mark.parametrize(
    ("keys", "served"),
    [
        ([], [("_id", 1)]),
        ([("a", -1)], [("a", -1), ("_id", 1)]),
        ([("a", 1), ("_id", -1)], [("a", 1), ("_id", -1)]),
    ],
)
def test_an_order_ends_in_the_id(keys: list[tuple[str, int]], served: list[tuple[str, int]]) -> None:
    assert served_order(parse_order(keys) if keys else Order()) == served


@pytest.mark.parametrize(
    ("source", "served"),
    [
        ({"a": 1, "b.c": 1}, {"a": 1, "b.c": 1}),
        ({"a": 0}, {"a": 0}),
        ({"a": True, "_id": False}, {"a": 1, "_id": 0}),
        ({"a": {"b": {"c": 1}, "d": 5}}, {"a.b.c": 1, "a.d": 1}),
        ({"a": {"$slice": 1}, "b": 1}, None),
        ({"a": {"$elemMatch": {"b": 1}}}, None),
        ({}, None),
    ],
)
def test_only_plain_projections_are_asked_of_the_server(source: dict[str, Any], served: dict[str, Any] | None) -> None:
    assert served_projection(parse_projection(source)) == served


def test_without_a_projection_everything_is_asked() -> None:
    assert served_projection(None) is None


def test_operators_without_fields_are_not_sent() -> None:
    assert served_update(parse_update({"$set": {}, "$inc": {"a": 1}})) == {"$inc": {"a": 1}}
    assert served_update(parse_update({"$set": {}})) == {}


@pytest.mark.parametrize(
    ("source", "grows"),
    [
        ({"$unset": {"a": ""}}, False),
        ({"$pull": {"a": 1}, "$pop": {"b": 1}, "$pullAll": {"c": [1]}}, False),
        ({"$set": {}}, False),
        ({"$set": {"a": 1}}, True),
        ({"$unset": {"a": ""}, "$push": {"b": 1}}, True),
        ({"$inc": {"a": 1}}, True),
        ({"$rename": {"a": "longer"}}, True),
    ],
)
def test_an_update_that_only_takes_away_cannot_grow(source: dict[str, Any], grows: bool) -> None:
    assert can_grow(parse_update(source)) is grows


def test_what_was_seen_is_a_condition() -> None:
    document = {"_id": "1", "a": [1], "b": None}
    assert parse_filter(unchanged(document)).matches(document)
    assert not parse_filter(unchanged(document)).matches({**document, "a": [1, 2]})


# --- pipelines ---


@pytest.mark.parametrize(
    ("stages", "served"),
    [
        ([], [BY_ID]),
        ([{"$match": {"a": 1}}], [{"$match": {"a": 1}}, BY_ID]),
        ([{"$match": {"a": 1}}, {"$limit": 5}], [{"$match": {"a": 1}}, BY_ID, {"$limit": 5}]),
        ([{"$sort": {"a": -1}}], [{"$sort": {"a": -1, "_id": 1}}]),
        ([{"$sort": {"_id": -1}}, {"$skip": 1}], [{"$sort": {"_id": -1}}, {"$skip": 1}]),
        ([{"$count": "n"}], [{"$count": "n"}]),
        (
            [{"$group": {"_id": "$a", "n": {"$sum": 1}}}],
            [{"$group": {"_id": "$a", "n": {"$sum": 1}}}, BY_ID],
        ),
        (
            [{"$group": {"_id": "$a", "n": {"$push": "$b"}}}],
            [BY_ID, {"$group": {"_id": "$a", "n": {"$push": "$b"}}}, BY_ID],
        ),
        ([{"$project": {"a": 1, "b": {"$add": ["$c", 1]}}}], [BY_ID, {"$project": {"a": 1, "b": {"$add": ["$c", 1]}}}]),
    ],
)
def test_the_server_runs_the_stages_that_it_has(stages: list[Any], served: list[Any]) -> None:
    split = split_pipeline(parse_pipeline(stages), str)
    assert list(split.served) == served
    assert split.rest is None


@pytest.mark.parametrize(
    ("stages", "served", "rest"),
    [
        ([{"$bucketAuto": {"groupBy": "$a", "buckets": 2}}], [BY_ID], ["$bucketAuto"]),
        (
            [{"$match": {"a": 1}}, {"$bucket": {"groupBy": "$a", "boundaries": [0, 1]}}, {"$limit": 1}],
            [{"$match": {"a": 1}}, BY_ID],
            ["$bucket", "$limit"],
        ),
        ([{"$addFields": {"a": {"$round": ["$b", 1]}}}], [BY_ID], ["$addFields"]),
        ([{"$addFields": {"a": "$$REMOVE"}}], [BY_ID], ["$addFields"]),
        ([{"$project": {"a": {"b": {"$cond": [True, "$$NOW", 1]}}}}], [BY_ID], ["$project"]),
        ([{"$group": {"_id": None, "n": {"$stdDevPop": "$a"}}}], [], ["$group", "$sort"]),
        ([{"$group": {"_id": {"$trunc": "$a"}, "n": {"$sum": 1}}}], [], ["$group", "$sort"]),
        ([{"$group": {"_id": None, "n": {"$sum": {"$round": ["$a"]}}}}], [], ["$group", "$sort"]),
        (
            [{"$match": {"a": BOX, "b": 1}}, {"$limit": 1}],
            [{"$match": {"b": 1}}, BY_ID],
            ["$match", "$limit"],
        ),
        (
            [{"$sort": {"a": 1}}, {"$limit": 9}, {"$match": {"p": BOX}}],
            [{"$sort": {"a": 1, "_id": 1}}, {"$limit": 9}],
            ["$match"],
        ),
    ],
)
def test_the_rest_of_a_pipeline_is_computed_here(stages: list[Any], served: list[Any], rest: list[str]) -> None:
    split = split_pipeline(parse_pipeline(stages), str)
    assert list(split.served) == served
    assert split.rest is not None
    assert [next(iter(stage)) for stage in split.rest.stages] == rest


JOIN = {"from": "f", "localField": "a", "foreignField": "b", "as": "c"}


def test_a_plain_lookup_is_asked_of_the_server_by_the_stored_name() -> None:
    pipeline = parse_pipeline([{"$lookup": JOIN}]).resolved(
        lambda name: ForeignCollection(f"stored.{name}", EVERYTHING)
    )
    split = split_pipeline(pipeline, str.upper)
    assert list(split.served) == [BY_ID, {"$lookup": {**JOIN, "from": "STORED.F"}}]
    assert split.rest is None


def test_a_lookup_of_what_is_visible_is_computed_here() -> None:
    visible = parse_filter({"readers": "u1"})
    pipeline = parse_pipeline([{"$lookup": JOIN}]).resolved(lambda name: ForeignCollection(f"stored.{name}", visible))
    split = split_pipeline(pipeline, str)
    assert list(split.served) == [BY_ID]
    assert split.rest is not None
    assert [lookup.name for lookup in split.rest.lookups] == ["stored.f"]


def test_a_lookup_with_a_pipeline_is_computed_here() -> None:
    lookup = {"from": "f", "pipeline": [{"$match": {"a": 1}}], "as": "c"}
    pipeline = parse_pipeline([{"$lookup": lookup}]).resolved(lambda name: ForeignCollection(name, EVERYTHING))
    assert split_pipeline(pipeline, str).rest is not None
