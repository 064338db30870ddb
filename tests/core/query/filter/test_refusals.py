"""What no filter can be: each refusal names what is wrong."""

import inspect
import sys
from typing import Any

import pytest
from bson import Regex

from chalicelib.core.errors import InvalidQuery, OperatorMisused
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.limits import MAX_NESTING


@pytest.mark.parametrize("source", [None, 1, "x", [], [{"a": 1}], True], ids=repr)
def test_a_filter_must_be_an_object(source: Any) -> None:
    with pytest.raises(InvalidQuery, match="must be an object"):
        parse_filter(source)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param({"$foo": 1}, r"unknown operator: \$foo", id="an unknown operator at the top"),
        pytest.param({"$eq": 1}, r"unknown operator: \$eq", id="a field operator at the top"),
        pytest.param({"$ref": "c"}, r"unknown operator: \$ref", id="a reference at the top"),
        pytest.param({"a": {"$foo": 1}}, r"unknown operator: \$foo", id="an unknown field operator"),
        pytest.param({"a": {"$gt": 1, "b": 2}}, "unknown operator: b", id="a field among operators"),
        pytest.param({"a": {"$and": [{}]}}, r"unknown operator: \$and", id="logic below a field"),
        pytest.param({"a": {"$not": {"b": 1}}}, "unknown operator: b", id="a field below $not"),
        pytest.param({"a": {"$elemMatch": {"$foo": 1}}}, r"unknown operator: \$foo", id="unknown in $elemMatch"),
        pytest.param({"$where": "1"}, r"\$where is not supported", id="$where"),
        pytest.param({"a": {"$where": "1"}}, r"\$where is not supported", id="$where below a field"),
        pytest.param({"a": {"$elemMatch": {"$where": "1"}}}, r"\$where is not supported", id="$where in $elemMatch"),
        pytest.param({"$text": {"$search": "x"}}, r"\$text is not supported", id="$text"),
        pytest.param({"$jsonSchema": {}}, r"\$jsonSchema is not supported", id="$jsonSchema"),
        pytest.param({"$expr": {"$function": {"body": ""}}}, r"\$function", id="$function"),
        pytest.param({1: 1}, "field name that no document", id="a field name that is not a text"),
        pytest.param({"a": {"b\0": 1}}, "field name that no document", id="a field name with a null character"),
        pytest.param({"\ud800": 1}, "field name that no document", id="a field name with half a pair"),
        pytest.param({"a": ["\ud800"]}, "half of a surrogate pair", id="text with half a pair"),
        pytest.param({"a": 2**63}, "more than 64 bits", id="a number that is too large"),
        pytest.param({"a": {"$gt": -(2**63) - 1}}, "more than 64 bits", id="a number that is too small"),
        pytest.param({"a": object()}, "no document can hold", id="a value that BSON does not know"),
        pytest.param({"a": {"$regex": "("}}, "regular expression is invalid", id="a malformed pattern"),
        pytest.param({"a": Regex("x" * 1001, "")}, "more than 1000 characters", id="a long pattern"),
    ],
)
def test_unknown_and_refused_forms_are_named(source: Any, message: str) -> None:
    with pytest.raises(InvalidQuery, match=message):
        parse_filter(source)


MISUSED = [
    {"a": {"$all": None}},
    {"a": {"$all": 5}},
    {"a": {"$all": [{"$gt": 1}]}},
    {"a": {"$all": [{"$elemMatch": {}}, 1]}},
    {"a": {"$all": [1, {"$elemMatch": {}}]}},
    {"a": {"$in": 5}},
    {"a": {"$in": None}},
    {"a": {"$in": {"b": 1}}},
    {"a": {"$in": [{"$gt": 1}]}},
    {"a": {"$nin": "x"}},
    {"a": {"$ne": Regex("a", "")}},
    {"a": {"$gt": Regex("a", "")}},
    {"a": {"$size": "x"}},
    {"a": {"$size": -1}},
    {"a": {"$size": 1.5}},
    {"a": {"$size": None}},
    {"a": {"$size": True}},
    {"a": {"$type": "foo"}},
    {"a": {"$type": 99}},
    {"a": {"$type": []}},
    {"a": {"$type": None}},
    {"a": {"$type": True}},
    {"a": {"$mod": 4}},
    {"a": {"$mod": [4]}},
    {"a": {"$mod": [4, 0, 1]}},
    {"a": {"$mod": [0, 1]}},
    {"a": {"$mod": ["4", 0]}},
    {"a": {"$mod": [4, None]}},
    {"a": {"$mod": [float("inf"), 0]}},
    {"a": {"$regex": 5}},
    {"a": {"$regex": None}},
    {"a": {"$regex": "a", "$options": 1}},
    {"a": {"$regex": "a", "$options": "g"}},
    {"a": {"$regex": Regex("a", "i"), "$options": "m"}},
    {"a": {"$options": "i"}},
    {"a": {"$not": 5}},
    {"a": {"$not": None}},
    {"a": {"$not": {}}},
    {"a": {"$not": "x"}},
    {"a": {"$elemMatch": 5}},
    {"a": {"$elemMatch": [1]}},
    {"a": {"$elemMatch": {"$expr": True}}},
    {"a": {"$elemMatch": {"$or": [{"$expr": True}]}}},
    {"a": {"$bitsAllSet": -1}},
    {"a": {"$bitsAllSet": 1.5}},
    {"a": {"$bitsAllSet": 2.0**63}},
    {"a": {"$bitsAllSet": "x"}},
    {"a": {"$bitsAllSet": [-1]}},
    {"a": {"$bitsAllSet": ["x"]}},
    {"$and": []},
    {"$and": {}},
    {"$or": None},
    {"$or": [1]},
    {"$nor": [[]]},
    {"$nor": []},
]


@pytest.mark.parametrize("source", MISUSED, ids=repr)
def test_a_wrong_operand_is_a_misuse(source: Any) -> None:
    with pytest.raises(OperatorMisused):
        parse_filter(source)


def nested(levels: int) -> dict[str, Any]:
    source: Any = {}
    for _ in range(levels - 1):
        source = {"a": source}
    return source


def test_a_filter_as_deep_as_a_document_is_accepted() -> None:
    source = nested(MAX_NESTING)

    assert parse_filter(source).matches(source)


@pytest.mark.parametrize("levels", [MAX_NESTING + 1, 100_000])
def test_a_deeper_filter_is_refused(levels: int) -> None:
    with pytest.raises(InvalidQuery, match="more than 100 levels"):
        parse_filter(nested(levels))


def test_a_nearly_full_stack_is_no_crash() -> None:
    source: Any = {"$gt": 1}
    for _ in range(MAX_NESTING - 2):
        source = {"$not": source}
    limit = sys.getrecursionlimit()
    # The copy takes two frames a level, the parser more.
    sys.setrecursionlimit(len(inspect.stack(0)) + 2 * MAX_NESTING + 40)
    try:
        with pytest.raises(InvalidQuery, match="too deeply"):
            parse_filter({"a": source})
    finally:
        sys.setrecursionlimit(limit)


def test_deep_logic_is_answered_or_refused_but_never_a_crash() -> None:
    source: Any = {"a": 1}
    for _ in range(49):
        source = {"$or": [source, {"b": 1}]}
    assert parse_filter(source).matches({"a": 1})

    for _ in range(5_000):
        source = {"$nor": [source]}
    with pytest.raises(InvalidQuery, match="levels"):
        parse_filter(source)
