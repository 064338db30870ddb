from __future__ import annotations

from datetime import UTC, datetime

import pytest
from bson import MaxKey, MinKey, ObjectId
from hypothesis import given
from hypothesis import strategies as st

from tests.core.query.expressions.tables import MISUSED, Row, check, dec, evaluate, ids, long

ROWS: list[Row] = [
    ({"$eq": [1, 1.0]}, {}, True),
    ({"$eq": [1, long(1)]}, {}, True),
    ({"$eq": [1, dec("1")]}, {}, True),
    ({"$eq": [1, True]}, {}, False),
    ({"$eq": [0, False]}, {}, False),
    ({"$eq": ["a", "a"]}, {}, True),
    ({"$eq": ["$gone", None]}, {}, False),
    ({"$eq": ["$gone", "$away"]}, {}, True),
    ({"$ne": ["$gone", None]}, {}, True),
    ({"$eq": ["$a", [1, 2]]}, {"a": [1, 2]}, True),
    ({"$eq": ["$a", 1]}, {"a": [1, 2]}, False),
    ({"$eq": ["$a", {"y": 2, "x": 1}]}, {"a": {"x": 1, "y": 2}}, False),
    ({"$eq": ["$a", {"x": 1, "y": 2}]}, {"a": {"x": 1, "y": 2}}, True),
    ({"$gt": ["a", 5]}, {}, True),
    ({"$gt": [5, "a"]}, {}, False),
    ({"$gt": ["b", "a"]}, {}, True),
    ({"$gt": ["$gone", None]}, {}, False),
    ({"$gt": [None, "$gone"]}, {}, True),
    ({"$gt": ["$gone", MinKey()]}, {}, True),
    ({"$gt": ["$a", None]}, {"a": 1}, True),
    ({"$gte": [2, 2]}, {}, True),
    ({"$lt": [1, MaxKey()]}, {}, True),
    ({"$lt": [float("nan"), -(2**40)]}, {}, True),
    ({"$lt": [ObjectId("0" * 24), True]}, {}, True),
    ({"$lte": [True, datetime(1970, 1, 1, tzinfo=UTC)]}, {}, True),
    ({"$lte": ["b", "a"]}, {}, False),
    ({"$cmp": [1, 2]}, {}, -1),
    ({"$cmp": [2, 2.0]}, {}, 0),
    ({"$cmp": ["b", "a"]}, {}, 1),
    ({"$cmp": [[1, 2], [1, 3]]}, {}, -1),
    ({"$eq": [1]}, {}, MISUSED),
    ({"$eq": 1}, {}, MISUSED),
]


@pytest.mark.parametrize(("expression", "document", "expected"), ROWS, ids=ids(ROWS))
def test_comparisons_order_values_of_all_types(expression, document, expected):
    check(expression, document, expected)


VALUES = st.one_of(st.none(), st.booleans(), st.integers(-5, 5), st.floats(-5, 5), st.text(max_size=2))


@given(VALUES, VALUES)
def test_the_comparisons_agree_with_cmp(left, right):
    order = evaluate({"$cmp": ["$l", "$r"]}, {"l": left, "r": right})
    found = [
        evaluate({name: ["$l", "$r"]}, {"l": left, "r": right}) for name in ("$lt", "$lte", "$eq", "$ne", "$gte", "$gt")
    ]
    assert found == [order < 0, order <= 0, order == 0, order != 0, order >= 0, order > 0]
