from __future__ import annotations

from datetime import UTC, datetime

import pytest
from bson import Decimal128

from chalicelib.core.errors import InvalidQuery, OperatorMisused
from chalicelib.core.query.expressions import accumulators
from chalicelib.core.query.pipeline import group
from chalicelib.core.query.pipeline.stage import Budget
from tests.core.query.pipeline.running import check_error, run

SALES = [
    {"_id": 1, "item": "B", "price": 10, "n": 2, "at": datetime(2014, 3, 1, tzinfo=UTC)},
    {"_id": 2, "item": "A", "price": 20, "n": 1, "at": datetime(2014, 3, 1, tzinfo=UTC)},
    {"_id": 3, "item": "B", "price": 5, "n": 10, "at": datetime(2014, 3, 15, tzinfo=UTC)},
    {"_id": 4, "item": "A", "price": 2.5, "at": datetime(2014, 4, 4, tzinfo=UTC)},
]


def grouped(fields, documents=SALES, group_id=None):
    return run([{"$group": {"_id": group_id, **fields}}], documents)


def test_groups_come_in_the_order_of_their_ids():
    assert [row["_id"] for row in grouped({}, group_id="$item")] == ["A", "B"]


def test_groups_by_several_expressions():
    rows = grouped(
        {"total": {"$sum": {"$multiply": ["$price", "$n"]}}, "average": {"$avg": "$n"}, "count": {"$sum": 1}},
        group_id={"month": {"$month": "$at"}, "day": {"$dayOfMonth": "$at"}, "year": {"$year": "$at"}},
    )
    assert rows == [
        {"_id": {"month": 3, "day": 1, "year": 2014}, "total": 40, "average": 1.5, "count": 2},
        {"_id": {"month": 3, "day": 15, "year": 2014}, "total": 50, "average": 10.0, "count": 1},
        {"_id": {"month": 4, "day": 4, "year": 2014}, "total": 0, "average": None, "count": 1},
    ]


def test_null_and_missing_are_one_group_and_equal_numbers_too():
    documents = [{"k": None}, {}, {"k": 1}, {"k": 1.0}, {"k": Decimal128("1")}, {"k": True}]
    rows = grouped({"n": {"$sum": 1}}, documents, "$k")
    assert rows == [{"_id": None, "n": 2}, {"_id": 1, "n": 3}, {"_id": True, "n": 1}]


def test_in_an_object_null_and_missing_are_two_groups():
    rows = grouped({"n": {"$sum": 1}}, [{"k": None}, {}, {}], {"x": "$k"})
    assert rows == [{"_id": {}, "n": 2}, {"_id": {"x": None}, "n": 1}]


def test_no_documents_make_no_group():
    assert grouped({"n": {"$sum": 1}}, []) == []


VALUES = [{"v": 3}, {"v": None}, {}, {"v": "x"}, {"v": 1}, {"v": 3.0}, {"v": [9]}]
ACCUMULATED = [
    ({"$sum": "$v"}, 7.0),
    ({"$sum": 2}, 14),
    ({"$sum": "text"}, 0),
    ({"$avg": "$v"}, 7 / 3),
    ({"$min": "$v"}, 1),
    ({"$max": "$v"}, [9]),
    ({"$first": "$v"}, 3),
    ({"$last": "$v"}, [9]),
    ({"$first": "$gone"}, None),
    ({"$last": "$gone"}, None),
    ({"$push": "$v"}, [3, None, "x", 1, 3.0, [9]]),
    ({"$push": {"x": "$v"}}, [{"x": 3}, {"x": None}, {}, {"x": "x"}, {"x": 1}, {"x": 3.0}, {"x": [9]}]),
    ({"$addToSet": "$v"}, [3, None, "x", 1, [9]]),
    ({"$count": {}}, 7),
    ({"$stdDevPop": "$gone"}, None),
]


@pytest.mark.parametrize(("accumulator", "expected"), ACCUMULATED, ids=str)
def test_an_accumulator_makes_one_value_of_a_group(accumulator, expected):
    (row,) = grouped({"result": accumulator}, VALUES)
    assert row == {"_id": None, "result": expected}


def test_objects_of_a_group_are_merged():
    documents = [{"o": {"a": 1, "b": 1}}, {"o": None}, {}, {"o": {"b": 2}}]
    assert grouped({"m": {"$mergeObjects": "$o"}}, documents) == [{"_id": None, "m": {"a": 1, "b": 2}}]
    check_error([{"$group": {"_id": None, "m": {"$mergeObjects": "$o"}}}], [{"o": 5}], OperatorMisused)


def test_the_last_value_may_be_missing():
    assert grouped({"l": {"$last": "$v"}}, [{"v": 1}, {}]) == [{"_id": None, "l": None}]


def test_deviations_of_a_population_and_of_a_sample_differ():
    rows = grouped(
        {"p": {"$stdDevPop": "$v"}, "s": {"$stdDevSamp": "$v"}}, [{"v": value} for value in (2, 4, 4, 4, 5, 5, 7, 9)]
    )
    assert rows[0]["p"] == 2.0
    assert rows[0]["s"] == pytest.approx(2.138089935)


MISUSED = [
    5,
    {},
    {"n": {"$sum": 1}},
    {"_id": None, "n": 5},
    {"_id": None, "n": {}},
    {"_id": None, "n": {"$sum": 1, "$avg": 1}},
    {"_id": None, "n": {"$sum": [1, 2]}},
    {"_id": None, "n": {"$count": 1}},
    {"_id": {"$add": ["$item", 1]}},
]
INVALID = [
    {"_id": None, "n": {"$median": 1}},
    {"_id": None, "n": {"$add": [1]}},
    {"_id": None, "a.b": {"$sum": 1}},
    {"_id": None, "$a": {"$sum": 1}},
    {"_id": {"$nope": 1}},
    {"_id": {"a.b": 1}},
]


@pytest.mark.parametrize("source", MISUSED, ids=str)
def test_wrong_operands_are_refused(source):
    check_error([{"$group": source}], SALES, OperatorMisused)


@pytest.mark.parametrize("source", INVALID, ids=str)
def test_invalid_groups_are_refused(source):
    check_error([{"$group": source}], SALES, InvalidQuery)


def test_groups_keep_to_their_memory(monkeypatch):
    monkeypatch.setattr(group, "Budget", lambda what: Budget(what, 1_000))
    assert len(grouped({}, [{"k": number % 3} for number in range(100)], "$k")) == 3
    check_error([{"$group": {"_id": "$k"}}], [{"k": number} for number in range(100)], OperatorMisused)
    check_error([{"$group": {"_id": None, "all": {"$push": "$$ROOT"}}}], [{"k": "text"}] * 100, OperatorMisused)


@pytest.mark.parametrize("limit", ["MAX_ELEMENTS", "MAX_VALUE_BYTES"])
def test_an_array_of_a_group_has_a_limit(monkeypatch, limit):
    monkeypatch.setattr(accumulators, limit, 50)
    check_error([{"$group": {"_id": None, "all": {"$push": "$k"}}}], [{"k": 1}] * 100, OperatorMisused)


def test_an_object_of_a_group_has_a_limit(monkeypatch):
    monkeypatch.setattr(accumulators, "MAX_VALUE_BYTES", 1_000)
    documents = [{"o": {f"field{number}": 1}} for number in range(100)]
    check_error([{"$group": {"_id": None, "all": {"$mergeObjects": "$o"}}}], documents, OperatorMisused)
