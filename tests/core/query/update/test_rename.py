"""$rename."""

from __future__ import annotations

from typing import Any

import pytest

from tests.core.query.update.updating import check, updated


@pytest.mark.parametrize(
    ("document", "names", "expected"),
    [
        ({"a": 1}, {"a": "b"}, {"b": 1}),
        ({"a": 1, "c": 2}, {"a": "b"}, {"c": 2, "b": 1}),
        ({"a": 1, "b": 2, "c": 3}, {"a": "b"}, {"b": 1, "c": 3}),
        ({"a": 1, "b": 1, "c": 3}, {"a": "b"}, {"b": 1, "c": 3}),
        ({"a": None}, {"a": "b"}, {"b": None}),
        ({"a": [1, {"x": 2}]}, {"a": "b"}, {"b": [1, {"x": 2}]}),
        ({"a": 1, "b": [1]}, {"a": "b"}, {"b": 1}),
        ({"c": 1}, {"a": "b"}, {"c": 1}),
        ({"b": 1}, {"a": "b"}, {"b": 1}),
        ({}, {"a.b": "c.d"}, {}),
        ({"c": 1}, {"a": "c.d"}, {"c": 1}),
        ({"a": {"b": 1}}, {"a.b": "c"}, {"a": {}, "c": 1}),
        ({"a": {"b": 1, "x": 2}}, {"a.b": "a.c"}, {"a": {"x": 2, "c": 1}}),
        ({"a": 1}, {"a": "b.c.d"}, {"b": {"c": {"d": 1}}}),
        ({"a": 1, "b": {"x": 0}}, {"a": "b.c"}, {"b": {"x": 0, "c": 1}}),
        ({"a": 1}, {"a": "b.0"}, {"b": {"0": 1}}),
        ({"a": 1, "b": 2}, {"a": "x", "b": "y"}, {"x": 1, "y": 2}),
        ({"a": 1, "b": 2}, {"a": "y", "b": "x"}, {"x": 2, "y": 1}),
        ({"a": {"b": 1}}, {"a.c": "d"}, {"a": {"b": 1}}),
        ({"a": [1]}, {"a.5": "d"}, {"a": [1]}),
        ({}, {}, {}),
        # a way through an array or a scalar
        ({"a": [1, 2]}, {"a.0": "b"}, None),
        ({"a": [{"b": 1}]}, {"a.0.b": "c"}, None),
        ({"a": {"b": [{"c": 1}]}}, {"a.b.0.c": "d"}, None),
        ({"a": 1, "b": [1]}, {"a": "b.0"}, None),
        ({"a": 1, "b": [1]}, {"a": "b.1"}, None),
        ({"a": 1, "b": [{"c": 1}]}, {"a": "b.0.c"}, None),
        ({"a": 1, "b": {"c": [1]}}, {"a": "b.c.0"}, None),
        ({"a": 1, "b": [1]}, {"a": "b.c"}, None),
        ({"a": [{"b": 1}]}, {"a.b": "c"}, None),
        ({"a": 1}, {"a.b": "c"}, None),
        ({"a": None}, {"a.b": "c"}, None),
        ({"a": 1, "b": 2}, {"a": "b.c"}, None),
        ({"a": 1, "b": None}, {"a": "b.c.d"}, None),
        # operands
        ({"a": 1}, {"a": 1}, None),
        ({"a": 1}, {"a": None}, None),
        ({"a": 1}, {"a": ""}, None),
        ({"a": 1}, {"a": "b."}, None),
        ({"a": 1}, {"a": "b\0"}, None),
        ({"a": 1}, {"a": "$b"}, None),
        ({"a": 1}, {"a": "b.$b"}, None),
        ({"a": 1}, {"$a": "b"}, None),
        ({"a": 1}, {"a": "a"}, None),
        ({"a": {"b": 1}}, {"a": "a.b"}, None),
        ({"a": {"b": 1}}, {"a.b": "a"}, None),
        ({"a": [1]}, {"a.$": "b"}, None),
        ({"a": [1]}, {"a.$[]": "b"}, None),
        ({"a": [1]}, {"b": "a.$"}, None),
        ({"a": [1]}, {"b": "a.$[]"}, None),
        # one path twice
        ({"a": 1}, {"a": "b", "b": "c"}, None),
        ({"a": 1}, {"a": "c", "b": "c"}, None),
        ({"a": 1}, {"a": "b", "b.x": "c"}, None),
        ({"a": 1}, {"a": "b.x", "c": "b"}, None),
    ],
)
def test_rename_moves_a_field(document: dict[str, Any], names: dict[str, Any], expected: Any) -> None:
    check(document, {"$rename": names}, expected)


def test_rename_may_stand_beside_other_operators_on_other_fields() -> None:
    update = {"$rename": {"a": "d"}, "$set": {"b": 2, "e": 5}, "$inc": {"c": 1}}
    check({"a": 1, "c": 1}, update, {"c": 2, "b": 2, "d": 1, "e": 5})


@pytest.mark.parametrize("field", ["a", "b", "a.x", "b.x"])
def test_rename_conflicts_with_other_operators_on_either_name(field: str) -> None:
    check({"a": {}}, {"$rename": {"a": "b"}, "$set": {field: 1}}, None)
    check({"a": {}}, {"$set": {field: 1}, "$rename": {"a": "b"}}, None)


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = {"x": value}
    return value


def test_rename_makes_no_document_of_more_than_a_hundred_levels() -> None:
    assert updated({"a": nested(97)}, {"$rename": {"a": "b.c.d"}}) == {"b": {"c": {"d": nested(97)}}}
    check({"a": nested(98)}, {"$rename": {"a": "b.c.d"}}, None)
    check({"a": nested(99)}, {"$rename": {"a": "b"}}, {"b": nested(99)})
