from __future__ import annotations

import pytest

from chalicelib.core.query.expressions import truthy
from chalicelib.core.query.values import MISSING
from tests.core.query.expressions.tables import MISUSED, Row, check, dec, ids

ROWS: list[Row] = [
    ({"$and": []}, {}, True),
    ({"$and": [1, "a", []]}, {}, True),
    ({"$and": [1, 0]}, {}, False),
    ({"$and": ["$gone"]}, {}, False),
    ({"$and": [False, {"$divide": [1, 0]}]}, {}, False),
    ({"$and": "$a"}, {"a": True}, True),
    ({"$or": []}, {}, False),
    ({"$or": [None, 0, False]}, {}, False),
    ({"$or": [True, {"$divide": [1, 0]}]}, {}, True),
    ({"$not": [False]}, {}, True),
    ({"$not": "$gone"}, {}, True),
    ({"$not": [[]]}, {}, False),
    ({"$not": [1, 2]}, {}, MISUSED),
]


@pytest.mark.parametrize(("expression", "document", "expected"), ROWS, ids=ids(ROWS))
def test_boolean_operators_combine_truths(expression, document, expected):
    check(expression, document, expected)


@pytest.mark.parametrize("value", [None, MISSING, False, 0, 0.0, dec("0.00")])
def test_null_missing_and_zeros_are_false(value):
    assert truthy(value) is False


@pytest.mark.parametrize("value", [True, 1, -0.5, float("nan"), dec("0.1"), "", [], {}])
def test_everything_else_is_true(value):
    assert truthy(value) is True
