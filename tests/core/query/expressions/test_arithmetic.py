from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.query.values import MISSING
from tests.core.query.expressions.tables import MISUSED, Row, check, dec, evaluate, ids, long, same

NAN, INF = math.nan, math.inf
BIG = 2**63 - 1
DATE = datetime(2020, 1, 1, tzinfo=UTC)
LATER = datetime(2020, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)
DOC = {"i": 7, "d": 2.5, "l": long(9), "m": dec("1.10"), "s": "x", "t": DATE, "n": None, "b": True}

ADDING: list[Row] = [
    ({"$add": []}, {}, 0),
    ({"$add": 5}, {}, 5),
    ({"$add": [1, 2, 3]}, {}, 6),
    ({"$add": [1, 2.0]}, {}, 3.0),
    ({"$add": ["$i", "$l"]}, DOC, long(16)),
    ({"$add": ["$i", "$m"]}, DOC, dec("8.10")),
    ({"$add": [0.1, "$m"]}, DOC, dec("1.200000000000000")),
    ({"$add": [2**31 - 1, 1]}, {}, 2**31),
    ({"$add": [BIG, 1]}, {}, float(2**63)),
    ({"$add": ["$t", 1500]}, DOC, LATER),
    ({"$add": [1499.5, "$t"]}, DOC, LATER),
    ({"$add": ["$t", dec("1500")]}, DOC, LATER),
    ({"$add": ["$t", "$t"]}, DOC, MISUSED),
    ({"$add": ["$t", NAN]}, DOC, MISUSED),
    ({"$add": ["$t", 1e18]}, DOC, MISUSED),
    ({"$add": ["$i", "$n"]}, DOC, None),
    ({"$add": ["$i", "$gone"]}, DOC, None),
    ({"$add": ["$i", "$s"]}, DOC, MISUSED),
    ({"$add": ["$i", "$b"]}, DOC, MISUSED),
    ({"$subtract": [1, 2]}, {}, -1),
    ({"$subtract": [1, 2.5]}, {}, -1.5),
    ({"$subtract": ["$l", 1]}, DOC, long(8)),
    ({"$subtract": ["$m", 1]}, DOC, dec("0.10")),
    ({"$subtract": [-BIG, 9]}, {}, -float(2**63)),
    ({"$subtract": ["$t", 1500]}, DOC, datetime(2019, 12, 31, 23, 59, 58, 500_000, tzinfo=UTC)),
    ({"$subtract": [LATER, "$t"]}, DOC, long(1500)),
    ({"$subtract": [1, "$t"]}, DOC, MISUSED),
    ({"$subtract": ["$t", "$s"]}, DOC, MISUSED),
    ({"$subtract": ["$s", 1]}, DOC, MISUSED),
    ({"$subtract": ["$s", "$n"]}, DOC, None),
    ({"$subtract": ["$gone", 1]}, DOC, None),
    ({"$subtract": [1]}, {}, MISUSED),
    ({"$subtract": [1, 2, 3]}, {}, MISUSED),
    ({"$multiply": []}, {}, 1),
    ({"$multiply": [2, 3, 4]}, {}, 24),
    ({"$multiply": [2, 1.5]}, {}, 3.0),
    ({"$multiply": ["$l", 2]}, DOC, long(18)),
    ({"$multiply": ["$m", 2]}, DOC, dec("2.20")),
    ({"$multiply": [2**31, 2]}, {}, 2**32),
    ({"$multiply": [2**62, 2]}, {}, float(2**63)),
    ({"$multiply": ["$i", "$n"]}, DOC, None),
    ({"$multiply": ["$i", "$s"]}, DOC, MISUSED),
    ({"$multiply": ["$i", "$t"]}, DOC, MISUSED),
    ({"$divide": [6, 3]}, {}, 2.0),
    ({"$divide": [1, 3]}, {}, 1 / 3),
    ({"$divide": ["$m", 2]}, DOC, dec("0.55")),
    ({"$divide": [1, 0]}, {}, MISUSED),
    ({"$divide": [1, 0.0]}, {}, MISUSED),
    ({"$divide": [1, dec("0")]}, {}, MISUSED),
    ({"$divide": ["$n", 0]}, DOC, None),
    ({"$divide": ["$s", 2]}, DOC, MISUSED),
    ({"$mod": [7, 3]}, {}, 1),
    ({"$mod": [-7, 3]}, {}, -1),
    ({"$mod": [7, -3]}, {}, 1),
    ({"$mod": ["$l", 5]}, DOC, long(4)),
    ({"$mod": [7.5, 2]}, {}, 1.5),
    ({"$mod": [-7.5, 2]}, {}, -1.5),
    ({"$mod": [7, 4.0]}, {}, 3),
    ({"$mod": [7, 2.5]}, {}, 2.0),
    ({"$mod": [7, 2.0**40]}, {}, 7.0),
    ({"$mod": [INF, 2]}, {}, NAN),
    ({"$mod": ["$m", 1]}, DOC, dec("0.10")),
    ({"$mod": [1, 0]}, {}, MISUSED),
    ({"$mod": [1, "$gone"]}, {}, None),
    ({"$mod": ["$s", 1]}, DOC, MISUSED),
]

ONE_NUMBER: list[Row] = [
    ({"$abs": -5}, {}, 5),
    ({"$abs": [-5.5]}, {}, 5.5),
    ({"$abs": -(2**31)}, {}, 2**31),
    ({"$abs": long(-4)}, {}, long(4)),
    ({"$abs": dec("-1.5")}, {}, dec("1.5")),
    ({"$abs": -(2**63)}, {}, MISUSED),
    ({"$abs": None}, {}, None),
    ({"$abs": "$s"}, DOC, MISUSED),
    ({"$abs": [1, 2]}, {}, MISUSED),
    ({"$ceil": 7.2}, {}, 8.0),
    ({"$ceil": -7.8}, {}, -7.0),
    ({"$ceil": 7}, {}, 7),
    ({"$ceil": INF}, {}, INF),
    ({"$ceil": dec("7.2")}, {}, dec("8")),
    ({"$ceil": dec("Infinity")}, {}, dec("Infinity")),
    ({"$ceil": "$gone"}, {}, None),
    ({"$ceil": "$s"}, DOC, MISUSED),
    ({"$floor": 7.8}, {}, 7.0),
    ({"$floor": -7.2}, {}, -8.0),
    ({"$floor": "$l"}, DOC, long(9)),
    ({"$floor": dec("-7.2")}, {}, dec("-8")),
    ({"$exp": 0}, {}, 1.0),
    ({"$exp": 1}, {}, math.e),
    ({"$exp": 1000}, {}, INF),
    ({"$exp": dec("0")}, {}, dec("1")),
    ({"$exp": None}, {}, None),
    ({"$exp": "$s"}, DOC, MISUSED),
    ({"$ln": 1}, {}, 0.0),
    ({"$ln": dec("1")}, {}, dec("0")),
    ({"$ln": NAN}, {}, NAN),
    ({"$ln": 0}, {}, MISUSED),
    ({"$ln": dec("-1")}, {}, MISUSED),
    ({"$ln": None}, {}, None),
    ({"$log10": 100}, {}, 2.0),
    ({"$log10": dec("1000")}, {}, dec("3")),
    ({"$log10": -1}, {}, MISUSED),
    ({"$log": [100, 10]}, {}, 2.0),
    ({"$log": [dec("100"), 10]}, {}, dec("2")),
    ({"$log": [8, 1]}, {}, MISUSED),
    ({"$log": [8, 0]}, {}, MISUSED),
    ({"$log": [0, 2]}, {}, MISUSED),
    ({"$log": [None, 2]}, {}, None),
    ({"$log": ["$s", 2]}, DOC, MISUSED),
    ({"$sqrt": 25}, {}, 5.0),
    ({"$sqrt": 2.25}, {}, 1.5),
    ({"$sqrt": dec("4")}, {}, dec("2")),
    ({"$sqrt": NAN}, {}, NAN),
    ({"$sqrt": -1}, {}, MISUSED),
    ({"$sqrt": None}, {}, None),
    ({"$sqrt": "$s"}, DOC, MISUSED),
    ({"$pow": [2, 3]}, {}, 8),
    ({"$pow": [2, 31]}, {}, 2**31),
    ({"$pow": [2, 63]}, {}, float(2**63)),
    ({"$pow": [3, 40]}, {}, 3**40 if 3**40 < 2**63 else 3.0**40),
    ({"$pow": [2, -1]}, {}, 0.5),
    ({"$pow": [10, 400]}, {}, INF),
    ({"$pow": [-10, 401]}, {}, -INF),
    ({"$pow": [1, -5]}, {}, 1),
    ({"$pow": [-1, -5]}, {}, -1),
    ({"$pow": [-1, 4]}, {}, 1),
    ({"$pow": [0, 0]}, {}, 1),
    ({"$pow": [0, 5]}, {}, 0),
    ({"$pow": [long(2), 2]}, {}, long(4)),
    ({"$pow": [2, 0.5]}, {}, math.sqrt(2)),
    ({"$pow": [-2, 0.5]}, {}, NAN),
    ({"$pow": [dec("1.5"), 2]}, {}, dec("2.25")),
    ({"$pow": [0, -1]}, {}, MISUSED),
    ({"$pow": [dec("0"), -1]}, {}, MISUSED),
    ({"$pow": [None, 2]}, {}, None),
    ({"$pow": ["$s", 2]}, DOC, MISUSED),
]

ROUNDING: list[Row] = [
    ({"$round": 10.5}, {}, 10.0),
    ({"$round": 11.5}, {}, 12.0),
    ({"$round": [12.5, 0]}, {}, 12.0),
    ({"$round": [19.25, 1]}, {}, 19.2),
    ({"$round": [28.73, 1]}, {}, 28.7),
    ({"$round": [-45.39, 1]}, {}, -45.4),
    ({"$round": [1234.5678, -2]}, {}, 1200.0),
    ({"$round": [1250, -2]}, {}, 1200),
    ({"$round": [1350, -2]}, {}, 1400),
    ({"$round": [7, 3]}, {}, 7),
    ({"$round": [2**31 - 1, -1]}, {}, 2**31 + 2),
    ({"$round": [BIG, -1]}, {}, MISUSED),
    ({"$round": [NAN, 1]}, {}, NAN),
    ({"$round": [-INF, 1]}, {}, -INF),
    ({"$round": [5e-324, 100]}, {}, 0.0),
    ({"$round": [dec("1.2345"), 2]}, {}, dec("1.23")),
    ({"$round": [dec("1.2"), 5]}, {}, dec("1.20000")),
    ({"$round": [dec("1.298"), 100]}, {}, dec("1.298000000000000000000000000000000")),
    ({"$round": [dec("1.25E+40"), -20]}, {}, dec("1.25000000000000000000E+40")),
    ({"$round": [dec("NaN"), 1]}, {}, dec("NaN")),
    ({"$round": [1.5, None]}, {}, None),
    ({"$round": ["$gone", 1]}, {}, None),
    ({"$round": ["$s", 1]}, DOC, MISUSED),
    ({"$round": [1.5, 1.5]}, {}, MISUSED),
    ({"$round": [1.5, 101]}, {}, MISUSED),
    ({"$round": [1.5, -21]}, {}, MISUSED),
    ({"$trunc": 7.8}, {}, 7.0),
    ({"$trunc": -7.8}, {}, -7.0),
    ({"$trunc": [19.29, 1]}, {}, 19.2),
    ({"$trunc": [1299, -2]}, {}, 1200),
    ({"$trunc": [long(1299), -2]}, {}, long(1200)),
    ({"$trunc": dec("-1.9")}, {}, dec("-1")),
]


@pytest.mark.parametrize(("expression", "document", "expected"), ADDING, ids=ids(ADDING))
def test_the_four_operations(expression, document, expected):
    check(expression, document, expected)


@pytest.mark.parametrize(("expression", "document", "expected"), ONE_NUMBER, ids=ids(ONE_NUMBER))
def test_functions_of_numbers(expression, document, expected):
    check(expression, document, expected)


@pytest.mark.parametrize(("expression", "document", "expected"), ROUNDING, ids=ids(ROUNDING))
def test_numbers_are_rounded_and_cut_off(expression, document, expected):
    check(expression, document, expected)


def test_whole_results_of_32_bits_stay_int_and_larger_ones_become_long():
    assert same(evaluate({"$type": {"$add": [2**31 - 1, 0]}}), "int")
    assert same(evaluate({"$type": {"$add": [2**31 - 1, 1]}}), "long")


SMALL = st.integers(-(10**6), 10**6)


@given(SMALL, SMALL)
def test_small_integers_compute_as_in_python(left, right):
    assert evaluate({"$add": [left, right]}) == left + right
    assert evaluate({"$subtract": [left, right]}) == left - right
    assert evaluate({"$multiply": [left, right]}) == left * right
    if right:
        assert evaluate({"$divide": [left, right]}) == left / right
        assert evaluate({"$mod": [left, right]}) == math.fmod(left, right)


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-5, 20))
def test_truncating_never_moves_away_from_zero(number, place):
    assert abs(evaluate({"$trunc": [number, place]})) <= abs(number)


def test_a_missing_value_is_no_number_even_alone():
    assert evaluate({"$add": "$gone"}) is None
    assert evaluate("$gone") is MISSING
