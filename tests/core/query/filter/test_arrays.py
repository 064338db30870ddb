"""Filters on arrays: elements, whole arrays, indexes, $all, $elemMatch and $size."""

from typing import Any

import pytest
from bson import Regex

from chalicelib.core.query.filter import parse_filter


def case(name: str, document: dict[str, Any], source: dict[str, Any], expected: bool) -> Any:
    return pytest.param(document, source, expected, id=name)


ELEMENTS = [
    case("an element is equal", {"a": [1, 2]}, {"a": 2}, True),
    case("no element is equal", {"a": [1, 2]}, {"a": 3}, False),
    case("the whole array is equal", {"a": [1, 2]}, {"a": [1, 2]}, True),
    case("the whole array in another order", {"a": [2, 1]}, {"a": [1, 2]}, False),
    case("a part of the array is not it", {"a": [1, 2, 3]}, {"a": [1, 2]}, False),
    case("an array in the array is equal", {"a": [[1, 2], 3]}, {"a": [1, 2]}, True),
    case("elements of inner arrays do not count", {"a": [[1]]}, {"a": 1}, False),
    case("an empty array equals an empty array", {"a": []}, {"a": []}, True),
    case("an empty array is not null", {"a": []}, {"a": None}, False),
    case("an array with null holds null", {"a": [None]}, {"a": None}, True),
    case("an element is larger", {"a": [1, 9]}, {"a": {"$gt": 5}}, True),
    case("no element is larger", {"a": [1, 2]}, {"a": {"$gt": 5}}, False),
    case("nothing in an empty array is larger", {"a": []}, {"a": {"$gt": 5}}, False),
    case("an element is an object", {"a": [{"b": 1}]}, {"a": {"b": 1}}, True),
    case("a field of an element", {"a": [{"b": 1}, {"b": 2}]}, {"a.b": 2}, True),
    case("a field of no element", {"a": [{"b": 1}, {"b": 2}]}, {"a.b": 3}, False),
    case("two elements meet two conditions", {"a": [{"b": 1, "c": 9}, {"b": 9, "c": 2}]}, {"a.b": 1, "a.c": 2}, True),
    case("some element lacks the field", {"a": [{"b": 1}, {"c": 2}]}, {"a.b": None}, True),
    case("no element lacks the field", {"a": [{"b": 1}]}, {"a.b": None}, False),
    case("scalars in an array lack nothing", {"a": [1, 2]}, {"a.b": None}, False),
    case("an empty array lacks nothing", {"a": []}, {"a.b": None}, False),
    case("a scalar lacks the field", {"a": 1}, {"a.b": None}, True),
    case("arrays in arrays are not entered", {"a": [[{"b": 1}]]}, {"a.b": 1}, False),
    case("an array in an object in an array", {"a": [{"b": [1, 2]}]}, {"a.b": 2}, True),
    case("an element by index", {"a": [1, 5]}, {"a.1": 5}, True),
    case("another element by index", {"a": [5, 1]}, {"a.1": 5}, False),
    case("an index beyond the end is missing nowhere", {"a": [1]}, {"a.5": None}, False),
    case("a field of an element by index", {"a": [{"b": 1}, {"b": 2}]}, {"a.1.b": 2}, True),
    case("a field of another element by index", {"a": [{"b": 1}, {"b": 2}]}, {"a.0.b": 2}, False),
    case("a number as a field name", {"a": {"0": 5}}, {"a.0": 5}, True),
    case("a number as a field name in elements", {"a": [{"0": 5}]}, {"a.0": 5}, True),
    case("an object at an index also lacks that name", {"a": [{"b": 1}]}, {"a.0.b": None}, True),
    case("an array at an index, as a whole", {"a": [[1, 2]]}, {"a.0": [1, 2]}, True),
    case("an array at an index does not spread", {"a": [[1, 2]]}, {"a.0": 1}, False),
    case("an index in an array at an index", {"a": [[1, 2]]}, {"a.0.1": 2}, True),
]

ALL = [
    case("all are there", {"a": [1, 2, 3]}, {"a": {"$all": [1, 3]}}, True),
    case("one is not there", {"a": [1, 2]}, {"a": {"$all": [1, 3]}}, False),
    case("a single value is all of itself", {"a": 1}, {"a": {"$all": [1]}}, True),
    case("nothing finds nothing", {"a": [1]}, {"a": {"$all": []}}, False),
    case("nothing finds not even an empty array", {"a": []}, {"a": {"$all": []}}, False),
    case("the array as a whole", {"a": [1, 2]}, {"a": {"$all": [[1, 2]]}}, True),
    case("an array in the array", {"a": [[1, 2], 3]}, {"a": {"$all": [[1, 2]]}}, True),
    case("null finds a missing field", {}, {"a": {"$all": [None]}}, True),
    case("patterns search", {"a": ["ab", "cd"]}, {"a": {"$all": [Regex("^a", ""), Regex("^c", "")]}}, True),
    case("a pattern finds nothing", {"a": ["ab"]}, {"a": {"$all": [Regex("^a", ""), Regex("^c", "")]}}, False),
    case(
        "each $elemMatch has its element",
        {"a": [{"b": 1, "c": 1}, {"b": 2, "c": 2}]},
        {"a": {"$all": [{"$elemMatch": {"b": 1, "c": 1}}, {"$elemMatch": {"b": 2}}]}},
        True,
    ),
    case(
        "an $elemMatch without its element",
        {"a": [{"b": 1, "c": 2}, {"b": 2, "c": 1}]},
        {"a": {"$all": [{"$elemMatch": {"b": 1, "c": 1}}]}},
        False,
    ),
    case("through an array of objects", {"a": [{"b": 1}, {"b": 2}]}, {"a.b": {"$all": [1, 2]}}, True),
]

ELEM_MATCH = [
    case("one object meets both", {"a": [{"b": 1, "c": 2}]}, {"a": {"$elemMatch": {"b": 1, "c": 2}}}, True),
    case("two objects do not", {"a": [{"b": 1}, {"c": 2}]}, {"a": {"$elemMatch": {"b": 1, "c": 2}}}, False),
    case("an object that is not an array", {"a": {"b": 1}}, {"a": {"$elemMatch": {"b": 1}}}, False),
    case("operators in the object form", {"a": [{"b": 7}]}, {"a": {"$elemMatch": {"b": {"$gt": 5}}}}, True),
    case("a nested path", {"a": [{"b": {"c": 1}}]}, {"a": {"$elemMatch": {"b.c": 1}}}, True),
    case("any object", {"a": [1, {}]}, {"a": {"$elemMatch": {}}}, True),
    case("no object", {"a": [1]}, {"a": {"$elemMatch": {}}}, False),
    case("scalars have no fields", {"a": [1, "x"]}, {"a": {"$elemMatch": {"b": None}}}, False),
    case("an inner array is an object of indexes", {"a": [[5]]}, {"a": {"$elemMatch": {"0": 5}}}, True),
    case("$or inside", {"a": [{"b": 2}]}, {"a": {"$elemMatch": {"$or": [{"b": 1}, {"b": 2}]}}}, True),
    case("$and inside", {"a": [{"b": 2}]}, {"a": {"$elemMatch": {"$and": [{"b": 1}, {"b": 2}]}}}, False),
    case("$nor inside", {"a": [{"b": 2}]}, {"a": {"$elemMatch": {"$nor": [{"b": 1}]}}}, True),
    case("one value meets both bounds", {"a": [1, 7]}, {"a": {"$elemMatch": {"$gt": 5, "$lt": 9}}}, True),
    case("two values do not", {"a": [1, 10]}, {"a": {"$elemMatch": {"$gt": 5, "$lt": 9}}}, False),
    case("three operators on one value", {"a": [1, 7]}, {"a": {"$elemMatch": {"$gt": 5, "$lt": 9, "$ne": 6}}}, True),
    case("a scalar is no array of values", {"a": 7}, {"a": {"$elemMatch": {"$gt": 5}}}, False),
    case("$in inside", {"a": ["x", "y"]}, {"a": {"$elemMatch": {"$in": ["y"]}}}, True),
    case("$ne inside: some value differs", {"a": [1, 2]}, {"a": {"$elemMatch": {"$ne": 1}}}, True),
    case("$ne inside: no value differs", {"a": [1, 1]}, {"a": {"$elemMatch": {"$ne": 1}}}, False),
    case("$not inside", {"a": [1, 6]}, {"a": {"$elemMatch": {"$not": {"$gt": 5}}}}, True),
    case("$not inside, all excluded", {"a": [7, 6]}, {"a": {"$elemMatch": {"$not": {"$gt": 5}}}}, False),
    case("$nin inside", {"a": ["x"]}, {"a": {"$elemMatch": {"$nin": ["x"]}}}, False),
    case("$regex inside", {"a": ["abc"]}, {"a": {"$elemMatch": {"$regex": "^A", "$options": "i"}}}, True),
    case("$exists inside", {"a": [1]}, {"a": {"$elemMatch": {"$exists": True}}}, True),
    case("inner arrays are values", {"a": [[1, 2]]}, {"a": {"$elemMatch": {"$gt": 1}}}, False),
    case("$elemMatch in $elemMatch", {"a": [[1, 7]]}, {"a": {"$elemMatch": {"$elemMatch": {"$gt": 5}}}}, True),
    case("$size in $elemMatch", {"a": [[1, 7]]}, {"a": {"$elemMatch": {"$size": 2}}}, True),
    case("$all in $elemMatch", {"a": [5]}, {"a": {"$elemMatch": {"$all": [5]}}}, True),
    case("a reference is a field of objects", {"a": [{"$ref": "c"}]}, {"a": {"$elemMatch": {"$ref": "c"}}}, True),
    case("an array below an array", {"a": [{"b": [1, 7]}]}, {"a.b": {"$elemMatch": {"$gt": 5, "$lt": 9}}}, True),
    case("an array reached by index", {"a": [[1, 7]]}, {"a.0": {"$elemMatch": {"$gt": 5}}}, True),
    case("$not around $elemMatch", {"a": [1]}, {"a": {"$not": {"$elemMatch": {"$gt": 5}}}}, True),
]

SIZE = [
    case("that many", {"a": [1, 2]}, {"a": {"$size": 2}}, True),
    case("that many as a double", {"a": [1, 2]}, {"a": {"$size": 2.0}}, True),
    case("not that many", {"a": [1]}, {"a": {"$size": 2}}, False),
    case("none", {"a": []}, {"a": {"$size": 0}}, True),
    case("a missing field has no size", {}, {"a": {"$size": 0}}, False),
    case("text has no size", {"a": "ab"}, {"a": {"$size": 2}}, False),
    case("inner arrays do not count", {"a": [[1, 2]]}, {"a": {"$size": 2}}, False),
    case("in objects of an array", {"a": [{"b": [1, 2]}]}, {"a.b": {"$size": 2}}, True),
]


@pytest.mark.parametrize(("document", "source", "expected"), ELEMENTS + ALL + ELEM_MATCH + SIZE)
def test_filters_on_arrays_mean_what_mongodb_means(document: dict[str, Any], source: Any, expected: bool) -> None:
    assert parse_filter(source).matches(document) is expected


@pytest.mark.parametrize(
    ("document", "source", "path", "position"),
    [
        pytest.param({"a": [4, 7, 9]}, {"a": {"$gt": 5}}, "a", 1, id="the first element that meets it"),
        pytest.param({"a": [{"b": 1}, {"b": 2}]}, {"a.b": 2}, "a", 1, id="a field of the element"),
        pytest.param({"a": [{"b": 1}, {"b": 7}]}, {"a": {"$elemMatch": {"b": {"$gt": 5}}}}, "a", 1, id="$elemMatch"),
        pytest.param({"a": [1, 7]}, {"a": {"$elemMatch": {"$gt": 5}}}, "a", 1, id="$elemMatch of values"),
        pytest.param({"x": {"a": [1, 7]}}, {"x.a": 7}, "x.a", 1, id="an array below an object"),
        pytest.param({"a": [{"b": [1, 2]}, {"b": [3]}]}, {"a.b": 3}, "a", 1, id="of nested arrays, the outer"),
        pytest.param({"a": [{"b": [9]}, {"b": [1]}]}, {"a.b": {"$elemMatch": {"$eq": 1}}}, "a", 1, id="below"),
        pytest.param({"a": [4, 5]}, {"a.1": 5}, "a", None, id="an index that the path names has no position"),
        pytest.param({"a": [{"b": [2, 3]}, {}]}, {"a.0.b": 3}, "a.0.b", 1, id="below an index"),
        pytest.param({"a": [1, 2], "b": [5, 6]}, {"a": 2, "b": 5}, "a", 1, id="the array that is asked for"),
        pytest.param({"a": [1, 2], "b": [5, 6]}, {"a": 2}, "b", 1, id="else the array that the filter is about"),
        pytest.param({"a": [1, 2, 3]}, {"$and": [{"a": 1}, {"a": 3}]}, "a", 2, id="the last predicate decides"),
        pytest.param({"a": [1, 2, 3]}, {"$or": [{"a": 9}, {"a": 2}, {"a": 3}]}, "a", 1, id="the branch that holds"),
        pytest.param({"a": [1, 2]}, {"$or": [{"a": 9}, {"a": 8}]}, "a", None, id="no branch holds"),
        pytest.param({"a": [1, 2]}, {"a": [1, 2]}, "a", None, id="the whole array has no position"),
        pytest.param({"a": [1, 2]}, {"a": {"$ne": 5}}, "a", None, id="a negation has no position"),
        pytest.param({"a": [1, 2], "b": 1}, {"b": 1}, "a", None, id="a filter on no array"),
        pytest.param({"a": 1}, {"a": 1}, "a", None, id="no array"),
        pytest.param({"a": 1}, {"a": {"$elemMatch": {"$gt": 0}}}, "a", None, id="$elemMatch on no array"),
        pytest.param({"a": [1]}, {"a": 5}, "a", None, id="no match"),
        pytest.param({"a": [[0], [7]]}, {"a": {"$all": [[7]]}}, "a", 1, id="$all"),
    ],
)
def test_the_matched_position_is_where_the_filter_matched(
    document: dict[str, Any], source: Any, path: str, position: int | None
) -> None:
    assert parse_filter(source).matched_position(document, path) == position
