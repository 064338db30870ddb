"""$eq, $ne, $gt, $gte, $lt, $lte, $in and $nin, on values of every type."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import Binary, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from chalicelib.core.query.filter import parse_filter

NAN = float("nan")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
OID = ObjectId("000000000000000000000001")
LATER_OID = ObjectId("000000000000000000000002")


def case(name: str, document: dict[str, Any], source: dict[str, Any], expected: bool) -> Any:
    return pytest.param(document, source, expected, id=name)


EQUALITY = [
    case("equal text", {"a": "x"}, {"a": "x"}, True),
    case("text differs in case", {"a": "X"}, {"a": "x"}, False),
    case("$eq spells the same", {"a": "x"}, {"a": {"$eq": "x"}}, True),
    case("a text and a number", {"a": "1"}, {"a": 1}, False),
    case("an int equals a double", {"a": 1.0}, {"a": 1}, True),
    case("an int equals a long", {"a": Int64(1)}, {"a": 1.0}, True),
    case("an int equals a decimal", {"a": Decimal128("1.0")}, {"a": 1}, True),
    case("a decimal equals an int", {"a": 1}, {"a": Decimal128("1")}, True),
    case("another decimal", {"a": Decimal128("1.5")}, {"a": 1}, False),
    case("true is not one", {"a": True}, {"a": 1}, False),
    case("one is not true", {"a": 1}, {"a": True}, False),
    case("zero is not false", {"a": 0}, {"a": False}, False),
    case("true is true", {"a": True}, {"a": True}, True),
    case("NaN equals NaN", {"a": NAN}, {"a": NAN}, True),
    case("NaN equals decimal NaN", {"a": Decimal128("NaN")}, {"a": NAN}, True),
    case("NaN is no other number", {"a": NAN}, {"a": 0}, False),
    case("null equals null", {"a": None}, {"a": None}, True),
    case("a missing field equals null", {}, {"a": None}, True),
    case("zero is not null", {"a": 0}, {"a": None}, False),
    case("empty text is not null", {"a": ""}, {"a": None}, False),
    case("an object field for field", {"a": {"b": 1, "c": 2}}, {"a": {"b": 1, "c": 2}}, True),
    case("an object in another field order", {"a": {"c": 2, "b": 1}}, {"a": {"b": 1, "c": 2}}, False),
    case("an object with more fields", {"a": {"b": 1, "c": 2}}, {"a": {"b": 1}}, False),
    case("an object with equal numbers", {"a": {"b": 1.0}}, {"a": {"b": 1}}, True),
    case("an empty object", {"a": {}}, {"a": {}}, True),
    case("an empty object asks for an empty one", {"a": {"b": 1}}, {"a": {}}, False),
    case("an object whose first name is plain is a value", {"a": {"b": 1, "$gt": 2}}, {"a": {"b": 1, "$gt": 2}}, True),
    case("a reference is a value", {"a": {"$ref": "c", "$id": 1}}, {"a": {"$ref": "c", "$id": 1}}, True),
    case("equal dates", {"a": NOON}, {"a": NOON}, True),
    case("an equal moment without a zone", {"a": NOON.replace(tzinfo=None)}, {"a": NOON}, True),
    case("a date is not its text", {"a": NOON.isoformat()}, {"a": NOON}, False),
    case("equal object ids", {"a": ObjectId(str(OID))}, {"a": OID}, True),
    case("an object id is not its text", {"a": str(OID)}, {"a": OID}, False),
    case("equal binary", {"a": Binary(b"x", 5)}, {"a": Binary(b"x", 5)}, True),
    case("binary of another subtype", {"a": b"x"}, {"a": Binary(b"x", 5)}, False),
    case("equal timestamps", {"a": Timestamp(1, 1)}, {"a": Timestamp(1, 1)}, True),
    case("MinKey equals itself alone", {"a": MinKey()}, {"a": MinKey()}, True),
    case("MinKey is not null", {"a": None}, {"a": MinKey()}, False),
    case("a pattern is a search", {"a": "xay"}, {"a": re.compile("a")}, True),
    case("a BSON pattern is a search", {"a": "xAy"}, {"a": Regex("a", "i")}, True),
    case("a pattern finds an equal pattern", {"a": Regex("a", "i")}, {"a": Regex("a", "i")}, True),
    case("a pattern does not find another pattern", {"a": Regex("a", "")}, {"a": Regex("a", "i")}, False),
    case("a pattern does not look at numbers", {"a": 1}, {"a": Regex("1", "")}, False),
    case("$eq with a pattern asks for the pattern", {"a": Regex("a", "")}, {"a": {"$eq": Regex("a", "")}}, True),
    case("$eq with a pattern does not search", {"a": "a"}, {"a": {"$eq": Regex("a", "")}}, False),
    case("an empty filter finds all", {"a": 1}, {}, True),
    case("two fields, both right", {"a": 1, "b": 2}, {"a": 1, "b": 2}, True),
    case("two fields, one wrong", {"a": 1, "b": 2}, {"a": 1, "b": 3}, False),
    case("three fields, all right", {"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 2, "c": 3}, True),
    case("three fields, the last wrong", {"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 2, "c": 4}, False),
]

INEQUALITY = [
    case("another value", {"a": 2}, {"a": {"$ne": 1}}, True),
    case("the same value", {"a": 1}, {"a": {"$ne": 1}}, False),
    case("the same value as a double", {"a": 1.0}, {"a": {"$ne": 1}}, False),
    case("a missing field", {}, {"a": {"$ne": 1}}, True),
    case("a missing field is null", {}, {"a": {"$ne": None}}, False),
    case("a value is not null", {"a": 0}, {"a": {"$ne": None}}, True),
    case("an array that holds the value", {"a": [1, 2]}, {"a": {"$ne": 1}}, False),
    case("an array without the value", {"a": [2, 3]}, {"a": {"$ne": 1}}, True),
    case("an array with null", {"a": [1, None]}, {"a": {"$ne": None}}, False),
    case("an object", {"a": {"b": 1}}, {"a": {"$ne": {"b": 1}}}, False),
]

ORDERING = [
    case("a larger number", {"a": 6}, {"a": {"$gt": 5}}, True),
    case("the same number is not larger", {"a": 5}, {"a": {"$gt": 5}}, False),
    case("the same number is at least", {"a": 5}, {"a": {"$gte": 5}}, True),
    case("a smaller number", {"a": 4}, {"a": {"$lt": 5}}, True),
    case("the same number is at most", {"a": 5.0}, {"a": {"$lte": 5}}, True),
    case("a decimal is a number", {"a": Decimal128("5.5")}, {"a": {"$gt": 5}}, True),
    case("a decimal operand", {"a": 6}, {"a": {"$gt": Decimal128("5.5")}}, True),
    case("a decimal NaN is not smaller", {"a": Decimal128("NaN")}, {"a": {"$lt": 5}}, False),
    case("NaN is not smaller than a decimal", {"a": NAN}, {"a": {"$lt": Decimal128("5")}}, False),
    case("text is never larger than a number", {"a": "6"}, {"a": {"$gt": 5}}, False),
    case("text is never smaller than a number", {"a": "6"}, {"a": {"$lt": 5}}, False),
    case("true is never larger than a number", {"a": True}, {"a": {"$gt": 0}}, False),
    case("a missing field is not smaller", {}, {"a": {"$lt": 5}}, False),
    case("null is not smaller", {"a": None}, {"a": {"$lt": 5}}, False),
    case("NaN is not smaller", {"a": NAN}, {"a": {"$lt": 5}}, False),
    case("nothing is larger than NaN", {"a": 5}, {"a": {"$gt": NAN}}, False),
    case("NaN is at least NaN", {"a": NAN}, {"a": {"$gte": NAN}}, True),
    case("NaN is not above NaN", {"a": NAN}, {"a": {"$gt": NAN}}, False),
    case("five is not at most NaN", {"a": 5}, {"a": {"$lte": NAN}}, False),
    case("infinity is large", {"a": float("inf")}, {"a": {"$gt": 10**18}}, True),
    case("exact beyond doubles", {"a": 2**53 + 1}, {"a": {"$gt": float(2**53)}}, True),
    case("larger text", {"a": "b"}, {"a": {"$gt": "a"}}, True),
    case("capitals come first", {"a": "B"}, {"a": {"$lt": "a"}}, True),
    case("a number is not smaller than text", {"a": 1}, {"a": {"$lt": "a"}}, False),
    case("null is at least null", {"a": None}, {"a": {"$gte": None}}, True),
    case("missing is at most null", {}, {"a": {"$lte": None}}, True),
    case("null is not above null", {"a": None}, {"a": {"$gt": None}}, False),
    case("one is not at least null", {"a": 1}, {"a": {"$gte": None}}, False),
    case("a later date", {"a": NOON + timedelta(milliseconds=1)}, {"a": {"$gt": NOON}}, True),
    case("an earlier date", {"a": NOON}, {"a": {"$gt": NOON}}, False),
    case("a number is not before a date", {"a": 0}, {"a": {"$lt": NOON}}, False),
    case("true is above false", {"a": True}, {"a": {"$gt": False}}, True),
    case("false is below true", {"a": False}, {"a": {"$lt": True}}, True),
    case("a later object id", {"a": LATER_OID}, {"a": {"$gt": OID}}, True),
    case("longer binary is larger", {"a": b"aa"}, {"a": {"$gt": b"b"}}, True),
    case("a larger object", {"a": {"b": 2}}, {"a": {"$gt": {"b": 1}}}, True),
    case("a larger array", {"a": [2]}, {"a": {"$gt": [1, 9]}}, True),
    case("a smaller array", {"a": [1]}, {"a": {"$gt": [1, 9]}}, False),
    case("an array in an array is compared too", {"a": [[2]]}, {"a": {"$gt": [1]}}, True),
    case("everything is above MinKey", {"a": "x"}, {"a": {"$gt": MinKey()}}, True),
    case("null is above MinKey", {"a": None}, {"a": {"$gte": MinKey()}}, True),
    case("MinKey is not above itself", {"a": MinKey()}, {"a": {"$gt": MinKey()}}, False),
    case("MinKey is at least itself", {"a": MinKey()}, {"a": {"$gte": MinKey()}}, True),
    case("nothing is below MinKey", {"a": 1}, {"a": {"$lt": MinKey()}}, False),
    case("everything is below MaxKey", {"a": {}}, {"a": {"$lt": MaxKey()}}, True),
    case("nothing is above MaxKey", {"a": 1}, {"a": {"$gt": MaxKey()}}, False),
    case("a range, inside", {"a": 5}, {"a": {"$gt": 1, "$lt": 9}}, True),
    case("a range, outside", {"a": 9}, {"a": {"$gt": 1, "$lt": 9}}, False),
    case("two elements may meet the two bounds", {"a": [0, 10]}, {"a": {"$gt": 5, "$lt": 5}}, True),
    case("a timestamp", {"a": Timestamp(2, 0)}, {"a": {"$gt": Timestamp(1, 9)}}, True),
]

MEMBERSHIP = [
    case("one of the texts", {"a": "x"}, {"a": {"$in": ["x", "y"]}}, True),
    case("none of the texts", {"a": "z"}, {"a": {"$in": ["x", "y"]}}, False),
    case("a number among texts", {"a": 1}, {"a": {"$in": ["1"]}}, False),
    case("one of mixed values", {"a": 1.0}, {"a": {"$in": ["x", 1]}}, True),
    case("true is not one", {"a": True}, {"a": {"$in": [1, 0]}}, False),
    case("a decimal", {"a": Decimal128("1")}, {"a": {"$in": [1]}}, True),
    case("an empty list finds nothing", {"a": 1}, {"a": {"$in": []}}, False),
    case("null finds a missing field", {}, {"a": {"$in": [None, 1]}}, True),
    case("null finds null", {"a": None}, {"a": {"$in": [None]}}, True),
    case("no null, no missing field", {}, {"a": {"$in": [1]}}, False),
    case("an element", {"a": [5, "x"]}, {"a": {"$in": ["x", "y"]}}, True),
    case("no element", {"a": [5, "z"]}, {"a": {"$in": ["x", "y"]}}, False),
    case("an array as a whole", {"a": [1, 2]}, {"a": {"$in": [[1, 2]]}}, True),
    case("an array in an array", {"a": [[1, 2], 3]}, {"a": {"$in": [[1, 2]]}}, True),
    case("an object", {"a": {"b": 1}}, {"a": {"$in": [{"b": 1}]}}, True),
    case("a pattern searches", {"a": "hello"}, {"a": {"$in": [Regex("^h", ""), "x"]}}, True),
    case("a pattern or a value", {"a": "x"}, {"a": {"$in": [re.compile("^h"), "x"]}}, True),
    case("neither pattern nor value", {"a": "y"}, {"a": {"$in": [re.compile("^h"), "x"]}}, False),
    case("NaN", {"a": NAN}, {"a": {"$in": [NAN]}}, True),
    case("through an array of objects", {"a": [{"b": 1}, {"b": 2}]}, {"a.b": {"$in": [2]}}, True),
    case("not one of them", {"a": "z"}, {"a": {"$nin": ["x", "y"]}}, True),
    case("$nin finds a missing field", {}, {"a": {"$nin": ["x"]}}, True),
    case("$nin with null does not", {}, {"a": {"$nin": [None]}}, False),
    case("$nin of nothing finds all", {"a": 1}, {"a": {"$nin": []}}, True),
    case("$nin looks at every element", {"a": ["x", "z"]}, {"a": {"$nin": ["x"]}}, False),
    case("$nin with a pattern", {"a": "hello"}, {"a": {"$nin": [Regex("^h", "")]}}, False),
]


@pytest.mark.parametrize(("document", "source", "expected"), EQUALITY + INEQUALITY + ORDERING + MEMBERSHIP)
def test_comparisons_mean_what_mongodb_means(document: dict[str, Any], source: Any, expected: bool) -> None:
    assert parse_filter(source).matches(document) is expected


@pytest.mark.parametrize(("document", "source", "expected"), EQUALITY + ORDERING + MEMBERSHIP)
def test_the_same_holds_below_an_object(document: dict[str, Any], source: Any, expected: bool) -> None:
    nested = {f"x.{path}": operand for path, operand in source.items()}

    assert parse_filter(nested).matches({"x": document}) is expected


@pytest.mark.parametrize(("document", "source", "expected"), EQUALITY + INEQUALITY + ORDERING + MEMBERSHIP)
def test_the_same_holds_in_elements_of_an_array(document: dict[str, Any], source: Any, expected: bool) -> None:
    assert parse_filter({"x": {"$elemMatch": source}}).matches({"x": [document]}) is expected
