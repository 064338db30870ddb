"""Writes of one document and of many: what they answer, and what they refuse."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from chalicelib.core.documents import Documents, Index
from chalicelib.core.errors import (
    DocumentTooLarge,
    DuplicateId,
    DuplicateKey,
    ImmutableField,
    InvalidDocument,
    InvalidUpdate,
)
from chalicelib.core.query.filter import EVERYTHING, parse_filter
from chalicelib.core.query.query import Query
from chalicelib.core.query.stored_form import bson_size
from chalicelib.core.query.update import parse_update
from chalicelib.core.query.values import Document

THINGS = "things"
IN_TOKYO = {"at": {"$geoWithin": {"$box": [[139, 35], [141, 37]]}}}
"""A filter that DocumentDB cannot decide, so that the aws engine must."""


def stored(documents: Documents, tenant: str) -> list[Document]:
    return list(documents.find(tenant, THINGS, Query()))


def by_id(name: str) -> dict[str, str]:
    return {"_id": name}


# --- insert ---


def test_a_taken_id_is_named(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1", "a": 1})
    with pytest.raises(DuplicateId) as refused:
        documents.insert(tenant, THINGS, {"_id": "1", "a": 2})
    assert refused.value.document_id == "1"
    assert stored(documents, tenant) == [{"_id": "1", "a": 1}]


def test_a_taken_value_names_the_index(documents: Documents, tenant: str) -> None:
    documents.create_index(tenant, THINGS, Index("by_mail", (("mail", 1),), unique=True))
    documents.insert(tenant, THINGS, {"_id": "1", "mail": "a@example.org"})
    with pytest.raises(DuplicateKey) as refused:
        documents.insert(tenant, THINGS, {"_id": "2", "mail": "a@example.org"})
    assert refused.value.index == "by_mail"


def test_a_taken_value_in_an_update_names_the_index(documents: Documents, tenant: str) -> None:
    documents.create_index(tenant, THINGS, Index("by_id_like_name", (("_idx", 1),), unique=True))
    documents.insert(tenant, THINGS, {"_id": "1", "_idx": 1})
    documents.insert(tenant, THINGS, {"_id": "2", "_idx": 2})
    with pytest.raises(DuplicateKey) as refused:
        documents.update_one(tenant, THINGS, parse_filter(by_id("2")), parse_update({"$set": {"_idx": 1}}))
    assert refused.value.index == "by_id_like_name"


def test_a_date_comes_back_in_utc_and_whole_milliseconds(documents: Documents, tenant: str) -> None:
    tokyo = timezone(timedelta(hours=9))
    documents.insert(tenant, THINGS, {"_id": "1", "at": datetime(2020, 1, 2, 3, 4, 5, 678_999, tokyo)})
    (found,) = stored(documents, tenant)
    assert found["at"] == datetime(2020, 1, 1, 18, 4, 5, 678_000, UTC)
    assert found["at"].utcoffset() == timedelta(0)


def test_what_is_found_may_be_changed_freely(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1", "list": [1], "object": {"a": 1}})
    found = documents.find_one(tenant, THINGS, EVERYTHING)
    assert found is not None
    found["list"].append(2)
    found["object"].clear()
    assert stored(documents, tenant) == [{"_id": "1", "list": [1], "object": {"a": 1}}]


def test_what_was_inserted_may_be_changed_afterwards(documents: Documents, tenant: str) -> None:
    document: Document = {"_id": "1", "list": [1]}
    documents.insert(tenant, THINGS, document)
    document["list"].append(2)
    assert stored(documents, tenant) == [{"_id": "1", "list": [1]}]


def test_a_value_that_cannot_be_stored_is_refused(documents: Documents, tenant: str) -> None:
    with pytest.raises(InvalidDocument):
        documents.insert(tenant, THINGS, {"_id": "1", "a": 2**64})
    assert stored(documents, tenant) == []


# --- update_one ---


def test_an_update_answers_the_document_as_it_is_afterwards(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1", "n": 1, "keep": "x"})
    after = documents.update_one(tenant, THINGS, parse_filter({"n": 1}), parse_update({"$inc": {"n": 1}}))
    assert after == {"_id": "1", "n": 2, "keep": "x"}


def test_an_update_of_nothing_answers_none_and_makes_nothing(documents: Documents, tenant: str) -> None:
    assert documents.update_one(tenant, THINGS, parse_filter({"n": 1}), parse_update({"$set": {"n": 2}})) is None
    assert stored(documents, tenant) == []


def test_an_update_whose_etag_is_old_changes_nothing(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1", "etag": "new"})
    old = parse_filter({"_id": "1", "etag": "old"})
    assert documents.update_one(tenant, THINGS, old, parse_update({"$set": {"a": 1}})) is None
    assert stored(documents, tenant) == [{"_id": "1", "etag": "new"}]


def test_an_update_that_names_no_field_answers_the_document(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1"})
    assert documents.update_one(tenant, THINGS, EVERYTHING, parse_update({"$set": {}})) == {"_id": "1"}


def test_an_update_may_be_chosen_by_a_place(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1", "at": [0, 0]})
    documents.insert(tenant, THINGS, {"_id": "2", "at": [140, 36], "tags": ["a", "b"]})
    wanted = parse_filter({**IN_TOKYO, "tags": "b"})
    after = documents.update_one(tenant, THINGS, wanted, parse_update({"$set": {"tags.$": "c"}}))
    assert after == {"_id": "2", "at": [140, 36], "tags": ["a", "c"]}


def test_the_current_date_is_now(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1"})
    after = documents.update_one(tenant, THINGS, EVERYTHING, parse_update({"$currentDate": {"at": True}}))
    assert after is not None
    assert abs(after["at"] - datetime.now(UTC)) < timedelta(minutes=1)


def test_a_refused_update_says_what_is_wrong(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1", "a": "text"})
    increment = parse_update({"$inc": {"a": 1}})
    with pytest.raises(InvalidUpdate) as by_the_core:
        increment.apply({"_id": "1", "a": "text"}, now=datetime.now(UTC))
    with pytest.raises(InvalidUpdate) as by_the_engine:
        documents.update_one(tenant, THINGS, EVERYTHING, increment)
    assert str(by_the_engine.value) == str(by_the_core.value)


@pytest.mark.parametrize("surplus", [0, 1])
def test_a_document_may_be_as_large_as_the_limit_and_no_larger(documents: Documents, tenant: str, surplus: int) -> None:
    documents.insert(tenant, THINGS, {"_id": "1", "text": ""})
    limit = bson_size({"_id": "1", "text": "x" * 100})
    grow = parse_update({"$set": {"text": "x" * (100 + surplus)}})
    if surplus:
        with pytest.raises(DocumentTooLarge) as refused:
            documents.update_one(tenant, THINGS, EVERYTHING, grow, max_bytes=limit)
        assert refused.value.limit == limit
        assert stored(documents, tenant) == [{"_id": "1", "text": ""}]
    else:
        after = documents.update_one(tenant, THINGS, EVERYTHING, grow, max_bytes=limit)
        assert after == {"_id": "1", "text": "x" * 100}


def test_a_document_that_is_too_large_already_may_shrink(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1", "text": "x" * 500, "more": "y" * 500})
    shrink = parse_update({"$unset": {"more": ""}})
    after = documents.update_one(tenant, THINGS, EVERYTHING, shrink, max_bytes=600)
    assert after == {"_id": "1", "text": "x" * 500}


def test_a_limit_on_an_update_of_nothing_answers_none(documents: Documents, tenant: str) -> None:
    grow = parse_update({"$set": {"a": 1}})
    assert documents.update_one(tenant, THINGS, EVERYTHING, grow, max_bytes=10) is None


def test_a_refused_update_under_a_limit_changes_nothing(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1", "a": "text"})
    with pytest.raises(InvalidUpdate):
        documents.update_one(tenant, THINGS, EVERYTHING, parse_update({"$inc": {"a": 1}}), max_bytes=1000)
    assert stored(documents, tenant) == [{"_id": "1", "a": "text"}]


# --- upsert_one, replace_one, delete_one ---


def test_an_upsert_that_a_unique_index_forbids_is_no_duplicate_id(documents: Documents, tenant: str) -> None:
    documents.create_index(tenant, THINGS, Index("by_a", (("a", 1),), unique=True))
    documents.insert(tenant, THINGS, {"_id": "1", "a": 1})
    with pytest.raises(DuplicateKey) as refused:
        documents.upsert_one(tenant, THINGS, "2", parse_update({"$set": {"a": 1}}))
    assert refused.value.index == "by_a"
    assert stored(documents, tenant) == [{"_id": "1", "a": 1}]


def test_an_upsert_that_names_no_field_makes_the_document(documents: Documents, tenant: str) -> None:
    assert documents.upsert_one(tenant, THINGS, "1", parse_update({"$set": {}})) == {"_id": "1"}
    assert stored(documents, tenant) == [{"_id": "1"}]


def test_a_replacement_takes_the_place_of_the_whole_document(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1", "a": 1, "b": 2})
    documents.insert(tenant, THINGS, {"_id": "2", "a": 1})
    after = documents.replace_one(tenant, THINGS, parse_filter(by_id("1")), {"_id": "1", "c": 3})
    assert after == {"_id": "1", "c": 3}
    assert stored(documents, tenant) == [{"_id": "1", "c": 3}, {"_id": "2", "a": 1}]


def test_a_replacement_of_nothing_answers_none(documents: Documents, tenant: str) -> None:
    assert documents.replace_one(tenant, THINGS, parse_filter(by_id("1")), {"_id": "1"}) is None
    assert stored(documents, tenant) == []


def test_a_replacement_cannot_change_the_id(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1", "a": 1})
    with pytest.raises(ImmutableField):
        documents.replace_one(tenant, THINGS, parse_filter({"a": 1}), {"_id": "2", "a": 1})
    assert stored(documents, tenant) == [{"_id": "1", "a": 1}]


def test_a_replacement_with_a_taken_value_is_refused(documents: Documents, tenant: str) -> None:
    documents.create_index(tenant, THINGS, Index("by_a", (("a", 1),), unique=True))
    documents.insert(tenant, THINGS, {"_id": "1", "a": 1})
    documents.insert(tenant, THINGS, {"_id": "2", "a": 2})
    with pytest.raises(DuplicateKey):
        documents.replace_one(tenant, THINGS, parse_filter(by_id("2")), {"_id": "2", "a": 1})
    assert stored(documents, tenant) == [{"_id": "1", "a": 1}, {"_id": "2", "a": 2}]


def test_a_deletion_answers_the_document_as_it_was(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1", "a": 1})
    documents.insert(tenant, THINGS, {"_id": "2", "a": 2})
    assert documents.delete_one(tenant, THINGS, parse_filter({"a": 1})) == {"_id": "1", "a": 1}
    assert documents.delete_one(tenant, THINGS, parse_filter({"a": 1})) is None
    assert stored(documents, tenant) == [{"_id": "2", "a": 2}]


def test_a_deleted_value_is_free_again(documents: Documents, tenant: str) -> None:
    documents.create_index(tenant, THINGS, Index("by_a", (("a", 1),), unique=True))
    documents.insert(tenant, THINGS, {"_id": "1", "a": 1})
    documents.delete_one(tenant, THINGS, parse_filter(by_id("1")))
    documents.insert(tenant, THINGS, {"_id": "2", "a": 1})
    assert stored(documents, tenant) == [{"_id": "2", "a": 1}]


def test_a_deletion_may_be_chosen_by_a_place(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1", "at": [0, 0]})
    documents.insert(tenant, THINGS, {"_id": "2", "at": [140, 36]})
    assert documents.delete_one(tenant, THINGS, parse_filter(IN_TOKYO)) == {"_id": "2", "at": [140, 36]}
    assert documents.delete_one(tenant, THINGS, parse_filter(IN_TOKYO)) is None


# --- many ---


def three(documents: Documents, tenant: str) -> None:
    for number in (1, 2, 3):
        documents.insert(tenant, THINGS, {"_id": str(number), "n": number, "at": [139 + number, 36]})


def test_updating_many_counts_what_matched(documents: Documents, tenant: str) -> None:
    three(documents, tenant)
    # One of the two that match has the value already: it counts all the same.
    matched = documents.update_many(tenant, THINGS, parse_filter({"n": {"$gte": 2}}), parse_update({"$set": {"n": 3}}))
    assert matched == 2
    assert [document["n"] for document in stored(documents, tenant)] == [1, 3, 3]


def test_updating_many_of_nothing_is_zero(documents: Documents, tenant: str) -> None:
    assert documents.update_many(tenant, THINGS, EVERYTHING, parse_update({"$set": {"n": 3}})) == 0


def test_deleting_many_counts_what_it_deleted(documents: Documents, tenant: str) -> None:
    three(documents, tenant)
    assert documents.delete_many(tenant, THINGS, parse_filter({"n": {"$lte": 2}})) == 2
    assert documents.delete_many(tenant, THINGS, parse_filter({"n": {"$lte": 2}})) == 0
    assert [document["_id"] for document in stored(documents, tenant)] == ["3"]


def test_many_may_be_chosen_by_a_place(documents: Documents, tenant: str) -> None:
    three(documents, tenant)
    assert documents.update_many(tenant, THINGS, parse_filter(IN_TOKYO), parse_update({"$inc": {"n": 10}})) == 2
    assert [document["n"] for document in stored(documents, tenant)] == [11, 12, 3]
    assert documents.delete_many(tenant, THINGS, parse_filter(IN_TOKYO)) == 2
    assert [document["_id"] for document in stored(documents, tenant)] == ["3"]
