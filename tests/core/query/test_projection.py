import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import InvalidQuery, OperatorMisused
from chalicelib.core.query.projection import parse_projection

ARRAYS = {"_id": 1, "a": [1, {"b": 2, "c": 3}, [{"b": 5, "c": 6}, 7]], "x": {"y": 1, "z": [1, 2, 3]}, "n": 0}


@pytest.mark.parametrize(
    ("source", "document", "expected"),
    [
        pytest.param({}, ARRAYS, ARRAYS, id="nothing said, everything handed over"),
        pytest.param({"n": 1}, ARRAYS, {"_id": 1, "n": 0}, id="a field, and _id"),
        pytest.param({"n": True}, ARRAYS, {"_id": 1, "n": 0}, id="true"),
        pytest.param({"n": 7.5}, ARRAYS, {"_id": 1, "n": 0}, id="any number but zero"),
        pytest.param({"n": 1, "_id": 0}, ARRAYS, {"n": 0}, id="a field without _id"),
        pytest.param({"_id": 0, "n": 1}, ARRAYS, {"n": 0}, id="_id excluded first"),
        pytest.param({"n": 1, "_id": 1}, ARRAYS, {"_id": 1, "n": 0}, id="_id included explicitly"),
        pytest.param({"_id": 1}, ARRAYS, {"_id": 1}, id="only _id"),
        pytest.param({"_id": 0}, {"_id": 1, "a": 2}, {"a": 2}, id="all but _id"),
        pytest.param({"a": 0, "x": 0}, ARRAYS, {"_id": 1, "n": 0}, id="two fields excluded"),
        pytest.param({"a": False, "_id": 0}, {"_id": 1, "a": 1, "b": 2}, {"b": 2}, id="a field and _id excluded"),
        pytest.param({"q": 1}, ARRAYS, {"_id": 1}, id="an unknown field is absent"),
        pytest.param({"q": 0}, {"a": 1}, {"a": 1}, id="an unknown field excludes nothing"),
        pytest.param(
            {"b": 1, "a": 1}, {"_id": 1, "a": 1, "b": 2}, {"_id": 1, "a": 1, "b": 2}, id="the document's order"
        ),
        pytest.param({"x.y": 1}, ARRAYS, {"_id": 1, "x": {"y": 1}}, id="a nested field"),
        pytest.param({"x": {"y": 1}}, ARRAYS, {"_id": 1, "x": {"y": 1}}, id="a nested field as an object"),
        pytest.param({"x": {"y": 1}, "x.z": 1}, ARRAYS, {"_id": 1, "x": ARRAYS["x"]}, id="both spellings"),
        pytest.param({"x.y": 0}, {"x": {"y": 1, "z": 2}}, {"x": {"z": 2}}, id="a nested field excluded"),
        pytest.param({"x": {"y": 0}}, {"x": {"y": 1, "z": 2}}, {"x": {"z": 2}}, id="excluded as an object"),
        pytest.param({"n.b": 1}, ARRAYS, {"_id": 1}, id="below a scalar there is nothing"),
        pytest.param({"n.b": 0}, {"n": 1}, {"n": 1}, id="a scalar loses nothing"),
        pytest.param({"x.q": 1}, {"x": {"y": 1}}, {"x": {}}, id="an object without the field stays, empty"),
        pytest.param(
            {"a.b": 1}, ARRAYS, {"_id": 1, "a": [{"b": 2}, [{"b": 5}]]}, id="through arrays, scalars left out"
        ),
        pytest.param(
            {"a.b": 0, "x": 0, "n": 0},
            ARRAYS,
            {"_id": 1, "a": [1, {"c": 3}, [{"c": 6}, 7]]},
            id="excluded through arrays",
        ),
        pytest.param({"a.0": 1}, {"a": [1, {"0": 5}]}, {"a": [{"0": 5}]}, id="an index is only a name"),
        pytest.param({"_id.k": 1}, {"_id": {"k": 1, "l": 2}, "a": 1}, {"_id": {"k": 1}}, id="a part of _id"),
    ],
)
def test_inclusion_and_exclusion_are_mongodbs(source: Any, document: Any, expected: Any) -> None:
    before = copy.deepcopy(document)

    found = parse_projection(source).apply(document)

    assert found == expected
    assert list(found) == list(expected)
    assert document == before


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param({"z": {"$slice": 2}}, {"z": [1, 2], "x": {"z": [1, 2, 3]}, "n": 0}, id="the first two"),
        pytest.param({"z": {"$slice": -2}}, {"z": [3, 4], "x": {"z": [1, 2, 3]}, "n": 0}, id="the last two"),
        pytest.param({"z": {"$slice": 0}}, {"z": [], "x": {"z": [1, 2, 3]}, "n": 0}, id="none"),
        pytest.param(
            {"z": {"$slice": 9}}, {"z": [1, 2, 3, 4], "x": {"z": [1, 2, 3]}, "n": 0}, id="more than there are"
        ),
        pytest.param(
            {"z": {"$slice": -9}, "n": 1}, {"z": [1, 2, 3, 4], "n": 0}, id="more than there are, from the end"
        ),
        pytest.param({"z": {"$slice": [1, 2]}, "n": 1}, {"z": [2, 3], "n": 0}, id="one passed over, two taken"),
        pytest.param({"z": {"$slice": [-3, 2]}, "n": 1}, {"z": [2, 3], "n": 0}, id="from the third last"),
        pytest.param({"z": {"$slice": [-9, 2]}, "n": 1}, {"z": [1, 2], "n": 0}, id="from before the start"),
        pytest.param({"z": {"$slice": [9, 2]}, "n": 1}, {"z": [], "n": 0}, id="from beyond the end"),
        pytest.param({"z": {"$slice": 1.9}, "n": 1}, {"z": [1], "n": 0}, id="a double is cut"),
        pytest.param({"z": {"$slice": 1}, "x": 0}, {"z": [1], "n": 0}, id="beside an exclusion"),
        pytest.param({"x.z": {"$slice": 1}, "n": 1}, {"x": {"z": [1]}, "n": 0}, id="nested, beside an inclusion"),
        pytest.param({"x": {"z": {"$slice": 1}}, "n": 1}, {"x": {"z": [1]}, "n": 0}, id="nested as an object"),
        pytest.param({"n": {"$slice": 1}, "x": 0, "z": 0}, {"n": 0}, id="what is not an array stays"),
        pytest.param({"q": {"$slice": 1}, "n": 1}, {"n": 0}, id="what is not there stays away"),
        pytest.param({"_id": 1, "z": {"$slice": 1}}, {"z": [1]}, id="beside _id: 1, an inclusion"),
        pytest.param({"_id": 0, "z": {"$slice": 1}}, {"z": [1], "x": {"z": [1, 2, 3]}, "n": 0}, id="beside _id: 0"),
    ],
)
def test_slices_are_mongodbs(source: Any, expected: Any) -> None:
    found = parse_projection(source).apply({"z": [1, 2, 3, 4], "x": {"z": [1, 2, 3]}, "n": 0})

    assert found == expected
    assert list(found) == list(expected)


def test_a_slice_reaches_into_objects_of_an_array() -> None:
    document = {"a": [{"b": [1, 2]}, 5, {"b": [3, 4]}]}

    assert parse_projection({"a.b": {"$slice": 1}}).apply(document) == {"a": [{"b": [1]}, 5, {"b": [3]}]}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param(
            {"g": {"$elemMatch": {"s": {"$gt": 5}}}}, {"_id": 1, "g": [{"s": 8, "t": 1}]}, id="the first match, and _id"
        ),
        pytest.param({"g": {"$elemMatch": {"s": 99}}}, {"_id": 1}, id="none matches"),
        pytest.param({"v": {"$elemMatch": {"$gt": 5, "$lt": 9}}, "_id": 0}, {"v": [7]}, id="values"),
        pytest.param({"n": {"$elemMatch": {"$gt": 0}}}, {"_id": 1}, id="no array"),
        pytest.param({"q": {"$elemMatch": {"$gt": 0}}}, {"_id": 1}, id="a missing field"),
        pytest.param(
            {"v": {"$elemMatch": {"$gt": 5}}, "n": 1}, {"_id": 1, "n": 1, "v": [7]}, id="after the included fields"
        ),
        pytest.param(
            {"v": {"$elemMatch": {"$gt": 5}}, "n": 0}, {"_id": 1, "v": [7], "g": [{"s": 2}, {"s": 8, "t": 1}]},
            id="in its place beside an exclusion",
        ),
        pytest.param(
            {"v": {"$elemMatch": {"$gt": 99}}, "n": 0}, {"_id": 1, "g": [{"s": 2}, {"s": 8, "t": 1}]},
            id="none matches beside an exclusion",
        ),
        pytest.param(
            {"v": {"$elemMatch": {"$gt": 5}}, "g": {"$slice": 1}}, {"_id": 1, "g": [{"s": 2}], "v": [7]},
            id="beside a slice",
        ),
    ],
)  # fmt: skip
def test_elem_match_hands_over_the_first_match(source: Any, expected: Any) -> None:
    document = {"_id": 1, "v": [1, 7, 8], "g": [{"s": 2}, {"s": 8, "t": 1}], "n": 1}

    found = parse_projection(source).apply(document)

    assert found == expected
    assert list(found) == list(expected)


@pytest.mark.parametrize("source", [None, 1, "a", ["a"]], ids=repr)
def test_a_projection_must_be_an_object(source: Any) -> None:
    with pytest.raises(InvalidQuery, match="must be an object"):
        parse_projection(source)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param({"a": 1, "b": 0}, "mix 1 and 0: b", id="1 and 0"),
        pytest.param({"a": 0, "b": 1}, "mix 1 and 0: b", id="0 and 1"),
        pytest.param({"x": {"a": 1, "b": 0}}, "mix 1 and 0: x.b", id="1 and 0 in an object"),
        pytest.param({"name": 0, "age": 0, "_id": 1}, "cannot include _id", id="_id: 1 beside exclusions"),
        pytest.param({"a": 1, "_id.k": 0}, "mix 1 and 0", id="a part of _id"),
        pytest.param({"a": 1, "a.b": 1}, "a path and a part of it", id="a path and a path that goes on"),
        pytest.param({"a.b": 1, "a": 1}, "a path and a part of it", id="a path and its beginning"),
        pytest.param({"a.b": 1, "a": {"b": 1}}, "a path twice", id="a path in two spellings"),
        pytest.param({"a": {"$elemMatch": {}}, "a.b": 1}, "a path and a part of it", id="$elemMatch and a path below"),
        pytest.param({"a": {}}, "empty object: a", id="an empty object"),
        pytest.param({"a": {"$slice": "x"}}, r"\$slice needs", id="a slice of text"),
        pytest.param({"a": {"$slice": None}}, r"\$slice needs", id="a slice of null"),
        pytest.param({"a": {"$slice": []}}, r"\$slice needs", id="a slice of nothing"),
        pytest.param({"a": {"$slice": [1]}}, r"\$slice needs", id="a slice of one number in an array"),
        pytest.param({"a": {"$slice": [1, 2, 3]}}, r"\$slice needs", id="a slice of three numbers"),
        pytest.param({"a": {"$slice": [1, 0]}}, "above 0", id="a slice that takes none"),
        pytest.param({"a": {"$slice": [1, -1]}}, "above 0", id="a slice that takes less than none"),
        pytest.param({"a": {"$slice": [1, True]}}, r"\$slice needs", id="a slice of true"),
        pytest.param({"a": {"$slice": float("nan")}}, r"\$slice needs", id="a slice of NaN"),
        pytest.param({"a.b": {"$elemMatch": {}}}, "with dots: a.b", id="$elemMatch at a path with dots"),
        pytest.param({"a": {"$elemMatch": 5}}, r"\$elemMatch needs an object", id="$elemMatch of a number"),
        pytest.param({"a": {"$slice": 1, "$elemMatch": {}}}, "one operator", id="two operators"),
    ],
)
def test_misuse_is_named(source: Any, message: str) -> None:
    with pytest.raises(OperatorMisused, match=message):
        parse_projection(source)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        pytest.param({"a.$": 1}, r"positional operator \$", id="the positional operator"),
        pytest.param({"a": {"$meta": "textScore"}}, r"\$meta is not supported", id="$meta"),
        pytest.param({"a": {"$add": [1, 2]}}, r"\$add is not supported", id="an expression"),
        pytest.param({"a": "$b"}, "computed value: a", id="a field path"),
        pytest.param({"a": None}, "computed value: a", id="null"),
        pytest.param({"a": [1]}, "computed value: a", id="an array"),
        pytest.param({"": 1}, "empty part", id="an empty path"),
        pytest.param({"a..b": 1}, "empty part", id="an empty part"),
        pytest.param({"$a": 1}, r"starts with \$", id="a field that starts with a dollar sign"),
        pytest.param({5: 1}, "field name that no", id="a name that is not a text"),
    ],
)
def test_refused_forms_are_named(source: Any, message: str) -> None:
    with pytest.raises(InvalidQuery, match=message):
        parse_projection(source)


def test_a_deep_projection_is_refused() -> None:
    source: Any = 1
    for _ in range(10_000):
        source = {"a": source}

    with pytest.raises(InvalidQuery, match="levels"):
        parse_projection(source)


def test_the_source_is_a_copy() -> None:
    source = {"a": {"b": 1}}
    projection = parse_projection(source)
    source["a"]["c"] = 1

    assert projection.source == {"a": {"b": 1}}


NAMES = st.sampled_from(["a", "b", "c", "d"])
DOCUMENTS = st.dictionaries(NAMES, st.integers() | st.lists(st.integers()), max_size=4)


@given(DOCUMENTS, st.sets(NAMES, min_size=1))
def test_including_and_excluding_share_out_the_fields(document: Any, names: set[str]) -> None:
    included = parse_projection(dict.fromkeys(names, 1)).apply(document)
    excluded = parse_projection(dict.fromkeys(names, 0)).apply(document)

    assert included | excluded == document
    assert not included.keys() & excluded.keys()
