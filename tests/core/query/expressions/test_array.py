from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.clock import Deadline
from chalicelib.core.errors import OperatorMisused, TimedOut
from chalicelib.core.query.expressions import limits, loops, parse_expression
from chalicelib.core.query.values import MISSING
from tests.core.query.expressions.tables import MISUSED, REFUSED, Row, check, dec, evaluate, ids, long

DOC = {"a": [1, 2, 3], "e": [], "n": None, "i": 5, "o": [{"b": 1}, {"c": 2}, 7, {"b": None}, [{"b": 9}]]}

ELEMENTS: list[Row] = [
    ({"$arrayElemAt": ["$a", 0]}, DOC, 1),
    ({"$arrayElemAt": ["$a", -1]}, DOC, 3),
    ({"$arrayElemAt": ["$a", 1.0]}, DOC, 2),
    ({"$arrayElemAt": ["$a", dec("1.0")]}, DOC, 2),
    ({"$arrayElemAt": ["$a", dec("1.5")]}, DOC, MISUSED),
    ({"$arrayElemAt": ["$a", dec("1E+6000")]}, DOC, MISUSED),
    ({"$arrayElemAt": ["$a", dec("NaN")]}, DOC, MISUSED),
    ({"$arrayElemAt": ["$a", 3]}, DOC, MISSING),
    ({"$arrayElemAt": ["$a", -4]}, DOC, MISSING),
    ({"$arrayElemAt": ["$n", 0]}, DOC, None),
    ({"$arrayElemAt": ["$a", "$gone"]}, DOC, None),
    ({"$arrayElemAt": ["$i", 0]}, DOC, MISUSED),
    ({"$arrayElemAt": ["$a", 0.5]}, DOC, MISUSED),
    ({"$arrayElemAt": ["$a", "x"]}, DOC, MISUSED),
    ({"$arrayElemAt": ["$a", 2**31]}, DOC, MISUSED),
    ({"$first": "$a"}, DOC, 1),
    ({"$last": "$a"}, DOC, 3),
    ({"$first": "$e"}, DOC, MISSING),
    ({"$last": "$gone"}, DOC, None),
    ({"$first": "$i"}, DOC, MISUSED),
    ({"$size": "$a"}, DOC, 3),
    ({"$size": [[]]}, {}, 0),
    ({"$size": "$gone"}, DOC, MISUSED),
    ({"$isArray": "$a"}, DOC, True),
    ({"$isArray": ["$i"]}, DOC, False),
    ({"$isArray": [[]]}, {}, True),
    ({"$isArray": [1, 2]}, {}, MISUSED),
    ({"$in": [2, "$a"]}, DOC, True),
    ({"$in": [2.0, "$a"]}, DOC, True),
    ({"$in": [True, [1]]}, {}, False),
    ({"$in": [[1], [[1]]]}, {}, True),
    ({"$in": ["$gone", [None]]}, {}, False),
    ({"$in": [1, "$n"]}, DOC, MISUSED),
    ({"$indexOfArray": ["$a", 2]}, DOC, 1),
    ({"$indexOfArray": ["$a", 9]}, DOC, -1),
    ({"$indexOfArray": ["$a", 1, 1]}, DOC, -1),
    ({"$indexOfArray": ["$a", 3, 0, 2]}, DOC, -1),
    ({"$indexOfArray": ["$a", 3, 0, 99]}, DOC, 2),
    ({"$indexOfArray": ["$n", 3]}, DOC, None),
    ({"$indexOfArray": ["$i", 3]}, DOC, MISUSED),
    ({"$indexOfArray": ["$a", 3, -1]}, DOC, MISUSED),
]

WHOLE: list[Row] = [
    ({"$concatArrays": []}, {}, []),
    ({"$concatArrays": ["$a", [4]]}, DOC, [1, 2, 3, 4]),
    ({"$concatArrays": ["$a", "$gone"]}, DOC, None),
    ({"$concatArrays": ["$a", "$i"]}, DOC, MISUSED),
    ({"$reverseArray": "$a"}, DOC, [3, 2, 1]),
    ({"$reverseArray": "$n"}, DOC, None),
    ({"$reverseArray": "$i"}, DOC, MISUSED),
    ({"$range": [0, 3]}, {}, [0, 1, 2]),
    ({"$range": [3, 0, -2]}, {}, [3, 1]),
    ({"$range": [3, 0]}, {}, []),
    ({"$range": [0, 3.0]}, {}, [0, 1, 2]),
    ({"$range": [0, 3, 0]}, {}, MISUSED),
    ({"$range": [0, 3.5]}, {}, MISUSED),
    ({"$range": [0, "x"]}, {}, MISUSED),
    ({"$range": [0, long(2**40)]}, {}, MISUSED),
    ({"$range": [0, 1_000_001]}, {}, MISUSED),
    ({"$slice": ["$a", 2]}, DOC, [1, 2]),
    ({"$slice": ["$a", -2]}, DOC, [2, 3]),
    ({"$slice": ["$a", -9]}, DOC, [1, 2, 3]),
    ({"$slice": ["$a", 0]}, DOC, []),
    ({"$slice": ["$a", 1, 1]}, DOC, [2]),
    ({"$slice": ["$a", -2, 1]}, DOC, [2]),
    ({"$slice": ["$a", -9, 1]}, DOC, [1]),
    ({"$slice": ["$a", 9, 1]}, DOC, []),
    ({"$slice": ["$a", 1, 0]}, DOC, MISUSED),
    ({"$slice": ["$a", 1.5]}, DOC, MISUSED),
    ({"$slice": ["$a", 1.5, 1]}, DOC, MISUSED),
    ({"$slice": ["$i", 1]}, DOC, MISUSED),
    ({"$slice": ["$n", 1]}, DOC, None),
    ({"$slice": ["$a", "$gone"]}, DOC, None),
    ({"$zip": {"inputs": [[1, 2], ["a"]]}}, {}, [[1, "a"]]),
    ({"$zip": {"inputs": [[1, 2], ["a"]], "useLongestLength": True}}, {}, [[1, "a"], [2, None]]),
    (
        {"$zip": {"inputs": [[1], ["a", "b"]], "useLongestLength": True, "defaults": [0, "z"]}},
        {},
        [[1, "a"], [0, "b"]],
    ),
    (
        {"$zip": {"inputs": [[1], ["a", "b"]], "useLongestLength": True, "defaults": ["$gone", 1]}},
        {},
        [[1, "a"], [None, "b"]],
    ),
    ({"$zip": {"inputs": ["$n", [1]]}}, DOC, None),
    ({"$zip": {"inputs": ["$i", "$n"]}}, DOC, MISUSED),
    ({"$zip": {"inputs": []}}, {}, MISUSED),
    ({"$zip": {"inputs": "$a"}}, DOC, MISUSED),
    ({"$zip": {"inputs": [[1]], "defaults": [1]}}, {}, MISUSED),
    ({"$zip": {"inputs": [[1]], "useLongestLength": True, "defaults": [1, 2]}}, {}, MISUSED),
    ({"$zip": {"inputs": [[1]], "useLongestLength": 1}}, {}, MISUSED),
    ({"$zip": {"inputs": [[1]], "useLongestLength": True, "defaults": 1}}, {}, MISUSED),
]

LOOPS: list[Row] = [
    ({"$filter": {"input": "$a", "cond": {"$gt": ["$$this", 1]}}}, DOC, [2, 3]),
    ({"$filter": {"input": "$a", "as": "x", "cond": {"$gt": ["$$x", "$i"]}}}, DOC, []),
    ({"$filter": {"input": "$n", "cond": True}}, DOC, None),
    ({"$filter": {"input": "$i", "cond": True}}, DOC, MISUSED),
    ({"$filter": {"input": "$a"}}, DOC, MISUSED),
    ({"$filter": {"input": "$a", "as": "X", "cond": True}}, DOC, REFUSED),
    ({"$filter": {"input": "$a", "as": 5, "cond": True}}, DOC, REFUSED),
    ({"$filter": {"input": "$a", "as": "x", "cond": "$$this"}}, DOC, REFUSED),
    ({"$map": {"input": "$a", "in": {"$add": ["$$this", 1]}}}, DOC, [2, 3, 4]),
    ({"$map": {"input": "$a", "as": "x", "in": "$gone"}}, DOC, [None, None, None]),
    ({"$map": {"input": "$o", "as": "x", "in": "$$x.b"}}, DOC, [1, None, None, None, [9]]),
    ({"$map": {"input": "$n", "in": 1}}, DOC, None),
    ({"$map": {"input": "$i", "in": 1}}, DOC, MISUSED),
    (
        {"$map": {"input": [1, 2], "as": "x", "in": {"$map": {"input": [10, 20], "as": "y", "in": ["$$x", "$$y"]}}}},
        {},
        [[[1, 10], [1, 20]], [[2, 10], [2, 20]]],
    ),
    ({"$map": {"input": "$o", "as": "CURRENT", "in": "$b"}}, DOC, [1, None, None, None, [9]]),
    ({"$reduce": {"input": "$a", "initialValue": 10, "in": {"$add": ["$$value", "$$this"]}}}, DOC, 16),
    ({"$reduce": {"input": "$e", "initialValue": "x", "in": 1}}, DOC, "x"),
    ({"$reduce": {"input": "$n", "initialValue": "x", "in": 1}}, DOC, None),
    ({"$reduce": {"input": "$i", "initialValue": "x", "in": 1}}, DOC, MISUSED),
]


@pytest.mark.parametrize(("expression", "document", "expected"), ELEMENTS, ids=ids(ELEMENTS))
def test_array_operators_find_elements(expression, document, expected):
    check(expression, document, expected)


@pytest.mark.parametrize(("expression", "document", "expected"), WHOLE, ids=ids(WHOLE))
def test_array_operators_make_arrays(expression, document, expected):
    check(expression, document, expected)


@pytest.mark.parametrize(("expression", "document", "expected"), LOOPS, ids=ids(LOOPS))
def test_loops_visit_each_element(expression, document, expected):
    check(expression, document, expected)


@given(st.lists(st.integers(-9, 9), max_size=20))
def test_filtering_counts_as_reducing_does(numbers):
    positive = {"$gt": ["$$this", 0]}
    counted = {"$reduce": {"input": "$a", "initialValue": 0, "in": {"$add": ["$$value", {"$cond": [positive, 1, 0]}]}}}
    filtered = {"$size": {"$filter": {"input": "$a", "cond": positive}}}
    assert evaluate(filtered, {"a": numbers}) == evaluate(counted, {"a": numbers})


@given(st.lists(st.integers()), st.integers(-30, 30))
def test_slices_from_both_ends_make_the_whole(numbers, count):
    head = {"$slice": ["$a", count]}
    if count >= 0:
        rest = {"$slice": ["$a", count, 1000]}
        assert evaluate({"$concatArrays": [head, rest]}, {"a": numbers}) == numbers
    else:
        assert evaluate(head, {"a": numbers}) == numbers[count:]


DOUBLING = [{"$concatArrays": ["$$value", "$$value"]}, ["$$value", "$$value"], {"a": "$$value", "b": "$$value"}]


@pytest.mark.parametrize("step", DOUBLING, ids=str)
def test_a_value_that_doubles_without_end_is_refused(step, monkeypatch):
    monkeypatch.setattr(limits, "MAX_VALUE_BYTES", 100_000)
    with pytest.raises(OperatorMisused):
        evaluate({"$reduce": {"input": {"$range": [0, 90]}, "initialValue": [1], "in": step}})


def test_a_value_that_nests_without_end_is_refused():
    with pytest.raises(OperatorMisused, match="nested deeper"):
        evaluate({"$reduce": {"input": {"$range": [0, 900]}, "initialValue": [1], "in": ["$$value"]}})


def test_a_large_mapped_array_is_refused_before_it_is_whole(monkeypatch):
    monkeypatch.setattr(loops, "MAX_VALUE_BYTES", 10_000)
    with pytest.raises(OperatorMisused, match="map builds"):
        evaluate({"$map": {"input": {"$range": [0, 1000]}, "in": "some text"}})


@pytest.mark.parametrize(
    "expression",
    [
        {"$map": {"input": "$a", "in": 1}},
        {"$filter": {"input": "$a", "cond": True}},
        {"$reduce": {"input": "$a", "initialValue": 0, "in": 0}},
    ],
    ids=str,
)
def test_loops_stop_at_the_deadline(expression):
    with pytest.raises(TimedOut):
        parse_expression(expression).evaluate({"a": [1]}, deadline=Deadline(-1))


def test_every_reader_of_a_large_value_looks_at_the_clock():
    large = {"a": list(range(20_000)), "o": {"a": "x" * 20_000}}
    for path in ("$a", "$o.a", "$$ROOT.a"):
        expression = parse_expression({"$in": [1, {"$let": {"vars": {"v": path}, "in": "$$v"}}]})
        with pytest.raises(TimedOut):
            expression.evaluate(large, deadline=Deadline(-1))


def test_many_large_values_are_refused_before_all_are_there(monkeypatch):
    monkeypatch.setattr(limits, "MAX_VALUE_BYTES", 10_000)
    text = {"$concat": ["$s", "$s"]}
    for expression in (
        [text] * 20,
        {"$let": {"vars": {f"v{n}": text for n in range(20)}, "in": 1}},
        {"$setUnion": [[text]] * 20},
    ):
        with pytest.raises(OperatorMisused, match="larger than"):
            evaluate(expression, {"s": "x" * 1_000})
