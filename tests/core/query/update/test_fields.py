"""$set, $setOnInsert, $unset, $min, $max, $currentDate."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from tests.core.query.update.updating import NOW, check, updated

DAY = datetime(2026, 1, 2, tzinfo=UTC)

SET: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]] = [
    ({}, {"a": 1}, {"a": 1}),
    ({"a": 1, "b": 2}, {"a": "x"}, {"a": "x", "b": 2}),
    ({"a": 1}, {"a": None}, {"a": None}),
    ({"a": 1}, {"a": 1.0}, {"a": 1.0}),
    ({"a": 1}, {"a": True}, {"a": True}),
    ({"a": 1}, {"a": Int64(1)}, {"a": Int64(1)}),
    ({"a": 1}, {"a": {"b": [1, {"c": 2}]}}, {"a": {"b": [1, {"c": 2}]}}),
    ({"a": {"b": 1}}, {"a": {}}, {"a": {}}),
    ({}, {"a": []}, {"a": []}),
    ({}, {"a.b.c": 1}, {"a": {"b": {"c": 1}}}),
    ({"a": {"x": 1}}, {"a.b.c": 1}, {"a": {"x": 1, "b": {"c": 1}}}),
    ({"a": {"b": 1, "c": 2}}, {"a.b": 9}, {"a": {"b": 9, "c": 2}}),
    ({"a": {}}, {"a.0": 1}, {"a": {"0": 1}}),
    ({}, {"a.0": 1}, {"a": {"0": 1}}),
    ({}, {"a.0.b": 1}, {"a": {"0": {"b": 1}}}),
    ({"a": [1, 2]}, {"a.0": 9}, {"a": [9, 2]}),
    ({"a": [1, 2]}, {"a.2": 9}, {"a": [1, 2, 9]}),
    ({"a": []}, {"a.3": 9}, {"a": [None, None, None, 9]}),
    ({"a": [1]}, {"a.2.b.c": 9}, {"a": [1, None, {"b": {"c": 9}}]}),
    ({"a": [{"b": 1}]}, {"a.0.b": 2}, {"a": [{"b": 2}]}),
    ({"a": [{"b": 1}]}, {"a.0.c": 2}, {"a": [{"b": 1, "c": 2}]}),
    ({"a": [[1, 2], [3]]}, {"a.1.0": 9}, {"a": [[1, 2], [9]]}),
    ({"a": [1, 2]}, {"a.00": 9}, {"a": [9, 2]}),
    ({"a": []}, {"a.0.x": 1, "a.0.y": 2}, {"a": [{"x": 1, "y": 2}]}),
    ({"a": 1}, {"a.b": 2}, None),
    ({"a": None}, {"a.b": 2}, None),
    ({"a": "text"}, {"a.0": 2}, None),
    ({"a": ObjectId("5f0000000000000000000001")}, {"a.b": 2}, None),
    ({"a": {"b": 1}}, {"a.b.c.d": 2}, None),
    ({"a": [1]}, {"a.b": 2}, None),
    ({"a": [1]}, {"a.b.c": 2}, None),
    ({"a": [1]}, {"a.-1": 2}, None),
    ({"a": [1]}, {"a.+1": 2}, None),
    ({"a": [1]}, {"a.\uff11": 2}, None),
    ({"a": [1]}, {"a.0.b": 2}, None),
    ({"a": []}, {"a.40001": 1}, None),
    ({"a": []}, {"a.99999999999999999999999": 1}, None),
    ({}, {"b": 1, "a": 2}, {"a": 2, "b": 1}),
    ({"z": 0}, {"b": 1, "z": 3, "a": 2}, {"z": 3, "a": 2, "b": 1}),
    ({}, {"10": 1, "9": 2, "1": 3}, {"1": 3, "9": 2, "10": 1}),
    ({}, {"b.10": 1, "b.9": 2, "a": 3}, {"a": 3, "b": {"9": 2, "10": 1}}),
    ({}, {"10a": 1, "9": 2, "9b": 3, "-": 4}, {"-": 4, "9": 2, "9b": 3, "10a": 1}),
    ({}, {"2": 1, "0": 2, "01": 3, "00": 4, "a": 5}, {"0": 2, "00": 4, "01": 3, "2": 1, "a": 5}),
    ({}, {"a10": 1, "a9": 2, "A": 3}, {"A": 3, "a10": 1, "a9": 2}),
    ({}, {"é": 1, "z": 2}, {"z": 2, "é": 1}),
    ({"a": []}, {"a.10": 1, "a.9": 2}, {"a": [None] * 9 + [2, 1]}),
    ({"a": 1}, {}, {"a": 1}),
]


@pytest.mark.parametrize(("document", "fields", "expected"), SET)
def test_set_writes_the_field_and_what_leads_to_it(
    document: dict[str, Any], fields: dict[str, Any], expected: dict[str, Any] | None
) -> None:
    check(document, {"$set": fields}, expected)


@pytest.mark.parametrize(("document", "fields", "expected"), SET)
def test_set_on_insert_is_set_when_inserting(
    document: dict[str, Any], fields: dict[str, Any], expected: dict[str, Any] | None
) -> None:
    check(document, {"$setOnInsert": fields}, expected, inserting=True)


@pytest.mark.parametrize(("document", "fields", "expected"), SET)
def test_set_on_insert_does_nothing_to_what_exists(
    document: dict[str, Any], fields: dict[str, Any], expected: dict[str, Any] | None
) -> None:
    check(document, {"$setOnInsert": fields}, document)


@pytest.mark.parametrize(
    ("document", "path", "expected"),
    [
        ({"a": 1, "b": 2}, "a", {"b": 2}),
        ({"a": 1}, "b", {"a": 1}),
        ({"a": 1}, "b.c", {"a": 1}),
        ({"a": {"b": 1, "c": 2}}, "a.b", {"a": {"c": 2}}),
        ({"a": {"b": 1}}, "a.b", {"a": {}}),
        ({"a": {"b": None}}, "a.b", {"a": {}}),
        ({"a": [1, 2, 3]}, "a.1", {"a": [1, None, 3]}),
        ({"a": [1, 2, 3]}, "a.3", {"a": [1, 2, 3]}),
        ({"a": [1, 2, 3]}, "a.99999", {"a": [1, 2, 3]}),
        ({"a": [{"b": 1}]}, "a.0.b", {"a": [{}]}),
        ({"a": [1]}, "a.b", {"a": [1]}),
        ({"a": 1}, "a.b", {"a": 1}),
        ({"a": None}, "a.b.c", {"a": None}),
    ],
)
def test_unset_removes_the_field_and_never_minds_its_absence(
    document: dict[str, Any], path: str, expected: dict[str, Any]
) -> None:
    for operand in ("", 1, None, {"x": 1}):
        check(document, {"$unset": {path: operand}}, expected)


# Values in BSON order: each is less than the next.
ASCENDING: list[Any] = [
    MinKey(), None, -1.5, 0, Decimal128("0.5"), 1, "", "1", "a", "b", {}, {"a": 1}, [], [1], b"\x00",
    ObjectId("0" * 24), False, True, DAY, Timestamp(1, 1), Regex("a"), MaxKey(),
]  # fmt: skip


@pytest.mark.parametrize("position", range(len(ASCENDING) - 1))
def test_min_and_max_choose_by_the_order_of_all_types(position: int) -> None:
    less, greater = ASCENDING[position : position + 2]
    check({"a": less}, {"$min": {"a": greater}}, {"a": less})
    check({"a": greater}, {"$min": {"a": less}}, {"a": less})
    check({"a": less}, {"$max": {"a": greater}}, {"a": greater})
    check({"a": greater}, {"$max": {"a": less}}, {"a": greater})


@pytest.mark.parametrize("operator", ["$min", "$max"])
@pytest.mark.parametrize(
    ("document", "fields", "expected"),
    [
        ({}, {"a": 5}, {"a": 5}),
        ({}, {"a": None}, {"a": None}),
        ({}, {"a.b": {"c": [1]}}, {"a": {"b": {"c": [1]}}}),
        ({"a": 1}, {"a": 1.0}, {"a": 1}),
        ({"a": 1.0}, {"a": Int64(1)}, {"a": 1.0}),
        ({"a": 1}, {"a.b": 1}, None),
        ({"a": [1]}, {"a.2": 5}, {"a": [1, None, 5]}),
    ],
)
def test_min_and_max_create_what_is_missing_and_keep_what_is_equal(
    operator: str, document: dict[str, Any], fields: dict[str, Any], expected: dict[str, Any] | None
) -> None:
    check(document, {operator: fields}, expected)


@pytest.mark.parametrize("operand", [True, False, {"$type": "date"}])
def test_current_date_writes_the_time_in_whole_milliseconds(operand: Any) -> None:
    check({"a": "x"}, {"$currentDate": {"a": operand}}, {"a": NOW.replace(microsecond=123000)})
    check({}, {"$currentDate": {"a.b": operand}}, {"a": {"b": NOW.replace(microsecond=123000)}})


def test_current_date_writes_a_timestamp_on_request() -> None:
    written = updated({}, {"$currentDate": {"a": {"$type": "timestamp"}}})["a"]
    assert isinstance(written, Timestamp)
    assert written.time == int(NOW.timestamp())
    assert written.inc > 0


@pytest.mark.parametrize(
    "operand", [1, None, "date", {}, {"$type": "time"}, {"$type": 9}, {"type": "date"}, {"$type": "date", "x": 1}, []]
)
def test_current_date_refuses_other_operands(operand: Any) -> None:
    check({}, {"$currentDate": {"a": operand}}, None)
