"""What a filter tells an engine that looks for an index."""

from datetime import UTC, datetime
from typing import Any

import pytest
from bson import MinKey, Regex

from chalicelib.core.query.filter import EVERYTHING, AnyOf, OneOf, Present, Within, parse_filter

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("source", "conditions"),
    [
        pytest.param({}, (), id="nothing"),
        pytest.param({"a": 1}, (OneOf("a", (1,)),), id="equality"),
        pytest.param({"a": None}, (OneOf("a", (None,)),), id="null or missing"),
        pytest.param({"a": [1, 2]}, (OneOf("a", ([1, 2],)),), id="a whole array"),
        pytest.param({"a.b": "x", "c": 2}, (OneOf("a.b", ("x",)), OneOf("c", (2,))), id="two fields"),
        pytest.param({"a": {"$in": [1, None]}}, (OneOf("a", (1, None)),), id="$in"),
        pytest.param({"a": {"$in": []}}, (OneOf("a", ()),), id="an empty $in"),
        pytest.param({"a": {"$in": [1, Regex("x", "")]}}, (), id="$in with a pattern"),
        pytest.param({"a": {"$gt": 5}}, (Within("a", lower=5),), id="$gt"),
        pytest.param({"a": {"$gte": NOON}}, (Within("a", lower=NOON, lower_included=True),), id="$gte"),
        pytest.param(
            {"a": {"$lt": "x", "$lte": "y"}},
            (Within("a", upper="x"), Within("a", upper="y", upper_included=True)),
            id="$lt and $lte",
        ),
        pytest.param({"a": {"$gte": None}}, (OneOf("a", (None,)),), id="$gte null is null"),
        pytest.param({"a": {"$gt": None}}, (OneOf("a", ()),), id="$gt null is nothing"),
        pytest.param({"a": {"$gt": [1]}}, (), id="an array is no bound"),
        pytest.param({"a": {"$gt": MinKey()}}, (), id="MinKey is no bound"),
        pytest.param({"a": {"$exists": True}}, (Present("a"),), id="$exists"),
        pytest.param({"a": {"$exists": False}}, (), id="not $exists"),
        pytest.param({"a": {"$all": [1, 2]}}, (OneOf("a", (1,)), OneOf("a", (2,))), id="$all"),
        pytest.param({"a": {"$all": []}}, (OneOf("a", ()),), id="an empty $all"),
        pytest.param({"a": {"$ne": 1}}, (), id="$ne"),
        pytest.param({"a": {"$not": {"$gt": 1}}}, (), id="$not"),
        pytest.param({"$nor": [{"a": 1}]}, (), id="$nor"),
        pytest.param({"$expr": True, "a": {"$size": 1}}, (), id="what no index serves"),
        pytest.param({"$and": [{"a": 1}, {"b": 2}]}, (OneOf("a", (1,)), OneOf("b", (2,))), id="$and"),
        pytest.param(
            {"$or": [{"a": 1}, {"b": 2, "c": {"$gt": 3}}]},
            (AnyOf(((OneOf("a", (1,)),), (OneOf("b", (2,)), Within("c", lower=3)))),),
            id="$or",
        ),
        pytest.param({"$or": [{"a": 1}, {"b": {"$ne": 1}}]}, (), id="$or with a branch that may be anything"),
        pytest.param({"$or": [{"a": 1}]}, (OneOf("a", (1,)),), id="$or of one"),
        pytest.param(
            {"a": {"$elemMatch": {"$gt": 1, "$lte": 5, "$ne": 3}}},
            (Within("a", 1, False, 5, True),),
            id="$elemMatch of values meets both bounds at once",
        ),
        pytest.param({"a": {"$elemMatch": {"$gt": 1}}}, (Within("a", lower=1),), id="$elemMatch with one bound"),
        pytest.param(
            {"a": {"$elemMatch": {"$gt": 1, "$lt": "x"}}},
            (Within("a", lower=1), Within("a", upper="x")),
            id="$elemMatch with bounds of two types",
        ),
        pytest.param({"a.0": {"$elemMatch": {"$gt": 1}}}, (), id="$elemMatch of values below an index"),
        pytest.param(
            {"a": {"$elemMatch": {"b": 1, "c": {"$gt": 2}}}},
            (OneOf("a.b", (1,)), Within("a.c", lower=2)),
            id="$elemMatch of objects",
        ),
        pytest.param({"a": {"$elemMatch": {"b": None, "0": 1}}}, (), id="$elemMatch of null and of an index"),
        pytest.param({"a.0": {"$elemMatch": {"b": 1}}}, (), id="$elemMatch of objects below an index"),
        pytest.param(
            {"a": {"$elemMatch": {"$or": [{"b": 1}, {"c": 2}]}}},
            (AnyOf(((OneOf("a.b", (1,)),), (OneOf("a.c", (2,)),))),),
            id="$or in $elemMatch",
        ),
        pytest.param({"a": {"$elemMatch": {"$or": [{"b": 1}, {"c": None}]}}}, (), id="$or in $elemMatch with null"),
        pytest.param({"a": {"$regex": "x"}}, (), id="$regex"),
        pytest.param(
            {"a": {"$regex": "^xy.z"}},
            (AnyOf(((Within("a", "xy", True, "xz"),), (OneOf("a", (Regex("^xy.z", ""),)),))),),
            id="$regex with a beginning",
        ),
        pytest.param({"a": {"$regex": "^xy", "$options": "i"}}, (), id="$regex that ignores case"),
        pytest.param({"a": {"$not": {"$regex": "^xy"}}}, (), id="not $regex"),
        pytest.param({"a": {"$near": [1, 2]}}, (), id="$near"),
    ],
)
def test_a_filter_tells_what_every_match_satisfies(source: Any, conditions: tuple[Any, ...]) -> None:
    assert parse_filter(source).conditions == conditions


def test_nan_is_equality_and_no_bound() -> None:
    (condition,) = parse_filter({"a": {"$gte": float("nan")}}).conditions

    assert isinstance(condition, OneOf)
    assert condition.values[0] != condition.values[0]


def test_joined_filters_demand_both() -> None:
    assert EVERYTHING.conditions == ()
    assert (parse_filter({"a": 1}) & parse_filter({"b": 2})).conditions == (OneOf("a", (1,)), OneOf("b", (2,)))
