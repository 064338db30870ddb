from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.documents import Index
from chalicelib.core.errors import InvalidDocument
from chalicelib.engines.embedded.index_keys import KeyMaker
from chalicelib.engines.embedded.key_encoding import NULL_KEY, UNDEFINED_KEY, encode, invert


def keys(document: dict[str, Any], *paths: str, sparse: bool = False) -> set[bytes]:
    return set(KeyMaker(Index("i", tuple((path, 1) for path in paths), sparse=sparse)).keys_of(document).keys)


def encoded(*rows: Any) -> set[bytes]:
    return {b"".join(map(encode, row)) if isinstance(row, tuple) else encode(row) for row in rows}


@pytest.mark.parametrize(
    ("document", "path", "values"),
    [
        ({"a": 1}, "a", [1]),
        ({}, "a", [None]),
        ({"a": None}, "a", [None]),
        ({"a": {"b": "x"}}, "a.b", ["x"]),
        ({"a": {"b": "x"}}, "a", [{"b": "x"}]),
        ({"a": 5}, "a.b", [None]),
        ({"a": [1, 2, 1]}, "a", [1, 2]),
        ({"a": (1, 2)}, "a", [1, 2]),
        ({"a": ({"b": (1, 2)},)}, "a.b", [1, 2]),
        ({"a": [[1, 2], 3]}, "a", [[1, 2], 3]),
        ({"a": [{"b": 1}, {"b": [2, 3]}, {}]}, "a.b", [1, 2, 3, None]),
        ({"a": [1, {"b": 2}]}, "a.b", [None, 2]),
        ({"a": []}, "a.b", [None]),
        ({"a": [[{"b": 1}]]}, "a.b", [None]),
        ({"a": [5, 6]}, "a.1", [6]),
        ({"a": [5, 6]}, "a.2", [None]),
        ({"a": [{"b": 5}]}, "a.0.b", [5]),
        ({"a": {"0": 5}}, "a.0", [5]),
        ({"a": [{"0": 5}, 7]}, "a.0", [5, None, {"0": 5}]),
    ],
)
def test_a_document_has_a_key_for_each_value_at_the_path(
    document: dict[str, Any], path: str, values: list[Any]
) -> None:
    assert keys(document, path) == encoded(*values)


def test_an_empty_array_has_a_key_of_its_own_before_null() -> None:
    assert keys({"a": []}, "a") == {UNDEFINED_KEY}
    assert UNDEFINED_KEY < NULL_KEY


def test_a_compound_key_pairs_each_element_with_the_other_values() -> None:
    assert keys({"a": [1, 2], "b": "x"}, "a", "b") == encoded((1, "x"), (2, "x"))


def test_two_paths_into_one_array_take_their_values_from_one_element() -> None:
    document = {"a": [{"b": 1, "c": 2}, {"b": 3}]}

    assert keys(document, "a.b", "a.c") == encoded((1, 2), (3, None))


def test_two_different_arrays_in_one_index_are_refused() -> None:
    with pytest.raises(InvalidDocument):
        keys({"a": [1], "b": [2]}, "a", "b")
    with pytest.raises(InvalidDocument):
        keys({"a": [{"b": [1], "c": [2]}]}, "a.b", "a.c")


def test_one_array_in_two_places_of_a_document_is_two_arrays() -> None:
    shared = [1, 2]

    with pytest.raises(InvalidDocument):
        keys({"a": shared, "b": shared}, "a", "b")


def test_a_sparse_index_leaves_out_documents_without_any_of_the_paths() -> None:
    assert keys({"c": 1}, "a", "b", sparse=True) == set()
    assert keys({"b": 1}, "a", "b", sparse=True) == encoded((None, 1))
    assert keys({"a": None}, "a", sparse=True) == encoded(None)


def test_a_sparse_index_leaves_out_elements_without_any_of_the_paths() -> None:
    assert keys({"a": [1, {"b": 1}, {}]}, "a.b", sparse=True) == encoded(1)
    assert keys({"a": [1, {"b": None}]}, "a.b", sparse=True) == encoded(None)
    assert keys({"a": [{"b": 1}, {"c": 2}, {}]}, "a.b", "a.c", sparse=True) == encoded((1, None), (None, 2))


def test_a_descending_path_has_inverted_bytes() -> None:
    made = KeyMaker(Index("i", (("a", 1), ("b", -1)))).keys_of({"a": 1, "b": 2})

    assert made.keys == {encode(1) + invert(encode(2))}


@pytest.mark.parametrize(
    ("document", "multikey"),
    [({"a": 1, "b": 1}, 0), ({"a": [1], "b": 1}, 1), ({"a": 1, "b": []}, 2), ({"a": [{"c": 1}], "b": 1}, 1)],
)
def test_the_paths_that_met_an_array_are_told(document: dict[str, Any], multikey: int) -> None:
    assert KeyMaker(Index("i", (("a", 1), ("b", 1)))).keys_of(document).multikey == multikey
