from __future__ import annotations

import json
import re
import uuid
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from bson import SON, Binary, Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.json_util import RELAXED_JSON_OPTIONS
from bson.json_util import dumps as reference_dumps
from bson.json_util import loads as reference_loads
from hypothesis import given, settings
from hypothesis import strategies as some

from chalicelib.core.errors import InvalidInput
from chalicelib.dialects.nec.wire.values import MAX_DEPTH, date_from_text, date_text, from_json, to_json

MOMENT = datetime(2020, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
AWARE = RELAXED_JSON_OPTIONS.with_options(tz_aware=True, tzinfo=UTC)

TYPED: list[tuple[Any, Any]] = [
    ({"$date": "2020-01-02T03:04:05.678Z"}, MOMENT),
    ({"$date": "2020-01-02T05:04:05.678+02:00"}, MOMENT),
    ({"$date": 1577934245678}, MOMENT),
    ({"$date": {"$numberLong": "1577934245678"}}, MOMENT),
    ({"$oid": "514af36644f9cb2eb8000002"}, ObjectId("514af36644f9cb2eb8000002")),
    ({"$numberLong": "-9223372036854775808"}, Int64(-(2**63))),
    ({"$numberLong": 5}, Int64(5)),
    ({"$numberInt": "7"}, 7),
    ({"$numberDouble": "1.5"}, 1.5),
    ({"$numberDouble": 1}, 1.0),
    ({"$numberDouble": "-Infinity"}, float("-inf")),
    ({"$numberDecimal": "1.10"}, Decimal128("1.10")),
    ({"$binary": {"base64": "AAE=", "subType": "00"}}, b"\0\1"),
    ({"$binary": {"base64": "AAE=", "subType": "80"}}, Binary(b"\0\1", 128)),
    ({"$binary": "AAE=", "$type": "05"}, Binary(b"\0\1", 5)),
    ({"$uuid": "00112233-4455-6677-8899-aabbccddeeff"}, Binary(bytes.fromhex("00112233445566778899aabbccddeeff"), 4)),
    ({"$timestamp": {"t": 1, "i": 2}}, Timestamp(1, 2)),
    ({"$regularExpression": {"pattern": "^a", "options": "i"}}, Regex("^a", re.I)),
    ({"$minKey": 1}, MinKey()),
    ({"$maxKey": 1}, MaxKey()),
    ({"$symbol": "s"}, "s"),
    ({"$code": "f()"}, Code("f()")),
    ({"$ref": "box", "$id": 1}, DBRef("box", 1)),
]


@pytest.mark.parametrize(("source", "value"), TYPED)
def test_typed_values_are_read(source: Any, value: Any) -> None:
    read = from_json({"in": [source]})["in"][0]
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    "source",
    [
        {"$date": "yesterday"},
        {"$date": "2020-01-02"},
        {"$date": "2020-13-02T00:00:00Z"},
        {"$date": "0000-01-02T00:00:00Z"},
        {"$date": 10**18},
        {"$date": None},
        {"$date": True},
        {"$date": {}},
        {"$oid": "x"},
        {"$oid": 5},
        {"$numberLong": "9223372036854775808"},
        {"$numberLong": "1.5"},
        {"$numberLong": "٣"},
        {"$numberLong": True},
        {"$numberInt": "2147483648"},
        {"$numberDouble": "x"},
        {"$numberDouble": "nan"},
        {"$numberDouble": "1e999"},
        {"$numberDouble": []},
        {"$numberDecimal": "x"},
        {"$numberDecimal": 1},
        {"$binary": {"base64": "!", "subType": "00"}},
        {"$binary": {"base64": "AAE="}},
        {"$binary": {"base64": "AAE=", "subType": "100"}},
        {"$binary": 5},
        {"$uuid": "x"},
        {"$timestamp": {"t": -1, "i": 0}},
        {"$timestamp": {"t": 1}},
        {"$timestamp": 5},
        {"$regularExpression": {"pattern": "a\0b", "options": ""}},
        {"$regularExpression": {"pattern": "a", "options": "z"}},
        {"$regularExpression": "a"},
        {"$code": 5},
        {"$code": "f", "$scope": 5},
        {"$ref": 5, "$id": 1},
        {"$symbol": {}},
    ],
)
def test_malformed_typed_values_are_refused(source: Any) -> None:
    with pytest.raises(InvalidInput):
        from_json({"a": source})


@pytest.mark.parametrize(
    "source",
    [
        {"$regex": "a", "$options": "i"},
        {"$regex": "a"},
        {"$type": "date"},
        {"$gt": 5},
        {"$not": {"$gt": 5}},
        {"$date": "x", "other": 1},
        {"a": 1, "b": 2},
        {"$in": [1]},
        {},
    ],
)
def test_operators_stay_operators(source: Any) -> None:
    assert from_json({"a": json.loads(json.dumps(source))}) == {"a": source}


@pytest.mark.parametrize("number", [2**63, -(2**63) - 1, float("inf"), float("-inf"), float("nan")])
def test_numbers_that_bson_cannot_hold_are_refused(number: Any) -> None:
    for source in (number, [number], {"a": number}, {"a": [{"b": number}]}):
        with pytest.raises(InvalidInput):
            from_json(source)


@pytest.mark.parametrize("number", [2**63 - 1, -(2**63), 1e308, -0.0])
def test_numbers_at_the_edge_are_taken(number: Any) -> None:
    assert from_json([number]) == [number]


def nested(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


def test_nesting_has_a_limit() -> None:
    assert from_json(nested(MAX_DEPTH))
    with pytest.raises(InvalidInput):
        from_json(nested(MAX_DEPTH + 1))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (MOMENT, {"$date": "2020-01-02T03:04:05.678Z"}),
        (datetime(1969, 12, 31, 23, 59, 59, tzinfo=UTC), {"$date": {"$numberLong": "-1000"}}),
        (Int64(2**62), 2**62),
        (float("nan"), {"$numberDouble": "NaN"}),
        (float("inf"), {"$numberDouble": "Infinity"}),
        (Regex("a", re.I | re.M | re.X | re.S), {"$regularExpression": {"pattern": "a", "options": "imsx"}}),
        (re.compile("a", re.I), {"$regularExpression": {"pattern": "a", "options": "iu"}}),
        (Code("f", {"a": MOMENT}), {"$code": "f", "$scope": {"a": {"$date": "2020-01-02T03:04:05.678Z"}}}),
        (
            DBRef("box", ObjectId("514af36644f9cb2eb8000002")),
            {"$ref": "box", "$id": {"$oid": "514af36644f9cb2eb8000002"}},
        ),
        ((1, 2), [1, 2]),
        (True, True),
        (None, None),
    ],
)
def test_values_are_written(value: Any, written: Any) -> None:
    assert to_json(value) == written
    assert type(to_json([value])[0]) in (dict, list, int, bool, type(None))


def test_values_of_derived_types_are_written_as_what_they_are() -> None:
    class Text(str):
        pass

    assert to_json([Text("a"), SON([("b", SON([("c", MOMENT)]))])]) == ["a", {"b": {"c": to_json(MOMENT)}}]


def test_what_is_no_bson_value_is_a_defect() -> None:
    with pytest.raises(TypeError):
        to_json(object())


def test_dates_are_texts_of_milliseconds_in_utc() -> None:
    assert date_text(datetime(2020, 1, 2, 3, 4, 5, 999, tzinfo=UTC)) == "2020-01-02T03:04:05.000Z"
    assert date_text(datetime(99, 1, 2, tzinfo=UTC)) == "0099-01-02T00:00:00.000Z"
    east = timezone(timedelta(hours=9))
    assert date_text(datetime(2020, 1, 1, 9, tzinfo=east)) == "2020-01-01T00:00:00.000Z"
    assert date_from_text("2020-01-01T09:00:00.1239+0900") == datetime(2020, 1, 1, 0, 0, 0, 123000, tzinfo=UTC)


bson_values = some.recursive(
    some.none()
    | some.booleans()
    | some.integers(-(2**63), 2**63 - 1)
    | some.floats()
    | some.text(some.characters(exclude_categories=["Cs"]), max_size=5)
    | some.datetimes(datetime(1600, 1, 1), datetime(3000, 1, 1), timezones=some.just(UTC)).map(
        lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000)
    )
    | some.binary(max_size=5)
    | some.binary(min_size=12, max_size=12).map(ObjectId)
    | some.integers(-(2**63), 2**63 - 1).map(Int64)
    | some.integers(0, 2**32 - 1).map(lambda number: Timestamp(number, 1))
    | some.uuids().map(lambda value: Binary.from_uuid(uuid.UUID(str(value)))),
    lambda inner: (
        some.lists(inner, max_size=3) | some.dictionaries(some.text("ab_é", min_size=1, max_size=3), inner, max_size=3)
    ),
    max_leaves=10,
)


@given(bson_values)
@settings(max_examples=200, deadline=None)
def test_what_is_written_is_read_as_it_was(value: Any) -> None:
    written = to_json({"a": value})
    text = json.dumps(written, allow_nan=False)
    read = from_json(json.loads(text))
    assert to_json(read) == written


@given(bson_values)
@settings(max_examples=200, deadline=None)
def test_other_readers_of_extended_json_read_the_same(value: Any) -> None:
    text = json.dumps(to_json({"a": value}), allow_nan=False)
    read = reference_loads(text, json_options=AWARE)
    assert json.loads(reference_dumps(read, json_options=AWARE)) == json.loads(
        reference_dumps(from_json(json.loads(text)), json_options=AWARE)
    )
