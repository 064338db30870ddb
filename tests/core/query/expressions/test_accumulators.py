"""Accumulators as expressions; in groups they are tested with the stages."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.core.query.expressions.tables import Row, check, dec, evaluate, ids, long

DOC = {"a": [1, 2, "x", None], "b": 4, "n": None, "e": [], "d": [1, 2.5], "nested": [[1, 2], 3]}

ROWS: list[Row] = [
    ({"$sum": "$a"}, DOC, 3),
    ({"$sum": ["$a"]}, DOC, 3),
    ({"$sum": ["$a", "$b"]}, DOC, 4),
    ({"$sum": ["$b", 1.5]}, DOC, 5.5),
    ({"$sum": "$e"}, DOC, 0),
    ({"$sum": "$gone"}, DOC, 0),
    ({"$sum": "$nested"}, DOC, 3),
    ({"$sum": [[long(1), 2]]}, {}, long(3)),
    ({"$sum": [[2**62, 2**62]]}, {}, float(2**63)),
    ({"$sum": [[dec("0.1"), 0.2, 3]]}, {}, dec("3.300000000000000011102230246251565")),
    ({"$sum": [[0.1] * 10]}, {}, 1.0),
    ({"$sum": [[1e308, 1e308]]}, {}, math.inf),
    ({"$sum": [[1.0, 1e100, 1.0, -1e100]]}, {}, 2.0),
    ({"$avg": "$a"}, DOC, 1.5),
    ({"$avg": "$e"}, DOC, None),
    ({"$avg": [1, 2, 6]}, {}, 3.0),
    ({"$avg": [[dec("1"), 2]]}, {}, dec("1.5")),
    ({"$min": "$a"}, DOC, 1),
    ({"$max": "$a"}, DOC, "x"),
    ({"$max": "$e"}, DOC, None),
    ({"$min": ["$b", "$gone", 7]}, DOC, 4),
    ({"$max": ["$b", [9]]}, DOC, [9]),
    ({"$stdDevPop": [[2, 4, 4, 4, 5, 5, 7, 9]]}, {}, 2.0),
    ({"$stdDevSamp": [[1, 3]]}, {}, math.sqrt(2)),
    ({"$stdDevSamp": [[1]]}, {}, None),
    ({"$stdDevPop": [["x"]]}, {}, None),
]


@pytest.mark.parametrize(("expression", "document", "expected"), ROWS, ids=ids(ROWS))
def test_accumulators_over_arrays(expression, document, expected):
    check(expression, document, expected)


@given(st.lists(st.integers(-(10**9), 10**9), min_size=1))
def test_sums_and_extremes_are_those_of_python(numbers):
    assert evaluate({"$sum": "$a"}, {"a": numbers}) == sum(numbers)
    assert evaluate({"$min": "$a"}, {"a": numbers}) == min(numbers)
    assert evaluate({"$max": "$a"}, {"a": numbers}) == max(numbers)
