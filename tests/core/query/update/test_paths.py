"""Where updates write: `$`, `$[]`, `$[name]`, conflicts, names, padding and depth."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.errors import InvalidUpdate
from chalicelib.core.query.update import parse_update
from chalicelib.core.query.update.paths import MAX_PADDING
from tests.core.query.update.updating import check, updated

GRADES = {"grades": [{"n": 1, "ok": True}, {"n": 5, "ok": True}, {"n": 9, "ok": False}]}


@pytest.mark.parametrize(
    ("document", "found_by", "update", "expected"),
    [
        ({"a": [1, 5, 9]}, {"a": 5}, {"$set": {"a.$": 0}}, {"a": [1, 0, 9]}),
        ({"a": [1, 5, 9]}, {"a": {"$gt": 4}}, {"$inc": {"a.$": 1}}, {"a": [1, 6, 9]}),
        ({"a": [1, 5, 9]}, {"a": {"$elemMatch": {"$gt": 4, "$lt": 6}}}, {"$mul": {"a.$": 2}}, {"a": [1, 10, 9]}),
        ({"a": [1, 5]}, {"a": 5}, {"$unset": {"a.$": ""}}, {"a": [1, None]}),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a.b": 2}, {"$set": {"a.$.b": 7}}, {"a": [{"b": 1}, {"b": 7}]}),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a.b": 2}, {"$set": {"a.$.c.d": 7}}, {"a": [{"b": 1}, {"b": 2, "c": {"d": 7}}]}),
        ({"a": [{"b": 1}, {"b": 2}]}, {"a": {"$elemMatch": {"b": 2}}}, {"$unset": {"a.$.b": 1}}, {"a": [{"b": 1}, {}]}),
        ({"x": {"a": [1, 2]}}, {"x.a": 2}, {"$set": {"x.a.$": 0}}, {"x": {"a": [1, 0]}}),
        (
            {"a": [{"b": [1, 2]}, {"b": [3]}]},
            {"a.b": 3},
            {"$push": {"a.$.b": 4}},
            {"a": [{"b": [1, 2]}, {"b": [3, 4]}]},
        ),
        ({"a": [1, 5]}, {"a": 5}, {"$set": {"a.$": 0, "a.0": 7}}, {"a": [7, 0]}),
        ({"a": [{}, {"n": 5}]}, {"a.n": 5}, {"$set": {"a.$.x": 0, "a.1.y": 7}}, {"a": [{}, {"n": 5, "x": 0, "y": 7}]}),
        ({"a": [1, 5]}, {"a": 5}, {"$set": {"a.$": 0, "a.1": 7}}, None),
        ({"a": [{"n": 5}]}, {"a.n": 5}, {"$set": {"a.$.x": 0, "a.0.x": 7}}, None),
        ({"a": [{"n": 5}]}, {"a.n": 5}, {"$set": {"a.$": 0, "a.0.x": 7}}, None),
        ({"a": [{"n": 5, "b": [1]}]}, {"a.n": 5}, {"$set": {"a.$.b.$[]": 0, "a.0.b.0": 7}}, None),
        ({"a": [1, 5], "b": 1}, {"b": 1}, {"$set": {"a.$": 0}}, None),
        ({"a": [1, 5]}, None, {"$set": {"a.$": 0}}, None),
        ({}, None, {"$set": {"a.$": 0}}, None),
        ({}, None, {"$set": {"a.$.b": 0}}, None),
        ({"a": 5}, {"a": 5}, {"$set": {"a.$": 0}}, None),
        ({"a": 5}, None, {"$unset": {"a.$.b": 0}}, None),
        ({"a": [5]}, {"a": 5}, {"$set": {"a.$.b": 0}}, None),
    ],
)
def test_the_positional_operator_stands_for_the_element_that_matched(
    document: dict[str, Any], found_by: Any, update: dict[str, Any], expected: Any
) -> None:
    check(document, update, expected, found_by=found_by)


def test_the_positional_operator_may_meet_all_elements_of_an_inner_array() -> None:
    document = {"a": [{"n": 1, "b": [1]}, {"n": 5, "b": [1, 2]}]}
    expected = {"a": [{"n": 1, "b": [1]}, {"n": 5, "b": [2, 3]}]}
    check(document, {"$inc": {"a.$.b.$[]": 1}}, expected, found_by={"a.n": 5})


def test_two_ways_to_inner_elements_of_one_place_are_joined() -> None:
    document = {"a": [{"n": 5, "b": [{"x": 1}, {"x": 2}]}]}
    expected = {"a": [{"n": 5, "b": [{"x": 1, "y": 1}, {"x": 2, "y": 1, "z": 1}]}]}
    update = {"$set": {"a.$.b.$[].y": 1, "a.0.b.$[i].z": 1}}
    check(document, update, expected, found_by={"a.n": 5}, array_filters=[{"i.x": 2}])
    clash = {"$set": {"a.$.b.$[].y": 1, "a.0.b.$[].y": 1}}
    check(document, clash, None, found_by={"a.n": 5})
    joined = {"$set": {"a.$.b.$[].y": 1, "a.0.b.$[].z": 1}}
    joined_result = {"a": [{"n": 5, "b": [{"x": 1, "y": 1, "z": 1}, {"x": 2, "y": 1, "z": 1}]}]}
    check(document, joined, joined_result, found_by={"a.n": 5})


def test_positions_on_two_ways_to_one_place_are_joined() -> None:
    document = {"a": [[{"n": 5}]], "k": 1}
    update = {"$set": {"a.$[i].$.x": 1, "a.$[j].$.y": 2}}
    filters = [{"i": {"$exists": True}}, {"j": {"$exists": True}}]
    expected = {"a": [[{"n": 5, "x": 1, "y": 2}]], "k": 1}
    check(document, update, expected, array_filters=filters, found_by={"a": {"$elemMatch": {"$exists": True}}})


@pytest.mark.parametrize(
    ("document", "update", "expected"),
    [
        ({"a": [1, 2]}, {"$inc": {"a.$[]": 1}}, {"a": [2, 3]}),
        ({"a": []}, {"$inc": {"a.$[]": 1}}, {"a": []}),
        ({"a": [1, 2]}, {"$unset": {"a.$[]": 1}}, {"a": [None, None]}),
        ({"a": [1, 2]}, {"$set": {"a.$[]": {"x": [1]}}}, {"a": [{"x": [1]}, {"x": [1]}]}),
        ({"a": [{"b": 1}, {}]}, {"$inc": {"a.$[].b": 1}}, {"a": [{"b": 2}, {"b": 1}]}),
        ({"a": [{"b": [1]}, {"b": [2, 3]}]}, {"$inc": {"a.$[].b.$[]": 1}}, {"a": [{"b": [2]}, {"b": [3, 4]}]}),
        ({"a": [[1], [2]]}, {"$inc": {"a.$[].$[]": 1}}, {"a": [[2], [3]]}),
        ({"a": [[1], [2]]}, {"$push": {"a.$[]": 7}}, {"a": [[1, 7], [2, 7]]}),
        ({"a": {"b": [1]}}, {"$inc": {"a.b.$[]": 1}}, {"a": {"b": [2]}}),
        ({"a": [1, {"b": 1}]}, {"$unset": {"a.$[].b": 1}}, {"a": [1, {}]}),
        ({"a": [1, {"b": 1}]}, {"$set": {"a.$[].b": 1}}, None),
        ({"a": 1}, {"$set": {"a.$[]": 1}}, None),
        ({"a": {"0": 1}}, {"$set": {"a.$[]": 1}}, None),
        ({}, {"$set": {"a.$[]": 1}}, None),
        ({}, {"$unset": {"a.$[]": 1}}, None),
        ({}, {"$set": {"a.b.$[].c": 1}}, None),
        ({"a": 1}, {"$unset": {"a.b.$[].c": 1}}, None),
        ({"a": [1, "x"]}, {"$inc": {"a.$[]": 1}}, None),
    ],
)
def test_all_elements_are_written(document: dict[str, Any], update: dict[str, Any], expected: Any) -> None:
    check(document, update, expected)


def test_elements_written_alike_share_nothing() -> None:
    result = updated({"a": [1, 2]}, {"$set": {"a.$[]": {"x": []}}})
    result["a"][0]["x"].append(1)
    assert result["a"][1] == {"x": []}


@pytest.mark.parametrize(
    ("document", "update", "filters", "expected"),
    [
        ({"a": [1, 5, 9]}, {"$set": {"a.$[i]": 0}}, [{"i": {"$gte": 5}}], {"a": [1, 0, 0]}),
        ({"a": [1, 5, 9]}, {"$set": {"a.$[i]": 0}}, [{"i": 100}], {"a": [1, 5, 9]}),
        ({"a": [1, 5]}, {"$unset": {"a.$[i]": 0}}, [{"i": 1}], {"a": [None, 5]}),
        ({"a": [[1], [2]]}, {"$set": {"a.$[i]": 0}}, [{"i": 2}], {"a": [[1], 0]}),
        (GRADES, {"$inc": {"grades.$[low].n": 10}}, [{"low.n": {"$lt": 5}}],
         {"grades": [{"n": 11, "ok": True}, {"n": 5, "ok": True}, {"n": 9, "ok": False}]}),
        (GRADES, {"$set": {"grades.$[e].n": 0}}, [{"e.n": {"$gt": 1}, "e.ok": True}],
         {"grades": [{"n": 1, "ok": True}, {"n": 0, "ok": True}, {"n": 9, "ok": False}]}),
        (GRADES, {"$unset": {"grades.$[e].ok": 0}}, [{"$or": [{"e.n": 1}, {"e.ok": False}]}],
         {"grades": [{"n": 1}, {"n": 5, "ok": True}, {"n": 9}]}),
        ({"a": [{"b": [1, 9]}, {"b": [9]}]}, {"$set": {"a.$[].b.$[i]": 0}}, [{"i": {"$gt": 5}}],
         {"a": [{"b": [1, 0]}, {"b": [0]}]}),
        ({"a": [{"k": 1, "b": [1, 9]}, {"k": 2, "b": [9]}]}, {"$set": {"a.$[o].b.$[i]": 0}}, [{"o.k": 1}, {"i": 9}],
         {"a": [{"k": 1, "b": [1, 0]}, {"k": 2, "b": [9]}]}),
        ({"a": [1], "b": [1, 2]}, {"$set": {"a.$[i]": 0, "b.$[i]": 0}}, [{"i": 1}], {"a": [0], "b": [0, 2]}),
        ({"a": [{"n": 1}, {"n": 2}]}, {"$set": {"a.$[i].x": 1, "a.$[j].y": 2}}, [{"i.n": 1}, {"j.n": {"$gt": 0}}],
         {"a": [{"n": 1, "x": 1, "y": 2}, {"n": 2, "y": 2}]}),
        ({"a": [{"n": 1}]}, {"$set": {"a.$[i].x": 1, "a.$[].y": 2}}, [{"i.n": 1}], {"a": [{"n": 1, "x": 1, "y": 2}]}),
        ({"a": [1, 2]}, {"$set": {"a.$[i]": 8}, "$inc": {"a.$[j]": 1}}, [{"i": 1}, {"j": 2}], {"a": [8, 3]}),
        ({"a": [1, 2]}, {"$set": {"a.$[i]": 8}, "$inc": {"a.$[j]": 1}}, [{"i": 1}, {"j": {"$lt": 9}}], None),
        ({"a": [{"n": 1}]}, {"$set": {"a.$[i]": 8, "a.$[j].n": 1}}, [{"i.n": 1}, {"j.n": 1}], None),
        ({"a": 5}, {"$set": {"a.$[i]": 0}}, [{"i": 5}], None),
        ({}, {"$set": {"a.$[i]": 0}}, [{"i": 5}], None),
    ],
)  # fmt: skip
def test_elements_that_match_an_array_filter_are_written(
    document: dict[str, Any], update: dict[str, Any], filters: list[Any], expected: Any
) -> None:
    check(document, update, expected, array_filters=filters)


@pytest.mark.parametrize(
    ("path", "filters"),
    [
        ("a.$[i]", []),
        ("a.$[i]", [{"j": 1}]),
        ("a.$[i]", [{"i": 1}, {"j": 1}]),
        ("a.$[i]", [{"i": 1}, {"i": 2}]),
        ("a.$[i]", [{"i": 1, "j": 2}]),
        ("a.$[i]", [{"$or": [{"i": 1}, {"j": 2}]}]),
        ("a.$[i]", [{}]),
        ("a.$[i]", [{"$or": []}]),
        ("a.$[i]", [{"$and": [1]}]),
        ("a.$[i]", [{"$expr": True}]),
        ("a.$[i]", [{"i": 1, "$expr": True}]),
        ("a.$[i]", [{"i": 1, "$where": "1"}]),
        ("a.$[i]", [{"i": {"$unknown": 1}}]),
        ("a.$[i]", [{"i": {"$near": [0, 0]}}]),
        ("a.$[i]", [1]),
        ("a.$[i]", [None]),
        ("a.$[i]", {"i": 1}),
        ("a.$[i]", "i"),
        ("a.$[I]", [{"I": 1}]),
        ("a.$[1i]", [{"1i": 1}]),
        ("a.$[i_j]", [{"i_j": 1}]),
        ("a.$[é]", [{"é": 1}]),
        ("a", [{"i": 1}]),
        ("a.$[]", [{"i": 1}]),
        ("a.$[]", [{"": 1}]),
        ("$[i]", [{"i": 1}]),
    ],
)
def test_array_filters_that_are_malformed_missing_or_unused_are_refused(path: str, filters: Any) -> None:
    with pytest.raises(InvalidUpdate):
        parse_update({"$set": {path: 1}}, filters)


def test_an_array_filter_of_great_depth_is_refused() -> None:
    deep: Any = 1
    for _ in range(5_000):
        deep = {"$not": deep}
    with pytest.raises(InvalidUpdate):
        parse_update({"$set": {"a.$[i]": 1}}, [{"i": deep}])


def test_an_array_filter_used_only_on_insert_counts_as_used() -> None:
    check({"a": [1]}, {"$setOnInsert": {"a.$[i]": 2}}, {"a": [1]}, array_filters=[{"i": 1}])


@pytest.mark.parametrize(
    "path",
    ["", ".", "a.", ".a", "a..b", "$", "$a", "a.$b", "a.$.$", "a.$.b.$", "$.a", "$[].a", "$[]", "a.$[", "a.$[i", "a.$]",
     "a\0b", "a.\ud800", "a.$id", "a.$$"],
)  # fmt: skip
@pytest.mark.parametrize("operator", ["$set", "$unset", "$inc", "$currentDate"])
def test_paths_with_impossible_parts_are_refused(operator: str, path: str) -> None:
    operand = True if operator == "$currentDate" else 1
    with pytest.raises(InvalidUpdate):
        parse_update({operator: {path: operand}})


@pytest.mark.parametrize(
    ("left", "right"),
    [
        ("a", "a.b"),
        ("a.b", "a"),
        ("a.b", "a.b.c.d"),
        ("a.b.c.d", "a.b"),
        ("a.$", "a.$.b"),
        ("a.$[]", "a.$[].b"),
        ("a.$[]", "a.0"),
        ("a.0", "a.$[]"),
        ("a.$", "a.$[]"),
        ("a.b", "a.$[].c"),
        ("a", "a.$[]"),
    ],
)
def test_paths_that_meet_are_refused(left: str, right: str) -> None:
    for update in (
        {"$set": {left: 1, right: 1}},
        {"$set": {left: 1}, "$inc": {right: 1}},
        {"$unset": {left: 1}, "$push": {right: 1}},
    ):
        with pytest.raises(InvalidUpdate):
            parse_update(update)


@pytest.mark.parametrize("path", ["a", "a.b", "a.0", "a.$", "a.$[]"])
def test_one_path_by_two_operators_is_refused(path: str) -> None:
    with pytest.raises(InvalidUpdate):
        parse_update({"$set": {path: 1}, "$inc": {path: 1}})


@pytest.mark.parametrize(
    ("update", "expected"),
    [
        ({"$set": {"a.b": 1}, "$inc": {"a.c": 1}}, {"a": {"b": 1, "c": 1}}),
        ({"$set": {"ab": 1, "a": 1}}, {"a": 1, "ab": 1}),
        ({"$set": {"a.b.c": 1, "a.b.d": 2, "a.e": 3}}, {"a": {"b": {"c": 1, "d": 2}, "e": 3}}),
        ({"$inc": {"z": 1}, "$set": {"y": 1}, "$push": {"x": 1}}, {"x": [1], "y": 1, "z": 1}),
        ({"$unset": {"a.b": 1}, "$set": {"a.c": 1}}, {"a": {"c": 1}}),
    ],
)
def test_neighbouring_paths_are_written_in_one_order_whatever_their_operators(
    update: dict[str, Any], expected: dict[str, Any]
) -> None:
    check({}, update, expected)


def test_an_array_is_filled_up_to_the_limit_and_no_further() -> None:
    assert updated({"a": []}, {"$set": {f"a.{MAX_PADDING}": 1}})["a"] == [None] * MAX_PADDING + [1]
    check({"a": []}, {"$set": {f"a.{MAX_PADDING + 1}": 1}}, None)
    check({"a": []}, {"$unset": {f"a.{MAX_PADDING + 1}": 1}}, {"a": []})
    check({"a": [1]}, {"$set": {f"a.{'0' * 12}1": 1}}, None)


def test_a_value_written_to_many_elements_fills_no_memory() -> None:
    document = {"a": [0] * 1_000, "b": [[] for _ in range(1_000)]}
    assert len(updated(document, {"$set": {"a.$[]": "x" * 10_000}})["a"]) == 1_000
    for update in (
        {"$set": {"a.$[]": "x" * 20_000}},
        {"$set": {"a.$[]": [0] * 4_000}},
        {"$push": {"b.$[]": {"$each": ["x" * 10_000] * 2}}},
        {"$set": {"a.$[i]": "x" * 10_000, "b.$[i]": "x" * 10_000}},
        {"$set": {"b.$[].39000": 1}},
        {"$set": {f"b.{index}.39000": 1 for index in range(1_000)}},
    ):
        filters = [{"i": {"$exists": True}}] if "$[i]" in str(update) else []
        check(document, update, None, array_filters=filters)


def test_an_update_has_at_most_a_hundred_array_filters() -> None:
    for count in (100, 101):
        update = {"$set": {f"a.$[f{number}].x{number}": 1 for number in range(count)}}
        filters = [{f"f{number}.n": number} for number in range(count)]
        expected = {"a": [{"n": 99, "x99": 1}]} if count == 100 else None
        check({"a": [{"n": 99}]}, update, expected, array_filters=filters)


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("operator", ["$set", "$setOnInsert", "$min", "$max"])
def test_values_are_stored_to_a_depth_of_a_hundred_levels(operator: str) -> None:
    assert updated({}, {operator: {"a": nested(99)}}, inserting=True) == {"a": nested(99)}
    for path, value in (("a", nested(100)), ("a.b", nested(99)), ("a", nested(5_000)), ("a" + ".a" * 100, 1)):
        with pytest.raises(InvalidUpdate):
            parse_update({operator: {path: value}})


@pytest.mark.parametrize("operator", ["$push", "$addToSet"])
def test_elements_are_stored_to_a_depth_of_a_hundred_levels(operator: str) -> None:
    assert updated({}, {operator: {"a": nested(98)}}) == {"a": [nested(98)]}
    assert updated({}, {operator: {"a": {"$each": [nested(98)]}}}) == {"a": [nested(98)]}
    for value in (nested(99), {"$each": [nested(99)]}, {"$each": [nested(5_000)]}):
        with pytest.raises(InvalidUpdate):
            parse_update({operator: {"a": value}})


def test_paths_have_at_most_a_hundred_parts() -> None:
    path = "a" + ".a" * 99
    assert updated(updated({}, {"$set": {path: 1}}), {"$inc": {path: 1}}) != {}
    for operator in ("$unset", "$pop", "$set"):
        with pytest.raises(InvalidUpdate):
            parse_update({operator: {path + ".a": 1}})
