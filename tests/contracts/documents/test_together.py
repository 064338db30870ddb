"""Writes that share what it costs to make them durable: each still stands alone, and all are there in the end."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest

from chalicelib.core.documents import Documents, Index
from chalicelib.core.errors import DuplicateId, DuplicateKey, InvalidUpdate
from chalicelib.core.query.filter import EVERYTHING, parse_filter
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import parse_update

THINGS = "things"


def test_each_write_sees_those_before_it_and_all_are_kept(documents: Documents, tenant: str) -> None:
    with documents.together(tenant):
        documents.insert(tenant, THINGS, {"_id": "1", "n": 1})
        documents.insert(tenant, THINGS, {"_id": "2", "n": 1})
        changed = documents.update_one(tenant, THINGS, parse_filter({"_id": "1"}), parse_update({"$inc": {"n": 1}}))
        assert changed == {"_id": "1", "n": 2}
        assert documents.delete_one(tenant, THINGS, parse_filter({"_id": "2"})) == {"_id": "2", "n": 1}
        assert documents.find_one(tenant, THINGS, parse_filter({"n": 2})) == changed
        assert documents.count(tenant, THINGS, EVERYTHING) == 1
    assert list(documents.find(tenant, THINGS, Query())) == [{"_id": "1", "n": 2}]


def test_a_write_that_fails_is_undone_alone(documents: Documents, tenant: str) -> None:
    documents.create_index(tenant, THINGS, Index("by_mail", (("mail", 1),), unique=True, sparse=True))
    with documents.together(tenant):
        documents.insert(tenant, THINGS, {"_id": "1", "mail": "a"})
        with pytest.raises(DuplicateId):
            documents.insert(tenant, THINGS, {"_id": "1", "mail": "b"})
        with pytest.raises(DuplicateKey):
            documents.insert(tenant, THINGS, {"_id": "2", "mail": "a"})
        documents.insert(tenant, THINGS, {"_id": "3", "mail": "c"})
        with pytest.raises(DuplicateKey):
            documents.update_one(tenant, THINGS, parse_filter({"_id": "3"}), parse_update({"$set": {"mail": "a"}}))
        with pytest.raises(InvalidUpdate):
            documents.update_one(tenant, THINGS, parse_filter({"_id": "3"}), parse_update({"$inc": {"mail": 1}}))
        documents.insert(tenant, THINGS, {"_id": "4", "mail": "b"})
    kept = [{"_id": "1", "mail": "a"}, {"_id": "3", "mail": "c"}, {"_id": "4", "mail": "b"}]
    assert list(documents.find(tenant, THINGS, Query())) == kept
    assert documents.find_one(tenant, THINGS, parse_filter({"mail": "b"})) == kept[2]


def test_a_collection_that_a_failed_write_began_can_be_begun_again(documents: Documents, tenant: str) -> None:
    with documents.together(tenant):
        documents.insert(tenant, THINGS, {"_id": "1"})
        with pytest.raises(InvalidUpdate):
            documents.upsert_one(tenant, "others", "1", parse_update({"$bit": {"_id": {"and": 1}}}))
        assert documents.find_one(tenant, "others", EVERYTHING) is None
        documents.insert(tenant, "others", {"_id": "1", "tags": ["a", "b"]})
    assert documents.find_one(tenant, "others", parse_filter({"tags": "b"})) == {"_id": "1", "tags": ["a", "b"]}


def test_writes_of_many_documents_and_of_other_tenants_may_be_among_them(documents: Documents, tenant: str) -> None:
    other = tenant + "2"
    try:
        with documents.together(tenant):
            documents.insert(tenant, THINGS, {"_id": "1"})
            documents.insert(tenant, THINGS, {"_id": "2"})
            documents.insert(other, THINGS, {"_id": "1"})
            assert documents.update_many(tenant, THINGS, EVERYTHING, parse_update({"$set": {"a": 1}})) == 2
        assert documents.count(tenant, THINGS, parse_filter({"a": 1})) == 2
        assert documents.count(other, THINGS, EVERYTHING) == 1
    finally:
        documents.drop_tenant(other)


def test_writes_after_a_block_that_ended_with_an_error_are_kept(documents: Documents, tenant: str) -> None:
    with suppress(RuntimeError), documents.together(tenant):
        documents.insert(tenant, THINGS, {"_id": "1"})
        raise RuntimeError
    documents.upsert_one(tenant, THINGS, "1", parse_update({"$set": {"a": 1}}))
    assert documents.find_one(tenant, THINGS, parse_filter({"_id": "1"})) == {"_id": "1", "a": 1}


def test_no_increment_is_lost_among_blocks_of_several_threads(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1", "n": 0})
    one_more = parse_update({"$inc": {"n": 1}})

    def count() -> None:
        for _ in range(5):
            with documents.together(tenant):
                for _ in range(5):
                    documents.update_one(tenant, THINGS, parse_filter({"_id": "1"}), one_more)

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert documents.find_one(tenant, THINGS, EVERYTHING) == {"_id": "1", "n": 100}
