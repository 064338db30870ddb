"""The parsed update as a value, what it refuses as a whole, and laws that hold for any document."""

from __future__ import annotations

import contextlib
from copy import deepcopy
from datetime import UTC, datetime
from typing import Any

import bson
import pytest
from bson import Decimal128, Int64
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import ImmutableField, InvalidUpdate
from chalicelib.core.query.update import Update, parse_update
from tests.core.query.update.updating import NOW, check, updated

ALL_OPERATORS = [
    "$set", "$unset", "$inc", "$mul", "$min", "$max", "$rename", "$setOnInsert", "$currentDate", "$bit", "$push",
    "$addToSet", "$pull", "$pullAll", "$pop",
]  # fmt: skip


def test_a_parsed_update_keeps_its_source_filters_and_paths() -> None:
    source = {"$set": {"a.$[i].b": {"c": [1]}, "d.$[]": 1}, "$rename": {"x": "y.z"}, "$inc": {"e.$": 1}, "$unset": {}}
    update = parse_update(source, [{"i.k": 1}])
    assert update.source == source
    assert update.array_filters == ({"i.k": 1},)
    assert update.paths == {"a.$[i].b", "d.$[]", "x", "y.z", "e.$"}


def test_parsed_updates_are_equal_when_their_sources_are() -> None:
    assert parse_update({"$set": {"a": 1}}) == parse_update({"$set": {"a": 1}})
    assert parse_update({"$set": {"a": 1}}) != parse_update({"$set": {"a": 2}})
    assert parse_update({"$set": {"a.$[i]": 1}}, [{"i": 1}]) != parse_update({"$set": {"a.$[i]": 1}}, [{"i": 2}])


def test_a_parsed_update_does_not_follow_later_changes_of_its_source() -> None:
    source: dict[str, Any] = {"$set": {"a": {"b": [1]}}, "$push": {"l": {"$each": [{"x": 1}]}}}
    filters = [{"i": {"$in": [1]}}]
    source["$inc"] = {"c.$[i]": 1}
    update = parse_update(source, filters)
    source["$set"]["a"]["b"].append(2)
    source["$push"]["l"]["$each"][0]["x"] = 2
    source["$unset"] = {"z": 1}
    filters[0]["i"]["$in"].append(2)
    assert update.source == {
        "$set": {"a": {"b": [1]}}, "$push": {"l": {"$each": [{"x": 1}]}}, "$inc": {"c.$[i]": 1}
    }  # fmt: skip
    assert update.array_filters == ({"i": {"$in": [1]}},)
    assert update.apply({"c": [1, 2]}, now=NOW) == {"a": {"b": [1]}, "c": [2, 2], "l": [{"x": 1}]}


def test_an_update_takes_tuples_for_arrays() -> None:
    check({}, {"$set": {"a": (1, (2,))}}, {"a": [1, [2]]})
    check({"a": [1, 2]}, {"$pullAll": {"a": (1,)}}, {"a": [2]})
    check({}, {"$push": {"a": {"$each": (1, 2)}}}, {"a": [1, 2]})


@pytest.mark.parametrize(
    "source",
    [
        {},
        None,
        [],
        [{"$set": {"a": 1}}],
        "x",
        {"a": 1},
        {"$set": {"a": 1}, "b": 2},
        {"$t": {"a": 1}},
        {"$pushAll": {"a": [1]}},
        {"$isolated": 1},
        {"$SET": {"a": 1}},
        {1: {"a": 1}},
        {"$set": 1},
        {"$set": None},
        {"$set": []},
        {"$set": "a"},
        {"$rename": 1},
        {"$set": {1: 1}},
        {"$rename": {1: "a"}},
        {"$set": {"a": object()}},
        {"$set": {"a": {"$b": 1}}},
        {"$set": {"a": [{"b": {"$ref": "x"}}]}},
        {"$set": {"a": {"b.c": 1}}},
        {"$set": {"a": {"b\0": 1}}},
        {"$set": {"a": {1: 1}}},
        {"$set": {"a": "\ud800"}},
        {"$set": {"a": 2**63}},
        {"$set": {"a": datetime(2026, 1, 1)}},
    ],
)
def test_what_is_no_update_is_refused(source: Any) -> None:
    with pytest.raises(InvalidUpdate):
        parse_update(source)


@pytest.mark.parametrize(
    "operator",
    ALL_OPERATORS,
)
def test_an_operator_without_fields_does_nothing(operator: str) -> None:
    check({"_id": "x", "a": 1}, {operator: {}}, {"_id": "x", "a": 1})


@pytest.mark.parametrize(
    ("update", "allowed"),
    [
        ({"$set": {"_id": "x"}}, True),
        ({"$setOnInsert": {"_id": "y"}}, True),
        ({"$min": {"_id": "y"}}, True),
        ({"$max": {"_id": "x"}}, True),
        ({"$unset": {"_id.a": 1}}, True),
        ({"$rename": {"nothing": "_id"}}, True),
        ({"$set": {"_id2": "y", "a._id": 1}}, True),
        ({"$set": {"_id": "y"}}, False),
        ({"$set": {"_id": None}}, False),
        ({"$max": {"_id": "y"}}, False),
        ({"$unset": {"_id": 1}}, False),
        ({"$currentDate": {"_id": True}}, False),
        ({"$rename": {"_id": "a"}}, False),
        ({"$rename": {"b": "_id"}}, False),
    ],
)
def test_the_id_never_changes(update: dict[str, Any], allowed: bool) -> None:
    document = {"_id": "x", "b": 1}
    if allowed:
        assert updated(document, update)["_id"] == "x"
        return
    with pytest.raises(ImmutableField) as raised:
        updated(document, update)
    assert raised.value.field == "_id"


def test_an_id_of_null_is_not_removed() -> None:
    with pytest.raises(ImmutableField):
        updated({"_id": None}, {"$unset": {"_id": 1}})


def test_a_part_of_the_id_never_changes() -> None:
    assert updated({"_id": {"a": 1}}, {"$set": {"_id.a": 1}}) == {"_id": {"a": 1}}
    with pytest.raises(ImmutableField):
        updated({"_id": {"a": 1}}, {"$set": {"_id.b": 1}})


def test_a_document_without_id_may_get_one() -> None:
    assert updated({}, {"$setOnInsert": {"_id": "x"}}, inserting=True) == {"_id": "x"}
    assert updated({"a": 1}, {"$set": {"_id": "x"}}) == {"a": 1, "_id": "x"}


def test_the_result_shares_no_object_or_array_with_the_input_or_the_update() -> None:
    document = {"_id": "x", "untouched": {"deep": [1]}, "a": {"b": [{"c": 1}]}}
    update = parse_update({"$set": {"a.new": {"x": [1]}}, "$max": {"m": [1]}, "$setOnInsert": {"s": [1]}})
    result = update.apply(document, now=NOW, inserting=True)
    before = deepcopy(document)
    result["untouched"]["deep"].append(2)
    result["a"]["b"][0]["c"] = 2
    result["a"]["new"]["x"].append(2)
    result["m"].append(2)
    result["s"].append(2)
    assert document == before
    assert update.apply(document, now=NOW, inserting=True)["a"]["new"] == {"x": [1]}
    assert update.apply(document, now=NOW, inserting=True)["m"] == [1]
    assert update.source == {"$set": {"a.new": {"x": [1]}}, "$max": {"m": [1]}, "$setOnInsert": {"s": [1]}}


def test_an_update_that_fails_half_way_changes_nothing() -> None:
    document = {"a": 1, "b": "x"}
    with pytest.raises(InvalidUpdate):
        updated(document, {"$inc": {"a": 1, "b": 1}})
    assert document == {"a": 1, "b": "x"}


# --- laws ------------------------------------------------------------------------------------

NAMES = st.sampled_from(["a", "b", "c", "0", "1"])
NUMBERS = st.integers(-(2**31), 2**31 - 1)
SCALARS = st.one_of(
    st.none(), st.booleans(), NUMBERS, st.floats(allow_nan=False), st.sampled_from(["", "a", "é"]),
    st.integers(-(2**63), 2**63 - 1).map(Int64), st.sampled_from([Decimal128("1"), Decimal128("-0.5")]),
    st.sampled_from([datetime(2026, 1, 1, tzinfo=UTC), b"\x00", bson.ObjectId("0" * 24)]),
)  # fmt: skip
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3), max_leaves=8
)
DOCUMENTS = st.dictionaries(NAMES, VALUES, max_size=4)
PATHS = st.lists(NAMES, min_size=1, max_size=3).map(".".join)

OPERATIONS = st.one_of(
    st.tuples(st.sampled_from(["$set", "$min", "$max", "$push", "$addToSet", "$pull"]), PATHS, VALUES),
    st.tuples(st.sampled_from(["$inc", "$mul"]), PATHS, NUMBERS | st.floats(-1e9, 1e9)),
    st.tuples(st.just("$unset"), PATHS, st.just(1)),
    st.tuples(st.just("$pop"), PATHS, st.sampled_from([1, -1])),
    st.tuples(st.just("$pullAll"), PATHS, st.lists(SCALARS, max_size=3)),
    st.tuples(st.just("$rename"), PATHS, PATHS),
    st.tuples(st.just("$bit"), PATHS, st.dictionaries(st.sampled_from(["and", "or", "xor"]), NUMBERS, min_size=1)),
)


def attempt(document: dict[str, Any], update: dict[str, Any]) -> dict[str, Any] | None:
    """The document after the update; None when it is refused."""
    try:
        return updated(document, update)
    except InvalidUpdate:
        return None


@given(DOCUMENTS, st.lists(OPERATIONS, min_size=1, max_size=4))
def test_any_update_leaves_its_input_alone_and_makes_a_document_or_refuses(
    document: dict[str, Any], operations: list[tuple[str, str, Any]]
) -> None:
    update: dict[str, dict[str, Any]] = {}
    for operator, path, operand in operations:
        update.setdefault(operator, {})[path] = operand
    result = attempt(document, update)
    assert result is None or bson.decode(bson.encode(result)) is not None


JUNK_SCALARS = st.sampled_from(
    [object(), 2**63, "\ud800", Decimal128("sNaN"), Decimal128("Infinity"), float("nan"), 1, -1]
)
JUNK_NAMES = st.sampled_from(
    ["", "a", "$each", "$slice", "$sort", "$position", "$gt", "$in", "$or", "$elemMatch", "$type", "and", "$x"]
)
JUNK = st.recursive(
    VALUES | JUNK_SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(JUNK_NAMES, inner, max_size=3),
    max_leaves=5,
)
JUNK_PATHS = st.sampled_from(["a", "a.b", "a.$[i]", "b.0"]) | st.text(max_size=4)


@given(st.sampled_from(ALL_OPERATORS), JUNK_PATHS, JUNK, JUNK)
def test_whatever_is_no_update_is_refused_by_the_one_error(operator: str, path: str, operand: Any, junk: Any) -> None:
    source = {operator: {path: operand}}
    for update, filters in ((source, [{"i": junk}]), (source, ()), (junk, ())):
        with contextlib.suppress(InvalidUpdate):
            parse_update(update, filters).apply({"a": [1, {"b": 2}], "b": []}, now=NOW)


@given(DOCUMENTS, PATHS, VALUES)
def test_setting_twice_is_setting_once(document: dict[str, Any], path: str, value: Any) -> None:
    once = attempt(document, {"$set": {path: value}})
    assert once is None or bson.encode(updated(once, {"$set": {path: value}})) == bson.encode(once)


@given(DOCUMENTS, PATHS, VALUES)
def test_pushing_then_popping_changes_nothing(document: dict[str, Any], path: str, value: Any) -> None:
    prepared = attempt(document, {"$push": {path: {"$each": []}}})
    if prepared is not None:
        assert updated(updated(prepared, {"$push": {path: value}}), {"$pop": {path: 1}}) == prepared
        first = {"$push": {path: {"$each": [value], "$position": 0}}}
        assert updated(updated(prepared, first), {"$pop": {path: -1}}) == prepared


@given(DOCUMENTS, PATHS, VALUES)
def test_adding_to_a_set_twice_is_adding_once(document: dict[str, Any], path: str, value: Any) -> None:
    once = attempt(document, {"$addToSet": {path: value}})
    assert once is None or updated(once, {"$addToSet": {path: value}}) == once


@given(st.integers(-(2**61), 2**61), st.integers(-(2**61), 2**61), PATHS)
def test_adding_then_subtracting_gives_the_integer_back(start: int, amount: int, path: str) -> None:
    document = updated({}, {"$set": {path: start}})
    assert updated(updated(document, {"$inc": {path: amount}}), {"$inc": {path: -amount}}) == document


@given(DOCUMENTS, PATHS)
def test_renaming_there_and_back_changes_no_value(document: dict[str, Any], path: str) -> None:
    there = attempt(document, {"$rename": {path: "elsewhere"}})
    if there is not None:
        back = updated(there, {"$rename": {"elsewhere": path}})
        assert back == document


@given(DOCUMENTS, PATHS, VALUES)
def test_unsetting_what_was_set_leaves_nothing_there(document: dict[str, Any], path: str, value: Any) -> None:
    result = attempt(document, {"$set": {path: value}})
    if result is not None:
        unset = updated(result, {"$unset": {path: 1}})
        assert updated(unset, {"$unset": {path: 1}}) == unset


@given(DOCUMENTS, PATHS, VALUES, VALUES)
def test_the_least_and_the_greatest_do_not_depend_on_the_order_of_asking(
    document: dict[str, Any], path: str, left: Any, right: Any
) -> None:
    for operator in ("$min", "$max"):
        first = attempt(document, {operator: {path: left}})
        if first is not None:
            one = updated(first, {operator: {path: right}})
            other = updated(updated(document, {operator: {path: right}}), {operator: {path: left}})
            again = {operator: {path: left}}
            assert updated(one, again) == one
            assert updated(other, again) == other


@given(st.lists(st.tuples(PATHS, NUMBERS), min_size=2, max_size=4, unique_by=lambda pair: pair[0]))
def test_the_order_in_which_fields_are_named_does_not_matter(pairs: list[tuple[str, int]]) -> None:
    forwards, backwards = {"$set": dict(pairs)}, {"$set": dict(reversed(pairs))}
    result, reverse = attempt({}, forwards), attempt({}, backwards)
    assert result == reverse
    assert result is None or bson.encode(result) == bson.encode(reverse or {})


def test_updates_can_be_read_from_their_repr() -> None:
    update: Update = parse_update({"$set": {"a": 1}})
    assert "{'$set': {'a': 1}}" in repr(update)
