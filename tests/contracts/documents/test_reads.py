"""Reads: order, pages, counts, time limits, and what is not there."""

from __future__ import annotations

import pytest

from chalicelib.core.documents import Documents
from chalicelib.core.errors import OperatorMisused, TimedOut
from chalicelib.core.query.filter import EVERYTHING, parse_filter
from chalicelib.core.query.order import parse_order
from chalicelib.core.query.pipeline import ForeignCollection, parse_pipeline
from chalicelib.core.query.projection import parse_projection
from chalicelib.core.query.query import Query

THINGS = "things"
ENDLESS = {
    "$reduce": {
        "input": {"$range": [0, 900_000]},
        "initialValue": 0,
        "in": {"$add": ["$$value", {"$pow": ["$$this", 2]}]},
    }
}
"""An expression that works for seconds, and that DocumentDB does not have."""


def test_without_an_order_documents_come_as_they_were_inserted(documents: Documents, tenant: str) -> None:
    # The ids grow, as those that the core makes: an engine that does not know the insertion order goes by them.
    for number in (10, 11, 12, 13):
        documents.insert(tenant, THINGS, {"_id": f"{number}", "n": -number})
    assert [document["_id"] for document in documents.find(tenant, THINGS, Query())] == ["10", "11", "12", "13"]


def test_a_tenant_that_does_not_exist_has_nothing(documents: Documents) -> None:
    nowhere = "nobody"
    assert documents.find_one(nowhere, THINGS, EVERYTHING) is None
    assert list(documents.find(nowhere, THINGS, Query())) == []
    assert documents.count(nowhere, THINGS, EVERYTHING) == 0
    assert list(documents.aggregate(nowhere, THINGS, parse_pipeline([]))) == []
    assert list(documents.indexes(nowhere, THINGS)) == []


def test_a_collection_that_does_not_exist_has_nothing(documents: Documents, tenant: str) -> None:
    assert documents.find_one(tenant, "nothing", EVERYTHING) is None
    assert list(documents.find(tenant, "nothing", Query())) == []
    assert documents.count(tenant, "nothing", EVERYTHING) == 0
    assert documents.delete_many(tenant, "nothing", EVERYTHING) == 0
    assert list(documents.indexes(tenant, "nothing")) == []


def test_counting_counts_what_matches(documents: Documents, tenant: str) -> None:
    for number in range(5):
        documents.insert(tenant, THINGS, {"_id": str(number), "n": number, "at": [number, 0]})
    assert documents.count(tenant, THINGS, EVERYTHING) == 5
    assert documents.count(tenant, THINGS, parse_filter({"n": {"$gt": 2}})) == 2
    assert documents.count(tenant, THINGS, parse_filter({"at": {"$geoWithin": {"$box": [[1, -1], [3, 1]]}}})) == 3
    assert documents.count(tenant, THINGS, EVERYTHING, stale_reads=True) == 5


def test_a_replica_may_answer(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1"})
    assert list(documents.find(tenant, THINGS, Query(stale_reads=True))) == [{"_id": "1"}]
    assert list(documents.aggregate(tenant, THINGS, parse_pipeline([]), stale_reads=True)) == [{"_id": "1"}]


def test_finding_one_by_a_place(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1", "at": [0, 0]})
    documents.insert(tenant, THINGS, {"_id": "2", "at": [5, 5]})
    wanted = parse_filter({"at": {"$geoWithin": {"$center": [[5, 5], 1]}}})
    found = documents.find_one(tenant, THINGS, wanted)
    assert found == {"_id": "2", "at": [5, 5]}


def test_a_place_with_order_page_and_projection(documents: Documents, tenant: str) -> None:
    for number in range(9):
        documents.insert(tenant, THINGS, {"_id": str(number), "at": [number, 0], "more": number})
    query = Query(
        filter=parse_filter({"at": {"$geoWithin": {"$box": [[2, -1], [7, 1]]}}}),
        order=parse_order([("more", -1)]),
        skip=1,
        limit=2,
        projection=parse_projection({"more": 1, "_id": 0}),
    )
    assert list(documents.find(tenant, THINGS, query)) == [{"more": 6}, {"more": 5}]


def test_an_answer_may_be_left_half_read(documents: Documents, tenant: str) -> None:
    for number in range(3000):
        documents.insert(tenant, THINGS, {"_id": f"{number:04}"})
    found = documents.find(tenant, THINGS, Query())
    assert next(found) == {"_id": "0000"}
    del found
    assert sum(1 for _ in documents.find(tenant, THINGS, Query())) == 3000


def test_an_aggregate_that_takes_too_long_is_stopped(documents: Documents, tenant: str) -> None:
    for number in range(20):
        documents.insert(tenant, THINGS, {"_id": str(number)})
    slow = parse_pipeline([{"$project": {"n": ENDLESS}}])
    with pytest.raises(TimedOut):
        list(documents.aggregate(tenant, THINGS, slow, timeout_ms=50))


def test_a_find_that_takes_too_long_is_stopped(documents: Documents, tenant: str) -> None:
    for number in range(20):
        documents.insert(tenant, THINGS, {"_id": str(number)})
    slow = parse_filter({"$expr": {"$lt": [ENDLESS, 0]}})
    with pytest.raises(TimedOut):
        list(documents.find(tenant, THINGS, Query(filter=slow, timeout_ms=50)))


def test_a_count_that_takes_too_long_is_stopped(documents: Documents, tenant: str) -> None:
    for number in range(20):
        documents.insert(tenant, THINGS, {"_id": str(number)})
    with pytest.raises(TimedOut):
        documents.count(tenant, THINGS, parse_filter({"$expr": {"$lt": [ENDLESS, 0]}}), timeout_ms=50)


def test_a_value_that_an_expression_cannot_take_is_told_while_reading(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1", "text": "x"})
    with pytest.raises(OperatorMisused):
        list(documents.aggregate(tenant, THINGS, parse_pipeline([{"$project": {"n": {"$pow": ["$text", 2]}}}])))


def test_a_lookup_never_shows_what_is_not_visible(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1", "of": "x"})
    for name, readers in (("20", ["u1"]), ("21", ["u2"])):
        documents.insert(tenant, "secrets", {"_id": name, "of": "x", "readers": readers})
    visible = parse_filter({"readers": "u1"})
    join = {"from": "s", "localField": "of", "foreignField": "of", "as": "found"}
    pipeline = parse_pipeline([{"$lookup": join}, {"$project": {"ids": "$found._id"}}])
    resolved = pipeline.resolved(lambda name: ForeignCollection({"s": "secrets"}[name], visible))
    assert list(documents.aggregate(tenant, THINGS, resolved)) == [{"_id": "1", "ids": ["20"]}]
    assert documents.count(tenant, "secrets", EVERYTHING) == 2


def test_an_aggregate_may_follow_a_condition(documents: Documents, tenant: str) -> None:
    for number in range(6):
        documents.insert(tenant, THINGS, {"_id": str(number), "n": number})
    seen = parse_pipeline([{"$count": "n"}]).after(parse_filter({"n": {"$gte": 4}}))
    assert list(documents.aggregate(tenant, THINGS, seen)) == [{"n": 2}]
