"""$push, $addToSet, $pop."""

from __future__ import annotations

from typing import Any

import pytest
from bson import Decimal128, Int64

from tests.core.query.update.updating import check, updated

EACH = "$each"


@pytest.mark.parametrize(
    ("document", "operand", "expected"),
    [
        ({"a": [1]}, 2, [1, 2]),
        ({"a": [1]}, 1, [1, 1]),
        ({"a": [1]}, None, [1, None]),
        ({"a": [1]}, [2, 3], [1, [2, 3]]),
        ({"a": [1]}, {"b": 1}, [1, {"b": 1}]),
        ({"a": [1]}, {}, [1, {}]),
        ({"a": []}, 1, [1]),
        ({}, 1, [1]),
        ({}, [], [[]]),
        ({}, {EACH: []}, []),
        ({}, {EACH: [1, 2]}, [1, 2]),
        ({"a": [1]}, {EACH: [2, 3]}, [1, 2, 3]),
        ({"a": [1]}, {EACH: []}, [1]),
        ({"a": [1]}, {EACH: [[2], {"x": 1}]}, [1, [2], {"x": 1}]),
        ({"a": [1, 2]}, {EACH: [8, 9], "$position": 0}, [8, 9, 1, 2]),
        ({"a": [1, 2]}, {EACH: [8, 9], "$position": 1}, [1, 8, 9, 2]),
        ({"a": [1, 2]}, {EACH: [8, 9], "$position": 2}, [1, 2, 8, 9]),
        ({"a": [1, 2]}, {EACH: [8, 9], "$position": 7}, [1, 2, 8, 9]),
        ({"a": [1, 2]}, {EACH: [8, 9], "$position": -1}, [1, 8, 9, 2]),
        ({"a": [1, 2]}, {EACH: [8, 9], "$position": -2}, [8, 9, 1, 2]),
        ({"a": [1, 2]}, {EACH: [8, 9], "$position": -7}, [8, 9, 1, 2]),
        ({"a": [1, 2]}, {EACH: [8], "$position": 1.0}, [1, 8, 2]),
        ({"a": [1, 2]}, {EACH: [8], "$position": Int64(1)}, [1, 8, 2]),
        ({}, {EACH: [8, 9], "$position": -3}, [8, 9]),
        ({"a": [1, 2]}, {EACH: [3], "$slice": 2}, [1, 2]),
        ({"a": [1, 2]}, {EACH: [3], "$slice": -2}, [2, 3]),
        ({"a": [1, 2]}, {EACH: [3], "$slice": 0}, []),
        ({"a": [1, 2]}, {EACH: [3], "$slice": 9}, [1, 2, 3]),
        ({"a": [1, 2]}, {EACH: [3], "$slice": -9}, [1, 2, 3]),
        ({"a": [1, 2]}, {EACH: [3], "$slice": -(2**63)}, [1, 2, 3]),
        ({"a": [1, 2]}, {EACH: [], "$slice": 1}, [1]),
        ({"a": [1, 2]}, {EACH: [9], "$position": 0, "$slice": -1}, [2]),
        ({"a": [3, 1]}, {EACH: [2], "$sort": 1}, [1, 2, 3]),
        ({"a": [3, 1]}, {EACH: [2], "$sort": -1}, [3, 2, 1]),
        ({"a": [3, 1]}, {EACH: [2], "$sort": 1.0}, [1, 2, 3]),
        ({"a": [3, 1]}, {EACH: [], "$sort": Decimal128("1")}, [1, 3]),
        ({"a": ["b", 2, None, True, [0]]}, {EACH: [{"x": 1}], "$sort": 1}, [None, 2, "b", {"x": 1}, [0], True]),
        ({"a": [3, 1]}, {EACH: [2], "$sort": 1, "$slice": 2}, [1, 2]),
        ({"a": [3, 1]}, {EACH: [2], "$slice": -2, "$sort": -1}, [2, 1]),
        ({"a": [2, 1.0]}, {EACH: [1], "$sort": 1}, [1.0, 1, 2]),
        ({"a": [2, 1.0]}, {EACH: [1], "$sort": -1}, [2, 1.0, 1]),
    ],
)
def test_push_adds_then_sorts_then_slices(document: dict[str, Any], operand: Any, expected: list[Any]) -> None:
    check(document, {"$push": {"a": operand}}, {"a": expected})


@pytest.mark.parametrize(
    ("items", "pattern", "expected"),
    [
        ([{"x": 2}, {"x": 1}], {"x": 1}, [{"x": 1}, {"x": 2}]),
        ([{"x": 2}, {"x": 3}], {"x": -1}, [{"x": 3}, {"x": 2}]),
        (
            [{"x": 1, "y": 1}, {"x": 2, "y": 1}, {"x": 1, "y": 2}],
            {"x": 1, "y": -1},
            [{"x": 1, "y": 2}, {"x": 1, "y": 1}, {"x": 2, "y": 1}],
        ),
        (
            [{"x": 1, "y": 1}, {"x": 2, "y": 2}, {"x": 1, "y": 3}],
            {"x": 1},
            [{"x": 1, "y": 1}, {"x": 1, "y": 3}, {"x": 2, "y": 2}],
        ),
        ([{"x": 1}, {}, {"x": None}, 7], {"x": 1}, [{}, {"x": None}, 7, {"x": 1}]),
        ([{"x": {"y": 2}}, {"x": {"y": 1}}, {"x": 5}], {"x.y": 1}, [{"x": 5}, {"x": {"y": 1}}, {"x": {"y": 2}}]),
        ([{"x": [5, 2]}, {"x": [3, 1]}, {"x": []}], {"x.0": 1}, [{"x": []}, {"x": [3, 1]}, {"x": [5, 2]}]),
        ([{"x": [{"y": 2}]}, {"x": [{"y": 1}]}], {"x.y": 1}, [{"x": [{"y": 2}]}, {"x": [{"y": 1}]}]),
        ([{"x": "a"}, {"x": 9}, {"x": True}], {"x": -1}, [{"x": True}, {"x": "a"}, {"x": 9}]),
    ],
)
def test_push_sorts_by_fields_of_the_elements(items: list[Any], pattern: dict[str, int], expected: list[Any]) -> None:
    check({"a": []}, {"$push": {"a": {"$each": items, "$sort": pattern}}}, {"a": expected})


@pytest.mark.parametrize(
    "operand",
    [
        {EACH: 1},
        {EACH: {}},
        {EACH: None},
        {EACH: [1], "$x": 1},
        {EACH: [1], "x": 1},
        {EACH: [1], "$slice": "1"},
        {EACH: [1], "$slice": 1.5},
        {EACH: [1], "$slice": None},
        {EACH: [1], "$slice": True},
        {EACH: [1], "$slice": 2**63},
        {EACH: [1], "$slice": float("inf")},
        {EACH: [1], "$position": 1.5},
        {EACH: [1], "$position": "0"},
        {EACH: [1], "$sort": 2},
        {EACH: [1], "$sort": 0},
        {EACH: [1], "$sort": "x"},
        {EACH: [1], "$sort": True},
        {EACH: [1], "$sort": {}},
        {EACH: [1], "$sort": {"x": 2}},
        {EACH: [1], "$sort": {"x": "1"}},
        {EACH: [1], "$sort": {"": 1}},
        {EACH: [1], "$sort": {"x..y": 1}},
        {EACH: [1], "$sort": {1: 1}},
        {EACH: [1], "$sort": [1]},
        {EACH: [{"$x": 1}]},
        {"$slice": 1},
        {"$x": 1},
    ],
)
def test_push_refuses_malformed_operands(operand: Any) -> None:
    check({"a": [1]}, {"$push": {"a": operand}}, None)


@pytest.mark.parametrize(
    ("document", "operand", "expected"),
    [
        ({"a": [1]}, 2, [1, 2]),
        ({"a": [1]}, 1, [1]),
        ({"a": [1]}, 1.0, [1]),
        ({"a": [1]}, Decimal128("1"), [1]),
        ({"a": [1]}, True, [1, True]),
        ({"a": [None]}, None, [None]),
        ({"a": [[1, 2]]}, [1, 2], [[1, 2]]),
        ({"a": [[1, 2]]}, [2, 1], [[1, 2], [2, 1]]),
        ({"a": [{"x": 1, "y": 2}]}, {"x": 1.0, "y": 2}, [{"x": 1, "y": 2}]),
        ({"a": [{"x": 1, "y": 2}]}, {"y": 2, "x": 1}, [{"x": 1, "y": 2}, {"y": 2, "x": 1}]),
        ({"a": [1, 1]}, 2, [1, 1, 2]),
        ({}, 1, [1]),
        ({}, [1], [[1]]),
        ({}, {EACH: []}, []),
        ({}, {EACH: [1, 1.0, 2, 1]}, [1, 2]),
        ({"a": [2]}, {EACH: [1, 2, 3, 1]}, [2, 1, 3]),
        ({"a": [2]}, {EACH: []}, [2]),
        ({"a": []}, {EACH: [{"x": 1}, {"x": 1}]}, [{"x": 1}]),
    ],
)
def test_add_to_set_adds_what_equals_no_element(document: dict[str, Any], operand: Any, expected: list[Any]) -> None:
    check(document, {"$addToSet": {"a": operand}}, {"a": expected})


@pytest.mark.parametrize(
    "operand", [{EACH: 1}, {EACH: None}, {EACH: [1], "x": 1}, {EACH: [1], "$slice": 1}, {"x": 1, EACH: [1]}, {"$x": 1}]
)
def test_add_to_set_refuses_malformed_operands(operand: Any) -> None:
    check({"a": [1]}, {"$addToSet": {"a": operand}}, None)


@pytest.mark.parametrize(
    ("document", "operand", "expected"),
    [
        ({"a": [1, 2, 3]}, 1, {"a": [1, 2]}),
        ({"a": [1, 2, 3]}, -1, {"a": [2, 3]}),
        ({"a": [1, 2, 3]}, 1.0, {"a": [1, 2]}),
        ({"a": [1, 2, 3]}, Int64(-1), {"a": [2, 3]}),
        ({"a": [1, 2, 3]}, Decimal128("-1.0"), {"a": [2, 3]}),
        ({"a": [1, 2, 3]}, Decimal128("0.5"), None),
        ({"a": [1, 2, 3]}, Decimal128("NaN"), None),
        ({"a": [1, 2, 3]}, float("nan"), None),
        ({"a": [1]}, 1, {"a": []}),
        ({"a": []}, 1, {"a": []}),
        ({}, 1, {}),
        ({"a": 1}, 1, None),
        ({"a": None}, 1, None),
        ({"a": {}}, -1, None),
        ({"a": [1]}, 2, None),
        ({"a": [1]}, 0, None),
        ({"a": [1]}, "1", None),
        ({"a": [1]}, 1.5, None),
        ({"a": [1]}, True, None),
        ({"a": [1]}, None, None),
    ],
)
def test_pop_takes_an_element_from_an_end(document: dict[str, Any], operand: Any, expected: Any) -> None:
    check(document, {"$pop": {"a": operand}}, expected)


WRITING: list[dict[str, Any]] = [{"$push": 1}, {"$addToSet": 1}]
TAKING: list[dict[str, Any]] = [{"$pop": 1}, {"$pull": 1}, {"$pullAll": [1]}]


@pytest.mark.parametrize("operator", WRITING + TAKING)
@pytest.mark.parametrize("value", [1, None, "x", {}, {"0": 1}])
def test_array_operators_refuse_what_is_no_array(operator: dict[str, Any], value: Any) -> None:
    ((name, operand),) = operator.items()
    check({"a": value}, {name: {"a": operand}}, None)


@pytest.mark.parametrize("operator", WRITING + TAKING)
@pytest.mark.parametrize("document", [{"a": 1}, {"a": None}, {"a": [1]}, {"a": "x"}])
def test_array_operators_refuse_paths_through_scalars(operator: dict[str, Any], document: dict[str, Any]) -> None:
    ((name, operand),) = operator.items()
    check(document, {name: {"a.b": operand}}, None)
    check(document, {name: {"a.b.c": operand}}, None)


@pytest.mark.parametrize("operator", TAKING)
@pytest.mark.parametrize("document", [{}, {"x": 1}, {"a": {}}, {"a": {"b": {}}}])
def test_taking_from_nothing_creates_nothing(operator: dict[str, Any], document: dict[str, Any]) -> None:
    ((name, operand),) = operator.items()
    check(document, {name: {"a.b.c": operand}}, document)


@pytest.mark.parametrize("operator", WRITING)
def test_adding_creates_the_way_to_a_new_array(operator: dict[str, Any]) -> None:
    ((name, operand),) = operator.items()
    check({}, {name: {"a.b": operand}}, {"a": {"b": [1]}})
    check({"a": []}, {name: {"a.1": operand}}, {"a": [None, [1]]})


def test_elements_that_are_added_belong_to_the_document_alone() -> None:
    operand = {"x": [1]}
    for update in ({"$push": {"a": operand}}, {"$addToSet": {"a": operand}}):
        result = updated({}, update)
        result["a"][0]["x"].append(2)
        assert operand == {"x": [1]}
        assert updated({}, update) == {"a": [{"x": [1]}]}
