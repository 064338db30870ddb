from __future__ import annotations

import pytest

from chalicelib.core.query.values import MISSING
from tests.core.query.expressions.tables import MISUSED, REFUSED, Row, check, ids

DOC = {"i": 5, "n": None}
BRANCHES = [{"case": {"$gt": ["$i", 9]}, "then": "big"}, {"case": {"$gt": ["$i", 3]}, "then": "middle"}]

ROWS: list[Row] = [
    ({"$cond": [True, 1, 2]}, {}, 1),
    ({"$cond": ["$gone", 1, 2]}, {}, 2),
    ({"$cond": {"if": {"$gt": ["$i", 3]}, "then": "yes", "else": "no"}}, DOC, "yes"),
    ({"$cond": {"if": False, "then": 1, "else": "$gone"}}, {}, MISSING),
    ({"$cond": [True, 1, {"$divide": [1, 0]}]}, {}, 1),
    ({"$cond": [True, 1]}, {}, MISUSED),
    ({"$cond": {"if": True, "then": 1}}, {}, MISUSED),
    ({"$cond": {"if": True, "then": 1, "else": 2, "or": 3}}, {}, MISUSED),
    ({"$ifNull": ["$n", 1]}, DOC, 1),
    ({"$ifNull": ["$i", 1]}, DOC, 5),
    ({"$ifNull": ["$n", "$gone", "$i", 1]}, DOC, 5),
    ({"$ifNull": ["$n", "$gone"]}, DOC, MISSING),
    ({"$ifNull": [False, 1]}, {}, False),
    ({"$ifNull": ["$n"]}, DOC, MISUSED),
    ({"$switch": {"branches": BRANCHES}}, DOC, "middle"),
    ({"$switch": {"branches": BRANCHES, "default": "small"}}, {"i": 1}, "small"),
    ({"$switch": {"branches": BRANCHES}}, {"i": 1}, MISUSED),
    ({"$switch": {"branches": []}}, {}, MISUSED),
    ({"$switch": {"branches": "$i"}}, DOC, MISUSED),
    ({"$switch": {"branches": [{"case": 1}]}}, DOC, MISUSED),
    ({"$switch": {}}, {}, MISUSED),
    ({"$let": {"vars": {"x": 2, "y": "$i"}, "in": {"$multiply": ["$$x", "$$y"]}}}, DOC, 10),
    ({"$let": {"vars": {"x": {"y": [{"z": 1}]}}, "in": "$$x.y.z"}}, {}, [1]),
    ({"$let": {"vars": {"x": "$gone"}, "in": "$$x"}}, {}, MISSING),
    ({"$let": {"vars": {"x": 1}, "in": {"$let": {"vars": {"x": 2}, "in": "$$x"}}}}, {}, 2),
    ({"$let": {"vars": {"x": 1}, "in": {"$let": {"vars": {"y": "$$x"}, "in": "$$y"}}}}, {}, 1),
    ({"$let": {"vars": {"x": 1, "y": "$$x"}, "in": 1}}, {}, REFUSED),
    ({"$let": {"vars": {"CURRENT": {"i": 9}}, "in": ["$i", "$$ROOT.i", "$$CURRENT.i"]}}, DOC, [9, 5, 9]),
    ({"$let": {"vars": {"CURRENT": 9}, "in": "$i"}}, DOC, MISSING),
    ({"$let": {"vars": {"X": 1}, "in": 1}}, {}, REFUSED),
    ({"$let": {"vars": {"1x": 1}, "in": 1}}, {}, REFUSED),
    ({"$let": {"vars": 5, "in": 1}}, {}, MISUSED),
    ({"$let": {"vars": {}}}, {}, MISUSED),
    ({"$literal": "$i"}, DOC, "$i"),
    ({"$literal": {"$add": [1, 2]}}, {}, {"$add": [1, 2]}),
]


@pytest.mark.parametrize(("expression", "document", "expected"), ROWS, ids=ids(ROWS))
def test_choices_variables_and_literals(expression, document, expected):
    check(expression, document, expected)
