from __future__ import annotations

import re

import pytest
from bson import Regex

from chalicelib.core.clock import Deadline
from chalicelib.core.errors import InvalidQuery, OperatorMisused, TimedOut
from chalicelib.core.query.expressions import parse_expression, pattern
from tests.core.query.expressions.tables import MISUSED, REFUSED, Row, check, evaluate, ids

ROWS: list[Row] = [
    ({"$regexMatch": {"input": "Cafe", "regex": "af"}}, {}, True),
    ({"$regexMatch": {"input": "Cafe", "regex": "AF"}}, {}, False),
    ({"$regexMatch": {"input": "Cafe", "regex": "AF", "options": "i"}}, {}, True),
    ({"$regexMatch": {"input": "Cafe", "regex": Regex("AF", "i")}}, {}, True),
    ({"$regexMatch": {"input": "Cafe", "regex": re.compile("af")}}, {}, True),
    ({"$regexMatch": {"input": "Cafe", "regex": "$r"}}, {"r": "^C"}, True),
    ({"$regexMatch": {"input": None, "regex": "a"}}, {}, False),
    ({"$regexMatch": {"input": "a", "regex": "$gone"}}, {}, False),
    ({"$regexMatch": {"input": "a", "regex": "a", "options": None}}, {}, True),
    ({"$regexMatch": {"input": 5, "regex": "a"}}, {}, MISUSED),
    ({"$regexMatch": {"input": 5, "regex": "$gone"}}, {}, MISUSED),
    ({"$regexMatch": {"input": "a", "regex": 5}}, {}, MISUSED),
    ({"$regexMatch": {"input": "a", "regex": "a", "options": "q"}}, {}, MISUSED),
    ({"$regexMatch": {"input": "a", "regex": Regex("a", "i"), "options": "i"}}, {}, MISUSED),
    ({"$regexMatch": {"input": "a", "regex": "("}}, {}, REFUSED),
    ({"$regexMatch": {"input": "a"}}, {}, MISUSED),
    ({"$regexFind": {"input": "日本語x", "regex": "(x)(y)?"}}, {}, {"match": "x", "idx": 3, "captures": ["x", None]}),
    ({"$regexFind": {"input": "abc", "regex": "z"}}, {}, None),
    ({"$regexFind": {"input": "$gone", "regex": "z"}}, {}, None),
    (
        {"$regexFindAll": {"input": "a1b22", "regex": "[0-9]+"}},
        {},
        [{"match": "1", "idx": 1, "captures": []}, {"match": "22", "idx": 3, "captures": []}],
    ),
    ({"$regexFindAll": {"input": "abc", "regex": "z"}}, {}, []),
    ({"$regexFindAll": {"input": None, "regex": "z"}}, {}, []),
    (
        {"$regexFindAll": {"input": "ab", "regex": ""}},
        {},
        [{"match": "", "idx": index, "captures": []} for index in range(2)],
    ),
]


@pytest.mark.parametrize(("expression", "document", "expected"), ROWS, ids=ids(ROWS))
def test_regular_expressions_find_what_they_describe(expression, document, expected):
    check(expression, document, expected)


def test_a_constant_pattern_is_checked_when_it_is_parsed():
    with pytest.raises(InvalidQuery):
        parse_expression({"$regexMatch": {"input": "$a", "regex": "("}})


def test_a_pattern_from_the_document_may_change_from_one_to_the_next():
    expression = parse_expression({"$regexMatch": {"input": "abc", "regex": "$r"}})
    assert [expression.evaluate({"r": pattern}) for pattern in ("a", "a", "z", None)] == [True, True, False, False]


def test_an_error_names_the_operator():
    with pytest.raises(OperatorMisused, match=r"\$regexFind"):
        evaluate({"$regexFind": {"input": "a", "regex": 5}})


def test_finding_all_stops_at_the_deadline():
    expression = parse_expression({"$regexFindAll": {"input": "$a", "regex": "a"}})
    with pytest.raises(TimedOut):
        expression.evaluate({"a": "a" * 5000}, deadline=Deadline(-1))


def test_finding_all_of_many_is_bounded(monkeypatch):
    monkeypatch.setattr(pattern, "MAX_VALUE_BYTES", 10_000)
    with pytest.raises(OperatorMisused, match="builds an array larger"):
        evaluate({"$regexFindAll": {"input": "$a", "regex": ""}}, {"a": "a" * 1_000})
