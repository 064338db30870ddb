"""$pull and $pullAll."""

from __future__ import annotations

import re
from typing import Any

import pytest
from bson import Decimal128, ObjectId, Regex

from chalicelib.core.errors import InvalidUpdate
from chalicelib.core.query.update import parse_update
from tests.core.query.update.updating import check

ONE_ID = ObjectId("0" * 24)


@pytest.mark.parametrize(
    ("items", "operand", "expected"),
    [
        ([1, 2, 1, 3], 1, [2, 3]),
        ([1, 1.0, Decimal128("1"), True, "1"], 1, [True, "1"]),
        ([1, True], True, [1]),
        ([1, None, 2], None, [1, 2]),
        (["a", "b"], "a", ["b"]),
        ([ONE_ID, 1], ONE_ID, [1]),
        ([], 1, []),
        ([1, 2], 3, [1, 2]),
        ([[1, 2], [1], 1], [1, 2], [[1], 1]),
        ([[1, 2], [2, 1]], [2, 1], [[1, 2]]),
        ([1, [1], [[1]]], 1, [[1], [[1]]]),
        # operators on the elements themselves
        ([1, 5, 9], {"$gt": 4}, [1]),
        ([1, 5, 9], {"$gt": 1, "$lt": 9}, [1, 9]),
        ([1, 5, 9], {"$gte": 5}, [1]),
        ([1, 5, 9], {"$in": [1, 9]}, [5]),
        ([1, 5, 9], {"$nin": [1, 9]}, [1, 9]),
        ([1, 5, 9], {"$ne": 5}, [5]),
        ([1, 5, 9], {"$eq": 5}, [1, 9]),
        ([1, "x", None], {"$type": "string"}, [1, None]),
        ([1, "x", None], {"$exists": True}, []),
        (["x", 5, True], {"$gt": 1}, ["x", True]),
        ([[1, 9], [2]], {"$gt": 5}, [[2]]),
        ([[1, 9], [2]], {"$size": 2}, [[2]]),
        ([1, 2, 3, 4], {"$mod": [2, 0]}, [1, 3]),
        ([[{"q": 5}], [{"q": 1}]], {"$elemMatch": {"q": {"$gt": 3}}}, [[{"q": 1}]]),
        # regular expressions
        (["abc", "bcd", 1], {"$regex": "^a"}, ["bcd", 1]),
        (["abc", "ABC"], {"$regex": "^a", "$options": "i"}, []),
        (["abc", "bcd"], Regex("^a"), ["bcd"]),
        (["abc", "ABC"], re.compile("^A"), ["abc"]),
        # an object is a condition on the fields of elements that are objects
        ([{"x": 1}, {"x": 2}], {"x": 1}, [{"x": 2}]),
        ([{"x": 1, "y": 2}, {"x": 1, "y": 3}], {"x": 1, "y": 2}, [{"x": 1, "y": 3}]),
        ([{"y": 2, "x": 1}], {"x": 1, "y": 2}, []),
        ([{"x": 1, "y": 2}], {"x": 1}, []),
        ([{"x": 1}, {"x": 9}], {"x": {"$gt": 5}}, [{"x": 1}]),
        ([{"x": {"y": 1}}, {"x": {"y": 2}}], {"x.y": 1}, [{"x": {"y": 2}}]),
        ([{"x": {"y": 1}}, {"x": {"y": 1, "z": 1}}], {"x": {"y": 1}}, [{"x": {"y": 1, "z": 1}}]),
        ([{"x": [1, 2]}, {"x": [3]}], {"x": 2}, [{"x": [3]}]),
        ([{"x": 1}, 1, None, [{"x": 1}], "x"], {"x": 1}, [1, None, [{"x": 1}], "x"]),
        ([{"x": 1}, {}, 1, []], {}, [1, []]),
        ([{"x": 1}, {"y": 1}, 1], {"x": None}, [{"x": 1}, 1]),
        ([{"x": 1}, {"x": 2}, {"x": 3}], {"$or": [{"x": 1}, {"x": 3}]}, [{"x": 2}]),
        ([{"x": 1}, {"x": 2}], {"$and": [{"x": 1}, {"x": {"$lt": 5}}]}, [{"x": 2}]),
        ([{"x": 1}, {"x": 2}], {"$nor": [{"x": 1}]}, [{"x": 1}]),
        ([{"r": [{"q": 1, "s": 8}]}, {"r": [{"q": 2, "s": 8}]}], {"r": {"$elemMatch": {"q": 2, "s": {"$gte": 8}}}},
         [{"r": [{"q": 1, "s": 8}]}]),
    ],
)  # fmt: skip
def test_pull_takes_out_what_matches(items: list[Any], operand: Any, expected: list[Any]) -> None:
    check({"a": items}, {"$pull": {"a": operand}}, {"a": expected})
    check({"b": {"a": items}}, {"$pull": {"b.a": operand}}, {"b": {"a": expected}})


@pytest.mark.parametrize(
    "operand",
    [
        {"$where": "true"},
        {"$expr": {"$eq": [1, 1]}},
        {"$gt": 1, "$expr": True},
        {"$and": [{"$expr": True}]},
        {"x": 1, "$where": "true"},
        {"x": {"$near": [0, 0]}},
        {"$near": [0, 0]},
        {"x": {"$near": {"$geometry": {"type": "Point", "coordinates": [0, 0]}}}},
        {"$and": "x"},
        {"$and": [1]},
        {"$not": {"$gt": 1}},
        {"$unknown": 1},
        {"$in": 1},
        {"$gt": 1, "x": 1},
        {"x": {"$unknown": 1}},
        {"$regex": "("},
        {1: 1},
        2**63,
        object(),
        [object()],
        "\ud800",
    ],
)
def test_pull_refuses_conditions_that_no_element_can_be_asked(operand: Any) -> None:
    with pytest.raises(InvalidUpdate):
        parse_update({"$pull": {"a": operand}})


@pytest.mark.parametrize(
    ("items", "values", "expected"),
    [
        ([0, 2, 5, 5, 1, 0], [0, 5], [2, 1]),
        ([1, 2], [], [1, 2]),
        ([1, True, 1.0], [1], [True]),
        ([{"x": 1, "y": 2}, {"x": 1}], [{"x": 1}], [{"x": 1, "y": 2}]),
        ([{"x": 1, "y": 2}], [{"y": 2, "x": 1}], [{"x": 1, "y": 2}]),
        ([[1], 1], [[1]], [1]),
        ([None, 1], [None], [1]),
        (["abc"], [Regex("^a")], ["abc"]),
        ([Regex("^a"), "a"], [Regex("^a")], ["a"]),
    ],
)
def test_pull_all_takes_out_what_equals_a_value(items: list[Any], values: list[Any], expected: list[Any]) -> None:
    check({"a": items}, {"$pullAll": {"a": values}}, {"a": expected})


@pytest.mark.parametrize("operand", [1, "x", None, {"x": 1}, True])
def test_pull_all_takes_an_array_only(operand: Any) -> None:
    check({"a": [1]}, {"$pullAll": {"a": operand}}, None)
