from __future__ import annotations

import pytest
from bson import Decimal128

from chalicelib.core.errors import InvalidQuery, OperatorMisused
from chalicelib.core.query.pipeline import reshape
from tests.core.query.pipeline.running import check_error, run

DOC = {"_id": 1, "a": 5, "o": {"x": 1, "y": {"z": 2}}, "list": [{"x": 1, "y": 2}, 7, [{"x": 3}], {"y": 4}]}


def projected(source, document=DOC):
    (row,) = run([{"$project": source}], [document])
    return row


def added(source, document=DOC):
    (row,) = run([{"$addFields": source}], [document])
    return row


KEEPING = [
    ({"a": 1}, {"_id": 1, "a": 5}),
    ({"a": True}, {"_id": 1, "a": 5}),
    ({"a": 2.5}, {"_id": 1, "a": 5}),
    ({"a": Decimal128("1")}, {"_id": 1, "a": 5}),
    ({"a": 1, "_id": 0}, {"a": 5}),
    ({"_id": 1}, {"_id": 1}),
    ({"gone": 1}, {"_id": 1}),
    ({"o.x": 1}, {"_id": 1, "o": {"x": 1}}),
    ({"o": {"x": 1, "y": {"z": 1}}}, {"_id": 1, "o": {"x": 1, "y": {"z": 2}}}),
    ({"o.y.z": 1, "o.x": 1}, {"_id": 1, "o": {"x": 1, "y": {"z": 2}}}),
    ({"o": {"y.z": 1}}, {"_id": 1, "o": {"y": {"z": 2}}}),
    ({"a.b": 1}, {"_id": 1}),
    ({"list.x": 1}, {"_id": 1, "list": [{"x": 1}, [{"x": 3}], {}]}),
    ({"list": 1, "a": 1}, {"_id": 1, "a": 5, "list": DOC["list"]}),
]
LEAVING_OUT = [
    ({"a": 0, "list": 0}, {"_id": 1, "o": DOC["o"]}),
    ({"_id": 0}, {"a": 5, "o": DOC["o"], "list": DOC["list"]}),
    ({"a": False, "_id": 1, "list": 0, "o": 0}, {"_id": 1}),
    ({"o.y": 0, "list": 0}, {"_id": 1, "a": 5, "o": {"x": 1}}),
    ({"o": 0, "a": 0, "list.x": 0}, {"_id": 1, "list": [{"y": 2}, 7, [{}], {"y": 4}]}),
    ({"o": 0, "list": 0, "a.b": 0}, {"_id": 1, "a": 5}),
]
COMPUTING = [
    ({"b": "$a"}, {"_id": 1, "b": 5}),
    ({"b": "text"}, {"_id": 1, "b": "text"}),
    ({"b": None}, {"_id": 1, "b": None}),
    ({"b": {"$literal": 1}}, {"_id": 1, "b": 1}),
    ({"b": ["$a", "$gone"]}, {"_id": 1, "b": [5, None]}),
    ({"b": "$gone", "a": 1}, {"_id": 1, "a": 5}),
    ({"_id": "$a"}, {"_id": 5}),
    ({"_id": 0, "b": "$_id"}, {"b": 1}),
    ({"b": "$list.x"}, {"_id": 1, "b": [1]}),
    ({"b": "$list.0"}, {"_id": 1, "b": []}),
    ({"o": {"x": 1, "new": "$a"}}, {"_id": 1, "o": {"x": 1, "new": 5}}),
    ({"o.new": "$a"}, {"_id": 1, "o": {"new": 5}}),
    ({"p.q.r": "$a"}, {"_id": 1, "p": {"q": {"r": 5}}}),
    ({"a": {"b": "$o.x"}}, {"_id": 1, "a": {"b": 1}}),
    ({"list.n": "$a"}, {"_id": 1, "list": [{"n": 5}, {"n": 5}, [{"n": 5}], {"n": 5}]}),
    ({"a": {"$cond": [{"$gt": ["$a", 9]}, "$a", "$$REMOVE"]}, "o.x": 1}, {"_id": 1, "o": {"x": 1}}),
    ({"a": "$o", "o": "$a"}, {"_id": 1, "a": DOC["o"], "o": 5}),
]


@pytest.mark.parametrize(("source", "expected"), KEEPING + LEAVING_OUT + COMPUTING, ids=str)
def test_project_keeps_drops_and_computes_fields(source, expected):
    assert projected(source) == expected


def test_kept_fields_keep_their_order_and_computed_ones_follow():
    row = projected({"z": "$a", "list": 1, "a": 1, "_id": 1})
    assert list(row) == ["_id", "a", "list", "z"]


ADDING = [
    ({"b": 1}, {"b": 1}),
    ({"a": "$o.x"}, {"a": 1}),
    ({"a": "$gone"}, {"a": None}),
    ({"o.x": 9}, {"o": {"x": 9, "y": {"z": 2}}}),
    ({"o": {"x": 9, "w": {"v": True}}}, {"o": {"x": 9, "y": {"z": 2}, "w": {"v": True}}}),
    ({"o": {"$literal": {"only": 1}}}, {"o": {"only": 1}}),
    ({"a.b": 1}, {"a": {"b": 1}}),
    ({"list.n": "$a"}, {"list": [{"x": 1, "y": 2, "n": 5}, {"n": 5}, [{"x": 3, "n": 5}], {"y": 4, "n": 5}]}),
    ({"o.x": "$$REMOVE"}, {"o": {"y": {"z": 2}}}),
    ({"p.q": "$$REMOVE"}, {"p": {}}),
    ({"_id": "$a"}, {"_id": 5}),
]


@pytest.mark.parametrize(("source", "changes"), ADDING, ids=str)
def test_add_fields_adds_and_replaces_fields(source, changes):
    expected = {name: value for name, value in {**DOC, **changes}.items() if value is not None}
    assert added(source) == expected


def test_add_fields_keeps_the_place_of_a_field_it_changes():
    assert list(added({"o": 1, "new": 2, "a": 3})) == ["_id", "a", "o", "list", "new"]


MISUSED = [
    {"$project": {}},
    {"$project": 5},
    {"$project": {"a": {}}},
    {"$project": {"a": 1, "b": 0}},
    {"$project": {"a": 0, "b": "$a"}},
    {"$project": {"a": 0, "_id": "$a"}},
    {"$project": {"o": {"x": 1, "y": 0}}},
    {"$project": {"_id.x": 0, "a": 1}},
    {"$addFields": {}},
    {"$addFields": "a"},
    {"$addFields": {"a": {}}},
    {"$addFields": {"a": {"$abs": "$o"}}},
]
INVALID = [
    {"$project": {"a": 1, "a.b": 1}},
    {"$project": {"a.b": 1, "a": 1}},
    {"$project": {"a.b": 1, "a": {"b": 1}}},
    {"$project": {"a..b": 1}},
    {"$project": {"": 1}},
    {"$project": {"$a": 1}},
    {"$project": {"a.$": 1}},
    {"$project": {5: 1}},
    {"$project": {"a": {"$slice": [[1], 1], "b": 1}}},
    {"$project": {"a": {"$elemMatch": {"x": 1}}}},
    {"$addFields": {"a": {"$nope": 1}}},
    {"$addFields": {"a.b": 1, "a.b.c": 1}},
    {"$addFields": {".".join("a" * 101): 1}},
]


@pytest.mark.parametrize("stage", MISUSED, ids=str)
def test_wrong_specifications_are_refused(stage):
    check_error([stage], [DOC], OperatorMisused)


@pytest.mark.parametrize("stage", INVALID, ids=str)
def test_invalid_specifications_are_refused(stage):
    check_error([stage], [DOC], InvalidQuery)


@pytest.mark.parametrize("depth", [101, 50_000])
def test_deep_specifications_are_refused_and_no_recursion_error(depth):
    source = 1
    for _ in range(depth):
        source = {"a": source}
    check_error([{"$addFields": source}], [DOC], InvalidQuery)


def test_a_document_cannot_grow_without_end(monkeypatch):
    monkeypatch.setattr(reshape, "MAX_VALUE_BYTES", 10_000)
    fields = {f"f{number}": "$text" for number in range(20)}
    check_error([{"$addFields": fields}], [{"text": "x" * 1000}], OperatorMisused)
