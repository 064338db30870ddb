from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.query.values import MISSING
from tests.core.query.expressions.tables import MISUSED, Row, check, evaluate, ids

DOC = {"o": {"x": 1, "y": 2}, "n": None, "i": 5, "d.t": 7, "list": [{"x": 1}, None, {"z": 3}]}

ROWS: list[Row] = [
    ({"$mergeObjects": ["$o", {"y": 3, "z": 4}]}, DOC, {"x": 1, "y": 3, "z": 4}),
    ({"$mergeObjects": ["$o", "$n", "$gone"]}, DOC, {"x": 1, "y": 2}),
    ({"$mergeObjects": []}, {}, {}),
    ({"$mergeObjects": "$n"}, DOC, {}),
    ({"$mergeObjects": "$list"}, DOC, {"x": 1, "z": 3}),
    ({"$mergeObjects": ["$o", "$i"]}, DOC, MISUSED),
    ({"$objectToArray": "$o"}, DOC, [{"k": "x", "v": 1}, {"k": "y", "v": 2}]),
    ({"$objectToArray": "$n"}, DOC, None),
    ({"$objectToArray": "$i"}, DOC, MISUSED),
    ({"$arrayToObject": [[["a", 1], ["b", 2]]]}, {}, {"a": 1, "b": 2}),
    ({"$arrayToObject": [[{"k": "a", "v": 1}, {"k": "a", "v": 2}]]}, {}, {"a": 2}),
    ({"$arrayToObject": "$gone"}, {}, None),
    ({"$arrayToObject": "$i"}, DOC, MISUSED),
    ({"$arrayToObject": [[["a", 1, 2]]]}, {}, MISUSED),
    ({"$arrayToObject": [[{"k": "a"}]]}, {}, MISUSED),
    ({"$arrayToObject": [[[1, 2]]]}, {}, MISUSED),
    ({"$arrayToObject": [[["a\0", 2]]]}, {}, MISUSED),
    ({"$arrayToObject": [[5]]}, {}, MISUSED),
    ({"$arrayToObject": [[["a", 1], {"k": "b", "v": 2}]]}, {}, MISUSED),
    ({"$arrayToObject": [[]]}, {}, {}),
    ({"$getField": "d.t"}, DOC, 7),
    ({"$getField": {"field": "x", "input": "$o"}}, DOC, 1),
    ({"$getField": {"field": {"$literal": "$x"}, "input": {"$literal": {"$x": 5}}}}, DOC, 5),
    ({"$getField": {"$literal": "i"}}, DOC, 5),
    ({"$getField": {"field": "q", "input": "$o"}}, DOC, MISSING),
    ({"$getField": {"field": "q", "input": "$n"}}, DOC, None),
    ({"$getField": {"field": "q", "input": "$gone"}}, DOC, MISSING),
    ({"$getField": {"field": "q", "input": "$i"}}, DOC, MISSING),
    ({"$getField": {"field": 5, "input": "$o"}}, DOC, MISUSED),
    ({"$getField": {"field": "$i", "input": "$o"}}, DOC, MISUSED),
    ({"$getField": {"field": "x"}}, DOC, MISUSED),
    ({"$setField": {"field": "x", "input": "$o", "value": 9}}, DOC, {"x": 9, "y": 2}),
    ({"$setField": {"field": "a.b", "input": "$o", "value": "$i"}}, DOC, {"x": 1, "y": 2, "a.b": 5}),
    ({"$setField": {"field": "x", "input": "$o", "value": "$$REMOVE"}}, DOC, {"y": 2}),
    ({"$setField": {"field": "x", "input": "$gone", "value": 1}}, DOC, None),
    ({"$setField": {"field": "x", "input": "$i", "value": 1}}, DOC, MISUSED),
    ({"$unsetField": {"field": "x", "input": "$o"}}, DOC, {"y": 2}),
    ({"$unsetField": {"field": "q", "input": "$o"}}, DOC, {"x": 1, "y": 2}),
]


@pytest.mark.parametrize(("expression", "document", "expected"), ROWS, ids=ids(ROWS))
def test_object_operators_read_and_make_objects(expression, document, expected):
    check(expression, document, expected)


@given(st.dictionaries(st.text("abc", max_size=3), st.integers()))
def test_an_object_comes_back_from_its_array(source):
    assert evaluate({"$arrayToObject": {"$objectToArray": "$o"}}, {"o": source}) == source
