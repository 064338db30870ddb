"""Which documents can be stored, how large they are, and copies that share nothing."""

from __future__ import annotations

import re
import uuid
from collections import OrderedDict
from datetime import UTC, datetime
from decimal import Decimal
from types import MappingProxyType
from typing import Any

import bson
import pytest
from bson import SON, Binary, Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from chalicelib.core.errors import InvalidDocument
from chalicelib.core.query.stored_form import MAX_DEPTH, bson_size, check_document, check_value, copy_of, depth_of
from chalicelib.core.query.values import MISSING

EVERY_TYPE: dict[str, Any] = {
    "null": None,
    "boolean": True,
    "integer": 2**63 - 1,
    "least": -(2**63),
    "int64": Int64(5),
    "double": 1.5,
    "decimal": Decimal128("1.5"),
    "text": "日本語 😀",
    "binary": b"\x00",
    "subtype": Binary(b"\x00", 5),
    "id": ObjectId(),
    "date": datetime(2026, 1, 1, tzinfo=UTC),
    "timestamp": Timestamp(1, 1),
    "regex": Regex("a", "i"),
    "bytes regex": Regex(b"a"),
    "pattern": re.compile("a"),
    "code": Code("x"),
    "scoped": Code("x", {"y": 1}),
    "reference": DBRef("c", "x", "db", extra={"y": 1}),
    "smallest": MinKey(),
    "greatest": MaxKey(),
    "object": {"a": {"b": {}}},
    "ordered": OrderedDict(a=1),
    "son": SON([("a", 1)]),
    "array": [1, [2, {"x": []}]],
    "tuple": (1, (2,)),
}


def test_a_document_of_all_types_can_be_stored() -> None:
    check_document(EVERY_TYPE)


@pytest.mark.parametrize("name", ["", " ", "a$", "a b", "日本語", "😀", "0", "_id", "__proto__", "'"])
def test_these_field_names_can_be_stored(name: str) -> None:
    check_document({name: 1, "a": [{name: 1}]})


@pytest.mark.parametrize("name", ["$a", "$", "a.b", ".", "a\0", "\0", "\ud800", "a\udfff", 1, None, b"a"])
def test_these_field_names_cannot_be_stored(name: Any) -> None:
    for document in ({name: 1}, {"a": {name: 1}}, {"a": [[{name: 1}]]}, {"a": OrderedDict({name: 1})}):
        with pytest.raises(InvalidDocument):
            check_document(document)


@pytest.mark.parametrize(
    "value",
    [
        2**63,
        -(2**63) - 1,
        Int64(2**63),
        "\ud800",
        "a\udc00b",
        datetime(2026, 1, 1),
        object(),
        {1, 2},
        Decimal("1"),
        uuid.UUID(int=0),
        1j,
        MISSING,
        range(3),
        Regex("a\0"),
        re.compile("\ud800"),
        Code("\ud800"),
        Code("x", {"$y": 1}),
        DBRef("\ud800", 1),
        DBRef("c", 2**63),
        DBRef("c", 1, extra={"a.b": 1}),
    ],
)
def test_these_values_cannot_be_stored(value: Any) -> None:
    for document in ({"a": value}, {"x": {"a": [0, value]}}, {"a": (value,)}):
        with pytest.raises(InvalidDocument):
            check_document(document)


@pytest.mark.parametrize("document", [None, 1, "x", [], [{}], object()])
def test_only_an_object_is_a_document(document: Any) -> None:
    with pytest.raises(InvalidDocument):
        check_document(document)


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"a": {"b": [0, {"c": 2**63}]}}, "a.b.1.c"),
        ({"a": {"b": [0, {"$c": 1}]}}, "a.b.1.$c"),
        ({"a": {"b": [0, {1: 1}]}}, "a.b.1"),
        ({"a": "\ud800"}, "a"),
        ({"a": {"b": object()}}, "a.b"),
        ({"\ud800": 1}, "\\ud800"),
    ],
)
def test_the_error_names_the_path_in_plain_text(document: dict[str, Any], path: str) -> None:
    with pytest.raises(InvalidDocument) as raised:
        check_document(document)
    assert f"'{path}'" in raised.value.message.replace("\\\\", "\\")
    assert raised.value.message.encode()


def test_a_single_value_is_checked_under_its_path() -> None:
    check_value({"b": 1}, "x.y", 2)
    with pytest.raises(InvalidDocument, match=r"'x\.y'"):
        check_value(2**63, "x.y", 2)
    with pytest.raises(InvalidDocument, match=r"'x\.y\.b\.0'"):
        check_value({"b": [object()]}, "x.y", 2)


def nested(levels: int, *, arrays: bool = False) -> dict[str, Any]:
    """A document of so many levels."""
    value: Any = 1
    for _ in range(levels - 1):
        value = [value] if arrays else {"a": value}
    return {"a": value}


@pytest.mark.parametrize("arrays", [True, False])
def test_a_document_has_at_most_a_hundred_levels(arrays: bool) -> None:
    check_document(nested(MAX_DEPTH, arrays=arrays))
    for levels in (MAX_DEPTH + 1, 200_000):
        deep = nested(levels, arrays=arrays)
        with pytest.raises(InvalidDocument):
            check_document(deep)
        assert depth_of(deep) == MAX_DEPTH + 1
        _take_apart(deep)


def _take_apart(value: Any) -> None:
    # The interpreter would free so many levels recursively.
    while isinstance(value, (dict, list)):
        value = value.popitem()[1] if isinstance(value, dict) else value.pop()


def test_a_document_that_contains_itself_cannot_be_stored() -> None:
    loop: dict[str, Any] = {}
    loop["a"] = [loop, loop]
    with pytest.raises(InvalidDocument):
        check_document(loop)


@pytest.mark.parametrize(
    ("value", "levels"), [(1, 0), ("a", 0), ({}, 1), ([], 1), ({"a": 1}, 1), ({"a": [1, {}]}, 3), ((1, (2,)), 2)]
)
def test_levels_are_counted_from_the_value_itself(value: Any, levels: int) -> None:
    assert depth_of(value) == levels


@pytest.mark.parametrize("document", [{}, {"a": 1}, {"日本": ["語", 2**40]}, EVERY_TYPE])
def test_the_size_is_that_of_the_encoded_document(document: dict[str, Any]) -> None:
    assert bson_size(document) == len(bson.encode(document))


def test_a_copy_is_equal_and_shares_no_object_or_array() -> None:
    document = {"a": [{"b": [1]}, 2], "c": {"d": {"e": []}}, "t": (1, [2]), "m": MappingProxyType({"x": [1]})}
    copy = copy_of(document)
    assert copy == {"a": [{"b": [1]}, 2], "c": {"d": {"e": []}}, "t": [1, [2]], "m": {"x": [1]}}
    copy["a"][0]["b"].append(2)
    copy["c"]["d"]["e"].append(1)
    copy["t"][1].append(3)
    copy["m"]["x"].append(2)
    assert document == {"a": [{"b": [1]}, 2], "c": {"d": {"e": []}}, "t": (1, [2]), "m": {"x": [1]}}


def test_a_copy_of_every_type_encodes_to_the_same_bytes() -> None:
    assert bson.encode(copy_of(EVERY_TYPE)) == bson.encode(EVERY_TYPE)


def test_subclasses_of_object_and_array_become_plain_ones() -> None:
    copy = copy_of({"a": OrderedDict(x=[1]), "b": SON([("y", 1)])})
    assert type(copy["a"]) is dict
    assert type(copy["b"]) is dict
