from __future__ import annotations

import pytest

from chalicelib.core.documents import Index
from chalicelib.core.errors import (
    Conflict,
    DuplicateKey,
    IndexNotFound,
    InvalidDocument,
    InvalidUpdate,
)
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from tests.engines.embedded.people import BY_AGE, UNIQUE_AGE, change, insert, stored, where


def test_a_unique_index_forbids_a_second_document_and_undoes_the_write(documents: SqliteDocuments) -> None:
    documents.create_index("acme", "people", BY_AGE)
    documents.create_index("acme", "people", UNIQUE_AGE)
    insert(documents, {"_id": "1", "age": 1}, {"_id": "2", "age": 2})

    with pytest.raises(DuplicateKey) as inserting:
        insert(documents, {"_id": "3", "age": 1.0})
    with pytest.raises(DuplicateKey):
        documents.update_one("acme", "people", where(_id="2"), change(set={"age": 1, "more": True}))

    assert inserting.value.index == "one age"
    assert stored(documents) == [{"_id": "1", "age": 1}, {"_id": "2", "age": 2}]
    assert documents.verify("acme") == []


def test_a_unique_index_counts_missing_as_null_unless_it_is_sparse(documents: SqliteDocuments) -> None:
    documents.create_index("acme", "people", UNIQUE_AGE)
    documents.create_index("acme", "others", Index("s", (("age", 1),), unique=True, sparse=True))
    insert(documents, {"_id": "1"})

    with pytest.raises(DuplicateKey):
        insert(documents, {"_id": "2", "age": None})
    documents.insert("acme", "others", {"_id": "1"})
    documents.insert("acme", "others", {"_id": "2"})
    documents.insert("acme", "others", {"_id": "3", "age": None})
    with pytest.raises(DuplicateKey):
        documents.insert("acme", "others", {"_id": "4", "age": None})


def test_a_unique_index_over_an_array_forbids_an_element_in_another_document_only(documents: SqliteDocuments) -> None:
    documents.create_index("acme", "people", Index("tags", (("tags", 1),), unique=True))
    insert(documents, {"_id": "1", "tags": ["a", "a", "b"]})

    with pytest.raises(DuplicateKey):
        insert(documents, {"_id": "2", "tags": ["c", "b"]})


def test_two_arrays_in_one_compound_index_are_refused(documents: SqliteDocuments) -> None:
    documents.create_index("acme", "people", Index("ab", (("a", 1), ("b", 1))))
    insert(documents, {"_id": "1", "a": [1, 2], "b": 1})

    with pytest.raises(InvalidDocument):
        insert(documents, {"_id": "2", "a": [1], "b": [1]})
    with pytest.raises(InvalidUpdate):
        documents.update_one("acme", "people", where(_id="1"), change(set={"b": [1]}))

    assert stored(documents) == [{"_id": "1", "a": [1, 2], "b": 1}]


def test_an_index_that_stored_documents_break_is_not_made(documents: SqliteDocuments) -> None:
    insert(documents, {"_id": "1", "age": 1}, {"_id": "2", "age": 1})

    with pytest.raises(DuplicateKey):
        documents.create_index("acme", "people", UNIQUE_AGE)

    assert documents.indexes("acme", "people") == []
    assert documents.verify("acme") == []


def test_making_an_index_again_does_nothing_and_a_name_stands_for_one(documents: SqliteDocuments) -> None:
    documents.create_index("acme", "people", BY_AGE)
    documents.create_index("acme", "people", BY_AGE)

    with pytest.raises(Conflict):
        documents.create_index("acme", "people", Index("age", (("age", -1),)))

    assert documents.indexes("acme", "people") == [BY_AGE]


def test_a_dropped_index_is_gone(documents: SqliteDocuments) -> None:
    documents.create_index("acme", "people", UNIQUE_AGE)
    insert(documents, {"_id": "1", "age": 1})
    documents.drop_index("acme", "people", "one age")

    insert(documents, {"_id": "2", "age": 1})

    assert documents.indexes("acme", "people") == []
    with pytest.raises(IndexNotFound):
        documents.drop_index("acme", "people", "one age")
    with pytest.raises(IndexNotFound):
        documents.drop_index("nobody", "people", "one age")


def test_keys_as_long_as_a_document_are_kept_whole(documents: SqliteDocuments) -> None:
    documents.create_index("acme", "people", Index("text", (("text", 1),), unique=True))
    long = "x" * 200_000
    insert(documents, {"_id": "1", "text": long + "a"}, {"_id": "2", "text": long + "b"})

    with pytest.raises(DuplicateKey):
        insert(documents, {"_id": "3", "text": long + "a"})
    assert documents.find_one("acme", "people", where(text=long + "b")) == {"_id": "2", "text": long + "b"}
