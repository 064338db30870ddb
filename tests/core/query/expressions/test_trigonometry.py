from __future__ import annotations

import math

import pytest

from tests.core.query.expressions.tables import MISUSED, Row, check, dec, ids

ROWS: list[Row] = [
    ({"$sin": 0}, {}, 0.0),
    ({"$cos": 0}, {}, 1.0),
    ({"$tan": 0}, {}, 0.0),
    ({"$asin": 1}, {}, math.pi / 2),
    ({"$acos": 1}, {}, 0.0),
    ({"$atan": 1}, {}, math.pi / 4),
    ({"$atan2": [1, 1]}, {}, math.pi / 4),
    ({"$atan2": [None, 1]}, {}, None),
    ({"$atan2": [1, "$gone"]}, {}, None),
    ({"$atan2": ["x", 1]}, {}, MISUSED),
    ({"$sinh": 0}, {}, 0.0),
    ({"$sinh": -1000}, {}, -math.inf),
    ({"$cosh": 0}, {}, 1.0),
    ({"$cosh": -1000}, {}, math.inf),
    ({"$tanh": 0}, {}, 0.0),
    ({"$asinh": 0}, {}, 0.0),
    ({"$acosh": 1}, {}, 0.0),
    ({"$atanh": 0}, {}, 0.0),
    ({"$atanh": 1}, {}, math.inf),
    ({"$atanh": -1}, {}, -math.inf),
    ({"$degreesToRadians": 180}, {}, math.pi),
    ({"$radiansToDegrees": math.pi}, {}, 180.0),
    ({"$sin": None}, {}, None),
    ({"$sin": math.nan}, {}, math.nan),
    ({"$sin": math.inf}, {}, MISUSED),
    ({"$cos": -math.inf}, {}, MISUSED),
    ({"$acos": 1.1}, {}, MISUSED),
    ({"$acosh": 0.5}, {}, MISUSED),
    ({"$sin": "x"}, {}, MISUSED),
    ({"$sin": dec("1")}, {}, MISUSED),
]


@pytest.mark.parametrize(("expression", "document", "expected"), ROWS, ids=ids(ROWS))
def test_trigonometric_operators_compute_angles_and_ratios(expression, document, expected):
    check(expression, document, expected)
