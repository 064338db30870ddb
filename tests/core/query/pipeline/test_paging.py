from __future__ import annotations

import pytest

from chalicelib.core.errors import InvalidQuery, OperatorMisused
from chalicelib.core.query.pipeline import paging
from chalicelib.core.query.pipeline.stage import Budget
from tests.core.query.pipeline.running import check_error, run

DOCS = [{"_id": 1, "a": 2, "b": 1}, {"_id": 2, "a": 1, "b": 2}, {"_id": 3, "a": 2, "b": 3}, {"_id": 4}]


def ids(rows):
    return [row["_id"] for row in rows]


def test_limit_and_skip():
    assert ids(run([{"$limit": 2}], DOCS)) == [1, 2]
    assert ids(run([{"$skip": 3}], DOCS)) == [4]
    assert ids(run([{"$skip": 0}], DOCS)) == [1, 2, 3, 4]
    assert run([{"$skip": 9}], DOCS) == []


def test_count_tells_how_many_documents_come():
    assert run([{"$count": "n"}], DOCS) == [{"n": 4}]


def test_count_of_nothing_is_no_document():
    assert run([{"$match": {"_id": 9}}, {"$count": "n"}], DOCS) == []


def test_sort_is_stable_and_missing_comes_first():
    assert ids(run([{"$sort": {"a": 1}}], DOCS)) == [4, 2, 1, 3]
    assert ids(run([{"$sort": {"a": -1, "b": -1}}], DOCS)) == [3, 1, 2, 4]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 5000])
def test_sort_before_a_limit_keeps_only_the_first(limit):
    documents = [{"_id": number, "a": number * 7919 % 2503} for number in range(2503)]
    expected = sorted(documents, key=lambda document: document["a"])[:limit]
    assert run([{"$sort": {"a": 1}}, {"$limit": limit}], documents) == expected


def test_sort_keeps_to_its_memory(monkeypatch):
    monkeypatch.setattr(paging, "Budget", lambda what: Budget(what, 150))
    check_error([{"$sort": {"a": 1}}], DOCS, OperatorMisused)


MISUSED = [
    {"$limit": 0},
    {"$limit": -1},
    {"$limit": 1.5},
    {"$limit": "1"},
    {"$limit": True},
    {"$limit": 1e300},
    {"$skip": -1},
    {"$skip": 0.5},
    {"$skip": None},
    {"$count": ""},
    {"$count": "$a"},
    {"$count": "a.b"},
    {"$count": "a\0"},
    {"$count": 5},
    {"$sort": {}},
    {"$sort": 5},
    {"$sort": [("a", 1)]},
]
INVALID = [
    {"$sort": {"a": 2}},
    {"$sort": {"a": True}},
    {"$sort": {"a": "1"}},
    {"$sort": {"": 1}},
    {"$sort": {"a": {"$meta": "textScore"}}},
]


@pytest.mark.parametrize("stage", MISUSED, ids=str)
def test_wrong_operands_are_refused(stage):
    check_error([stage], DOCS, OperatorMisused)


@pytest.mark.parametrize("stage", INVALID, ids=str)
def test_invalid_orders_are_refused(stage):
    check_error([stage], DOCS, InvalidQuery)
