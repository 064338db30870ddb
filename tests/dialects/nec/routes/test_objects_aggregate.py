from __future__ import annotations

from typing import Any

import pytest

from tests.core.site import FixedClock
from tests.dialects.nec.world import Answer, Nec, Person


@pytest.fixture(autouse=True)
def _box(nec: Nec) -> None:
    nec.bucket()


def aggregate(nec: Nec, *stages: dict[str, Any], by: Person | None = None, **body: Any) -> Answer:
    return nec.post("/objects/box/_aggregate", {"pipeline": list(stages), **body}, by=by)


SUM = {"$group": {"_id": "$kind", "sum": {"$sum": "$n"}}}


def test_groups_come_in_the_order_of_their_ids(nec: Nec) -> None:
    for kind, n in (("B", 1), ("A", 2), ("B", 3)):
        nec.object(kind=kind, n=n)
    answer = aggregate(nec, SUM)
    assert (answer.status, answer.json) == (200, {"results": [{"_id": "A", "sum": 2}, {"_id": "B", "sum": 4}]})


def test_only_readable_objects_take_part(nec: Nec) -> None:
    nec.object(n=1)
    nec.object(nec.user("ann"), n=10)
    for who, total in (("guest", 1), ("ann", 11), ("master", 11), ("bob", 1)):
        rows = aggregate(nec, {"$group": {"_id": None, "sum": {"$sum": "$n"}}}, by=nec.person(who)).json["results"]
        assert rows == [{"_id": None, "sum": total}], who


def test_a_lookup_reads_a_bucket_as_far_as_the_caller_may(nec: Nec) -> None:
    nec.bucket("other")
    nec.object(k=1)
    nec.object(bucket="other", k=1, seen=True)
    nec.object(nec.user("ann"), bucket="other", k=1, secret="hidden")
    lookup = {"$lookup": {"from": "other", "localField": "k", "foreignField": "k", "as": "found"}}
    answer = aggregate(nec, lookup)
    assert len(answer.json["results"][0]["found"]) == 1
    assert "hidden" not in answer.text
    assert len(aggregate(nec, lookup, by=nec.master).json["results"][0]["found"]) == 2
    nec.bucket("other", content_acl={})
    assert aggregate(nec, lookup).status == 403
    unknown = {"$lookup": {"from": "nobox", "localField": "k", "foreignField": "k", "as": "found"}}
    assert aggregate(nec, unknown).status == 404
    special = {"$lookup": {"from": "_USERS", "localField": "k", "foreignField": "k", "as": "found"}}
    assert aggregate(nec, special, by=nec.master).status == 404


def test_marked_objects_take_part_only_when_asked_for(nec: Nec) -> None:
    made = nec.object(n=1)
    nec.object(n=2)
    nec.delete(f"/objects/box/{made['_id']}", deleteMark=1)
    count = {"$count": "all"}
    assert aggregate(nec, count).json["results"] == [{"all": 1}]
    assert aggregate(nec, count, deleteMark=1).json["results"] == [{"all": 2}]


def test_stamps_in_a_match_are_dates_and_come_back_as_text(nec: Nec, clock: FixedClock) -> None:
    first = nec.object(n=1)
    clock.advance(seconds=1)
    second = nec.object(n=2)
    match = {"$match": {"updatedAt": {"$gt": first["updatedAt"]}}}
    assert aggregate(nec, match).json["results"] == [second]
    month = {"$project": {"_id": 0, "y": {"$year": "$createdAt"}}}
    assert aggregate(nec, match, month).json["results"] == [{"y": 2026}]


def test_stamps_are_text_wherever_they_stand_in_a_row(nec: Nec) -> None:
    made = nec.object(k=1)
    lookup = {"$lookup": {"from": "box", "localField": "k", "foreignField": "k", "as": "in.found"}}
    whole = {"$group": {"_id": "$createdAt", "first": {"$first": "$$ROOT"}, "last": {"$max": "$updatedAt"}}}
    assert aggregate(nec, lookup).json["results"] == [made | {"in": {"found": [made]}}]
    date = {"$date": made["createdAt"]}
    assert aggregate(nec, whole).json["results"] == [{"_id": date, "first": made, "last": date}]


def test_a_computed_field_is_shown_whatever_its_name(nec: Nec) -> None:
    nec.object()
    marks = {"$group": {"_id": None, "_deleted": {"$sum": 1}}}
    assert aggregate(nec, marks).json["results"] == [{"_id": None, "_deleted": 1}]


def test_a_pipeline_inside_a_lookup(nec: Nec) -> None:
    made = nec.object(k=1)
    lookup = {
        "$lookup": {
            "from": "box",
            "let": {"key": "$k"},
            "pipeline": [
                {"$match": {"createdAt": {"$gte": made["createdAt"]}}},
                {"$match": {"$expr": {"$eq": ["$k", "$$key"]}}},
                {"$project": {"_id": 0, "k": 1}},
            ],
            "as": "found",
        }
    }
    assert aggregate(nec, lookup, {"$project": {"found": 1, "_id": 0}}).json["results"] == [{"found": [{"k": 1}]}]


@pytest.mark.parametrize(
    "options", [{}, None, {"allowDiskUse": True, "maxTimeMS": 1000, "batchSize": 10}, {"maxTimeMS": 0}]
)
def test_options_are_taken(nec: Nec, options: Any) -> None:
    assert aggregate(nec, options=options).status == 200


@pytest.mark.parametrize(
    "options",
    [
        {"allowDiskUse": 1},
        {"allowDiskUse": "true"},
        {"maxTimeMS": "1000"},
        {"maxTimeMS": -1},
        {"maxTimeMS": True},
        {"batchSize": "x"},
        {"batchSize": 1.5},
        {"explain": True},
        [],
        "x",
    ],
)
def test_options_of_another_type_are_refused(nec: Nec, options: Any) -> None:
    assert aggregate(nec, options=options).status == 400


@pytest.mark.parametrize(
    ("pipeline", "status"),
    [
        (None, 400),
        ({}, 400),
        ("x", 400),
        ([1], 400),
        ([{}], 400),
        ([{"$out": "x"}], 400),
        ([{"$merge": {"into": "x"}}], 400),
        ([{"$unknown": 1}], 400),
        ([{"$match": {"$where": "1"}}], 400),
        ([{"$project": {"a": {"$function": {"body": "x", "args": [], "lang": "js"}}}}], 400),
        ([{"$lookup": {"from": "box", "pipeline": [{"$out": "x"}], "as": "x"}}], 400),
        ([{"$match": {"a": {"$date": "never"}}}], 400),
        ([{"$limit": -1}], 500),
        ([{"$project": {"x": {"$divide": ["$n", 0]}}}], 500),
    ],
)
def test_pipelines_that_are_none_are_refused(nec: Nec, pipeline: Any, status: int) -> None:
    nec.object(n=1)
    answer = nec.post("/objects/box/_aggregate", {"pipeline": pipeline})
    assert answer.status == status
    assert isinstance(answer.json["error"], str)


def test_a_body_without_a_pipeline_is_refused(nec: Nec) -> None:
    assert nec.post("/objects/box/_aggregate", {}).status == 400


def test_reading_needs_the_read_right_of_the_bucket(nec: Nec) -> None:
    nec.bucket(content_acl={"w": ["g:anonymous"]})
    assert aggregate(nec).status == 403
    assert aggregate(nec, by=nec.master).status == 200
