"""$exists, $type, $mod, $regex, the bit operators, and the logic that joins operators."""

from typing import Any

import pytest
from bson import Binary, Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from chalicelib.core.query.filter import EVERYTHING, parse_filter


def case(name: str, document: dict[str, Any], source: dict[str, Any], expected: bool) -> Any:
    return pytest.param(document, source, expected, id=name)


EXISTS = [
    case("the field is there", {"a": 1}, {"a": {"$exists": True}}, True),
    case("null is there", {"a": None}, {"a": {"$exists": True}}, True),
    case("an empty array is there", {"a": []}, {"a": {"$exists": True}}, True),
    case("the field is not there", {}, {"a": {"$exists": True}}, False),
    case("not there is asked for", {}, {"a": {"$exists": False}}, True),
    case("not there is asked for, null is", {"a": None}, {"a": {"$exists": False}}, False),
    case("one means true", {"a": 1}, {"a": {"$exists": 1}}, True),
    case("zero means false", {"a": 1}, {"a": {"$exists": 0}}, False),
    case("null means false", {}, {"a": {"$exists": None}}, True),
    case("text means true", {"a": 1}, {"a": {"$exists": ""}}, True),
    case("a nested field", {"a": {"b": 1}}, {"a.b": {"$exists": True}}, True),
    case("some element has it", {"a": [{"b": 1}, {}]}, {"a.b": {"$exists": True}}, True),
    case("no element has it", {"a": [{}, 1]}, {"a.b": {"$exists": False}}, True),
    case("an index is there", {"a": [1, 2]}, {"a.1": {"$exists": True}}, True),
    case("an index is not there", {"a": [1]}, {"a.1": {"$exists": True}}, False),
]

TYPES: list[tuple[Any, str, int]] = [
    (1.5, "double", 1),
    ("x", "string", 2),
    ({}, "object", 3),
    (DBRef("c", 1), "object", 3),
    (b"x", "binData", 5),
    (Binary(b"x", 5), "binData", 5),
    (ObjectId("5f0000000000000000000001"), "objectId", 7),
    (True, "bool", 8),
    (None, "null", 10),
    (Regex("a", ""), "regex", 11),
    (Code("a"), "javascript", 13),
    (Code("a", {"x": 1}), "javascriptWithScope", 15),
    (1, "int", 16),
    (-(2**31), "int", 16),
    (Timestamp(1, 1), "timestamp", 17),
    (2**31, "long", 18),
    (Int64(1), "long", 18),
    (Decimal128("1"), "decimal", 19),
    (MinKey(), "minKey", -1),
    (MaxKey(), "maxKey", 127),
]

TYPE = [
    *(case(f"{value!r} by alias", {"a": value}, {"a": {"$type": alias}}, True) for value, alias, _ in TYPES),
    *(case(f"{value!r} by number", {"a": value}, {"a": {"$type": number}}, True) for value, _, number in TYPES),
    case("a number as a double", {"a": "x"}, {"a": {"$type": 2.0}}, True),
    case("an int is a number", {"a": 1}, {"a": {"$type": "number"}}, True),
    case("a decimal is a number", {"a": Decimal128("1")}, {"a": {"$type": "number"}}, True),
    case("true is no number", {"a": True}, {"a": {"$type": "number"}}, False),
    case("one of several", {"a": "x"}, {"a": {"$type": ["int", 2]}}, True),
    case("none of several", {"a": True}, {"a": {"$type": ["number", "string"]}}, False),
    case("a missing field has no type", {}, {"a": {"$type": "null"}}, False),
    case("an element has the type", {"a": [1, "x"]}, {"a": {"$type": "string"}}, True),
    case("an array is an array", {"a": [1]}, {"a": {"$type": "array"}}, True),
    case("a scalar is no array", {"a": 1}, {"a": {"$type": "array"}}, False),
    case("undefined is never stored", {"a": None}, {"a": {"$type": "undefined"}}, False),
]

MOD = [
    case("the remainder fits", {"a": 12}, {"a": {"$mod": [4, 0]}}, True),
    case("the remainder does not fit", {"a": 13}, {"a": {"$mod": [4, 0]}}, False),
    case("a double is cut", {"a": 13.9}, {"a": {"$mod": [4, 1]}}, True),
    case("the operands are cut", {"a": 13}, {"a": {"$mod": [4.9, 1.9]}}, True),
    case("a remainder has the sign of the value", {"a": -13}, {"a": {"$mod": [4, -1]}}, True),
    case("not the mathematical remainder", {"a": -13}, {"a": {"$mod": [4, 3]}}, False),
    case("a negative divisor", {"a": 13}, {"a": {"$mod": [-4, 1]}}, True),
    case("a decimal", {"a": Decimal128("12")}, {"a": {"$mod": [4, 0]}}, True),
    case("text has no remainder", {"a": "12"}, {"a": {"$mod": [4, 0]}}, False),
    case("infinity has no remainder", {"a": float("inf")}, {"a": {"$mod": [4, 0]}}, False),
    case("large numbers are exact", {"a": 2**62 + 1}, {"a": {"$mod": [2, 1]}}, True),
    case("a missing field has no remainder", {}, {"a": {"$mod": [4, 0]}}, False),
    case("an element", {"a": [1, 12]}, {"a": {"$mod": [4, 0]}}, True),
]

REGEX = [
    case("found", {"a": "hello"}, {"a": {"$regex": "ell"}}, True),
    case("not found", {"a": "hello"}, {"a": {"$regex": "^ell"}}, False),
    case("the case counts", {"a": "Hello"}, {"a": {"$regex": "^h"}}, False),
    case("i ignores case", {"a": "Hello"}, {"a": {"$regex": "^h", "$options": "i"}}, True),
    case("options may come first", {"a": "Hello"}, {"a": {"$options": "i", "$regex": "^h"}}, True),
    case("m anchors at lines", {"a": "x\nhello"}, {"a": {"$regex": "^h", "$options": "m"}}, True),
    case("s lets a dot be a line break", {"a": "a\nb"}, {"a": {"$regex": "a.b", "$options": "s"}}, True),
    case("x ignores white space", {"a": "ab"}, {"a": {"$regex": "a b # c", "$options": "x"}}, True),
    case("a pattern value", {"a": "Hello"}, {"a": {"$regex": Regex("^h", "i")}}, True),
    case("a pattern value with options", {"a": "Hello"}, {"a": {"$regex": Regex("^h", ""), "$options": "i"}}, True),
    case("empty options", {"a": "Hello"}, {"a": {"$regex": "^H", "$options": ""}}, True),
    case("an element", {"a": [1, "hello"]}, {"a": {"$regex": "^h"}}, True),
    case("a number is not a text", {"a": 1}, {"a": {"$regex": "1"}}, False),
    case("a missing field is no text", {}, {"a": {"$regex": ""}}, False),
    case("an equal pattern is found", {"a": Regex("^h", "i")}, {"a": {"$regex": "^h", "$options": "i"}}, True),
    case("with another operator", {"a": "hello"}, {"a": {"$regex": "^h", "$ne": "hello"}}, False),
]

BITS = [
    case("all are set", {"a": 7}, {"a": {"$bitsAllSet": 5}}, True),
    case("not all are set", {"a": 4}, {"a": {"$bitsAllSet": 5}}, False),
    case("positions", {"a": 5}, {"a": {"$bitsAllSet": [0, 2]}}, True),
    case("a double that is whole", {"a": 5.0}, {"a": {"$bitsAllSet": [0, 2]}}, True),
    case("a double that is not", {"a": 5.5}, {"a": {"$bitsAllSet": [0]}}, False),
    case("a number beyond 64 bits", {"a": 1e30}, {"a": {"$bitsAnySet": [0, 90]}}, False),
    case("binary", {"a": b"\x05"}, {"a": {"$bitsAllSet": b"\x01"}}, True),
    case("all are clear", {"a": 8}, {"a": {"$bitsAllClear": 7}}, True),
    case("not all are clear", {"a": 9}, {"a": {"$bitsAllClear": 7}}, False),
    case("any is set", {"a": 4}, {"a": {"$bitsAnySet": [0, 2]}}, True),
    case("none is set", {"a": 2}, {"a": {"$bitsAnySet": [0, 2]}}, False),
    case("any is clear", {"a": 4}, {"a": {"$bitsAnyClear": [0, 2]}}, True),
    case("none is clear", {"a": 5}, {"a": {"$bitsAnyClear": [0, 2]}}, False),
    case("a negative number goes on forever", {"a": -1}, {"a": {"$bitsAllSet": [0, 63, 200]}}, True),
    case("text has no bits", {"a": "x"}, {"a": {"$bitsAllClear": 1}}, False),
    case("a missing field has no bits", {}, {"a": {"$bitsAllClear": 1}}, False),
]

LOGIC = [
    case("$and, both", {"a": 1, "b": 2}, {"$and": [{"a": 1}, {"b": 2}]}, True),
    case("$and, one", {"a": 1, "b": 3}, {"$and": [{"a": 1}, {"b": 2}]}, False),
    case("$and twice on one field", {"a": [1, 2]}, {"$and": [{"a": 1}, {"a": 2}]}, True),
    case("$or, one", {"a": 1}, {"$or": [{"a": 1}, {"b": 2}]}, True),
    case("$or, none", {"a": 3}, {"$or": [{"a": 1}, {"b": 2}]}, False),
    case("$or beside a field", {"a": 1, "c": 1}, {"c": 2, "$or": [{"a": 1}]}, False),
    case("$or with an empty filter", {"a": 3}, {"$or": [{"a": 1}, {}]}, True),
    case("$nor, none", {"a": 3}, {"$nor": [{"a": 1}, {"b": 2}]}, True),
    case("$nor, one", {"a": 1}, {"$nor": [{"a": 1}, {"b": 2}]}, False),
    case("$not of an operator", {"a": 3}, {"a": {"$not": {"$gt": 5}}}, True),
    case("$not finds a missing field", {}, {"a": {"$not": {"$gt": 5}}}, True),
    case("$not finds another type", {"a": "x"}, {"a": {"$not": {"$gt": 5}}}, True),
    case("$not of two operators: not both", {"a": 9}, {"a": {"$not": {"$gt": 5, "$lt": 8}}}, True),
    case("$not of two operators: both", {"a": 7}, {"a": {"$not": {"$gt": 5, "$lt": 8}}}, False),
    case("$not looks at all elements", {"a": [1, 9]}, {"a": {"$not": {"$gt": 5}}}, False),
    case("$not of a pattern", {"a": "hello"}, {"a": {"$not": Regex("^h", "")}}, False),
    case("$not of $regex", {"a": "hello"}, {"a": {"$not": {"$regex": "^x"}}}, True),
    case("$not of $not", {"a": 7}, {"a": {"$not": {"$not": {"$gt": 5}}}}, True),
    case("$not of $in", {"a": 7}, {"a": {"$not": {"$in": [7]}}}, False),
    case("$comment says nothing", {"a": 1}, {"a": 1, "$comment": "why"}, True),
    case("$expr compares fields", {"a": 2, "b": 1}, {"$expr": {"$gt": ["$a", "$b"]}}, True),
    case("$expr that is false", {"a": 1, "b": 2}, {"$expr": {"$gt": ["$a", "$b"]}}, False),
    case("$expr in $or", {"a": 1, "b": 2}, {"$or": [{"a": 5}, {"$expr": {"$lt": ["$a", "$b"]}}]}, True),
    case("$expr of a missing field", {}, {"$expr": "$a"}, False),
]


@pytest.mark.parametrize(("document", "source", "expected"), EXISTS + TYPE + MOD + REGEX + BITS + LOGIC)
def test_operators_mean_what_mongodb_means(document: dict[str, Any], source: Any, expected: bool) -> None:
    assert parse_filter(source).matches(document) is expected


def test_two_filters_are_joined() -> None:
    both = parse_filter({"a": 1}) & parse_filter({"b": {"$gt": 5}})

    assert both.source == {"$and": [{"a": 1}, {"b": {"$gt": 5}}]}
    assert both.matches({"a": 1, "b": 6})
    assert not both.matches({"a": 1, "b": 5})


def test_everything_is_neutral() -> None:
    some = parse_filter({"a": 1})

    assert EVERYTHING.matches({})
    assert EVERYTHING & some is some
    assert some & EVERYTHING is some


def test_the_source_is_a_copy_in_mongodbs_form() -> None:
    values = [1, 2]
    found = parse_filter({"a": {"$in": values}, "b": ("x",)})
    values.append(3)

    assert found.source == {"a": {"$in": [1, 2]}, "b": ["x"]}
    assert not found.matches({"a": 3, "b": ["x"]})
    assert repr(found) == "Filter({'a': {'$in': [1, 2]}, 'b': ['x']})"
