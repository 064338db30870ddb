from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import OperatorMisused
from tests.core.query.expressions.tables import MISUSED, Row, check, dec, evaluate, ids

DATE = datetime(2018, 3, 27, 16, 58, 51, 538_000, tzinfo=UTC)
DOC = {"s": "Hello", "n": None, "i": 5, "jp": "日本語", "t": DATE}

JOINING: list[Row] = [
    ({"$concat": []}, {}, ""),
    ({"$concat": ["a", "b", "$s"]}, DOC, "abHello"),
    ({"$concat": ["a", "$n"]}, DOC, None),
    ({"$concat": ["a", "$gone"]}, DOC, None),
    ({"$concat": ["a", "$i"]}, DOC, MISUSED),
    ({"$toLower": "ABCÄ"}, {}, "abcÄ"),
    ({"$toUpper": "abcä"}, {}, "ABCä"),
    ({"$toLower": None}, {}, ""),
    ({"$toUpper": 5}, {}, "5"),
    ({"$toUpper": "$t"}, DOC, "2018-03-27T16:58:51.538Z"),
    ({"$toLower": True}, {}, MISUSED),
    ({"$strcasecmp": ["A", "a"]}, {}, 0),
    ({"$strcasecmp": ["a", "B"]}, {}, -1),
    ({"$strcasecmp": ["b", "$gone"]}, {}, 1),
    ({"$strLenCP": "$jp"}, DOC, 3),
    ({"$strLenBytes": "$jp"}, DOC, 9),
    ({"$strLenBytes": "\ud800"}, {}, 3),
    ({"$strLenCP": None}, {}, MISUSED),
    ({"$strLenBytes": "$gone"}, {}, MISUSED),
    ({"$trim": {"input": " \n a b\u2003\0"}}, {}, "a b"),
    ({"$ltrim": {"input": "xxaxx", "chars": "x"}}, {}, "axx"),
    ({"$rtrim": {"input": "xyaxy", "chars": "yx"}}, {}, "xya"),
    ({"$trim": {"input": "$n"}}, DOC, None),
    ({"$trim": {"input": "a", "chars": "$n"}}, DOC, None),
    ({"$trim": {"input": 5}}, {}, MISUSED),
    ({"$trim": {"input": "a", "chars": 5}}, {}, MISUSED),
    ({"$trim": {"chars": "a"}}, {}, MISUSED),
    ({"$trim": "a"}, {}, MISUSED),
    ({"$trim": {"input": "a", "what": 1}}, {}, MISUSED),
    ({"$replaceOne": {"input": "aXbX", "find": "X", "replacement": "-"}}, {}, "a-bX"),
    ({"$replaceAll": {"input": "aXbX", "find": "X", "replacement": "-"}}, {}, "a-b-"),
    ({"$replaceAll": {"input": "ab", "find": "", "replacement": "-"}}, {}, "-a-b-"),
    ({"$replaceAll": {"input": "ab", "find": "c", "replacement": None}}, {}, None),
    ({"$replaceAll": {"input": None, "find": 5, "replacement": "a"}}, {}, MISUSED),
    ({"$replaceOne": {"input": "a", "find": "a"}}, {}, MISUSED),
    ({"$split": ["a-b-c", "-"]}, {}, ["a", "b", "c"]),
    ({"$split": ["abc", "-"]}, {}, ["abc"]),
    ({"$split": ["-a-", "-"]}, {}, ["", "a", ""]),
    ({"$split": [None, "-"]}, {}, None),
    ({"$split": ["a", "$gone"]}, {}, None),
    ({"$split": ["a", ""]}, {}, MISUSED),
    ({"$split": ["a", 5]}, {}, MISUSED),
    ({"$split": [5, "a"]}, {}, MISUSED),
]

PARTS: list[Row] = [
    ({"$substrCP": ["$jp", 1, 1]}, DOC, "本"),
    ({"$substrCP": ["$s", 2, 100]}, DOC, "llo"),
    ({"$substrCP": ["$n", 0, 1]}, DOC, ""),
    ({"$substrCP": [12345, 1, 2]}, {}, "23"),
    ({"$substrCP": ["abc", -1, 2]}, {}, MISUSED),
    ({"$substrCP": ["abc", 0, -1]}, {}, MISUSED),
    ({"$substrCP": ["abc", 0.5, 1]}, {}, MISUSED),
    ({"$substrCP": ["abc", "x", 1]}, {}, MISUSED),
    ({"$substrBytes": ["$jp", 3, 3]}, DOC, "本"),
    ({"$substrBytes": ["$jp", 3, -1]}, DOC, "本語"),
    ({"$substrBytes": ["$jp", 1, 3]}, DOC, MISUSED),
    ({"$substrBytes": ["$jp", 0, 2]}, DOC, MISUSED),
    ({"$substr": ["abc", -1, 2]}, {}, MISUSED),
    ({"$substr": ["abc", 5, 2]}, {}, ""),
    ({"$substr": ["abc", 1.9, 1.9]}, {}, "b"),
    ({"$substr": ["abc", 1, float("nan")]}, {}, ""),
    ({"$substr": ["abc", 0, 1e300]}, {}, "abc"),
    ({"$substr": ["$t", 0, 10]}, DOC, "2018-03-27"),
    ({"$substr": ["abc", "x", 1]}, {}, MISUSED),
    ({"$substr": [["a"], 0, 1]}, {}, MISUSED),
    ({"$indexOfCP": ["$jp", "語"]}, DOC, 2),
    ({"$indexOfBytes": ["$jp", "語"]}, DOC, 6),
    ({"$indexOfCP": ["abcabc", "c", 3]}, {}, 5),
    ({"$indexOfCP": ["abcabc", "c", 3, 5]}, {}, -1),
    ({"$indexOfCP": ["abc", "", 3]}, {}, -1),
    ({"$indexOfCP": ["abc", "a", 9]}, {}, -1),
    ({"$indexOfCP": ["abc", "a", 2, 1]}, {}, -1),
    ({"$indexOfCP": [None, 5]}, {}, None),
    ({"$indexOfCP": ["abc", None]}, {}, MISUSED),
    ({"$indexOfCP": ["abc", "a", -1]}, {}, MISUSED),
    ({"$indexOfCP": ["abc", "a", 1.5]}, {}, MISUSED),
    ({"$indexOfBytes": [5, "a"]}, {}, MISUSED),
]

NUMBERS_AS_TEXT: list[Row] = [
    ({"$toString": 2.0}, {}, "2"),
    ({"$toString": 2.5}, {}, "2.5"),
    ({"$toString": 1e21}, {}, "1e+21"),
    ({"$toString": -7}, {}, "-7"),
    ({"$toString": dec("1.10")}, {}, "1.10"),
]


@pytest.mark.parametrize(("expression", "document", "expected"), JOINING, ids=ids(JOINING))
def test_string_operators_read_and_make_strings(expression, document, expected):
    check(expression, document, expected)


@pytest.mark.parametrize(("expression", "document", "expected"), PARTS, ids=ids(PARTS))
def test_parts_of_strings(expression, document, expected):
    check(expression, document, expected)


@pytest.mark.parametrize(("expression", "document", "expected"), NUMBERS_AS_TEXT, ids=ids(NUMBERS_AS_TEXT))
def test_numbers_as_text(expression, document, expected):
    check(expression, document, expected)


def test_a_string_that_doubles_without_end_is_refused():
    doubled = {
        "$reduce": {"input": {"$range": [0, 60]}, "initialValue": "x", "in": {"$concat": ["$$value", "$$value"]}}
    }
    with pytest.raises(OperatorMisused, match="concat would build a string longer"):
        evaluate(doubled)


def test_a_replacement_that_grows_without_end_is_refused():
    replaced = {"$replaceAll": {"input": "$$value", "find": "x", "replacement": "xxxxxxxxxxxxxxxx"}}
    with pytest.raises(OperatorMisused, match="replaceAll would build a string longer"):
        evaluate({"$reduce": {"input": {"$range": [0, 60]}, "initialValue": "x", "in": replaced}})


def test_a_replacement_that_shrinks_is_not_counted_as_growth():
    assert evaluate({"$replaceAll": {"input": "aaaa", "find": "aa", "replacement": ""}}) == ""


@given(st.text(max_size=20), st.text(min_size=1, max_size=2))
def test_splitting_and_joining_again_gives_the_string(text, separator):
    joined = {
        "$reduce": {
            "input": {"$split": ["$s", "$by"]},
            "initialValue": None,
            "in": {"$ifNull": [{"$concat": ["$$value", "$by", "$$this"]}, "$$this"]},
        }
    }
    assert evaluate(joined, {"s": text, "by": separator}) == text
