"""Indexes, and the life of collections and tenants."""

from __future__ import annotations

import pytest

from chalicelib.core.documents import Documents, Index
from chalicelib.core.errors import Conflict, DuplicateKey, IndexNotFound
from chalicelib.core.query.filter import EVERYTHING
from chalicelib.core.query.query import Query

THINGS = "things"
BY_A = Index("by_a", (("a", 1),))
BY_PAIR = Index("by_pair", (("b.c", -1), ("a", 1)), unique=True)
SPARSE = Index("by_mail", (("mail", 1),), unique=True, sparse=True)


def test_indexes_are_listed_as_they_were_made(documents: Documents, tenant: str) -> None:
    for index in (BY_PAIR, BY_A, SPARSE):
        documents.create_index(tenant, THINGS, index)
    assert list(documents.indexes(tenant, THINGS)) == [BY_PAIR, BY_A, SPARSE]


def test_making_an_index_twice_does_nothing(documents: Documents, tenant: str) -> None:
    documents.create_index(tenant, THINGS, BY_A)
    documents.create_index(tenant, THINGS, BY_A)
    assert list(documents.indexes(tenant, THINGS)) == [BY_A]


@pytest.mark.parametrize(
    "other", [Index("by_a", (("z", 1),)), Index("by_a", (("a", -1),)), Index("by_a", (("a", 1),), unique=True)]
)
def test_a_name_cannot_stand_for_two_indexes(documents: Documents, tenant: str, other: Index) -> None:
    documents.create_index(tenant, THINGS, BY_A)
    with pytest.raises(Conflict):
        documents.create_index(tenant, THINGS, other)
    assert list(documents.indexes(tenant, THINGS)) == [BY_A]


def test_a_unique_index_over_equal_values_is_not_made(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1", "a": 1})
    documents.insert(tenant, THINGS, {"_id": "2", "a": 1})
    with pytest.raises(DuplicateKey) as refused:
        documents.create_index(tenant, THINGS, Index("once", (("a", 1),), unique=True))
    assert refused.value.index == "once"
    assert list(documents.indexes(tenant, THINGS)) == []
    documents.insert(tenant, THINGS, {"_id": "3", "a": 1})


def test_a_new_index_holds_what_was_there_before(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1", "a": 1})
    documents.create_index(tenant, THINGS, Index("once", (("a", 1),), unique=True))
    with pytest.raises(DuplicateKey):
        documents.insert(tenant, THINGS, {"_id": "2", "a": 1})


def test_a_sparse_index_allows_many_without_the_field(documents: Documents, tenant: str) -> None:
    documents.create_index(tenant, THINGS, SPARSE)
    for name in ("1", "2", "3"):
        documents.insert(tenant, THINGS, {"_id": name})
    documents.insert(tenant, THINGS, {"_id": "4", "mail": "a@example.org"})
    with pytest.raises(DuplicateKey):
        documents.insert(tenant, THINGS, {"_id": "5", "mail": "a@example.org"})
    assert documents.count(tenant, THINGS, EVERYTHING) == 4


def test_a_dropped_index_forbids_nothing(documents: Documents, tenant: str) -> None:
    documents.create_index(tenant, THINGS, SPARSE)
    documents.insert(tenant, THINGS, {"_id": "1", "mail": "a@example.org"})
    documents.drop_index(tenant, THINGS, "by_mail")
    documents.insert(tenant, THINGS, {"_id": "2", "mail": "a@example.org"})
    assert list(documents.indexes(tenant, THINGS)) == []


def test_dropping_an_unknown_index_names_it(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1"})
    with pytest.raises(IndexNotFound) as refused:
        documents.drop_index(tenant, THINGS, "nothing")
    assert refused.value.name == "nothing"


def test_dropping_an_index_of_no_collection_names_it(documents: Documents, tenant: str) -> None:
    with pytest.raises(IndexNotFound):
        documents.drop_index(tenant, "nothing", "by_a")


def test_a_dropped_collection_is_empty_and_without_indexes(documents: Documents, tenant: str) -> None:
    documents.create_index(tenant, THINGS, BY_PAIR)
    documents.insert(tenant, THINGS, {"_id": "1"})
    documents.insert(tenant, "others", {"_id": "1"})
    documents.drop_collection(tenant, THINGS)
    assert list(documents.find(tenant, THINGS, Query())) == []
    assert list(documents.indexes(tenant, THINGS)) == []
    assert documents.count(tenant, "others", EVERYTHING) == 1


def test_dropping_what_is_not_there_is_fine(documents: Documents, tenant: str) -> None:
    documents.drop_collection(tenant, "nothing")
    documents.drop_tenant("nobody")


def test_making_a_tenant_twice_keeps_its_documents(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1"})
    documents.create_tenant(tenant)
    assert documents.count(tenant, THINGS, EVERYTHING) == 1


def test_tenants_do_not_meet(documents: Documents, tenant: str) -> None:
    other = f"{tenant}x"
    documents.create_tenant(other)
    documents.create_index(tenant, THINGS, SPARSE)
    documents.insert(tenant, THINGS, {"_id": "1", "mail": "a"})
    documents.insert(other, THINGS, {"_id": "1", "mail": "a"})
    documents.insert(other, THINGS, {"_id": "2", "mail": "a"})
    assert documents.count(tenant, THINGS, EVERYTHING) == 1
    assert list(documents.indexes(other, THINGS)) == []
    documents.drop_tenant(other)
    assert documents.count(tenant, THINGS, EVERYTHING) == 1
    assert documents.count(other, THINGS, EVERYTHING) == 0


@pytest.mark.parametrize("name", ["object.日本語.0123", "object." + "x" * 200, "a$b", "a..b", "file.Name with spaces"])
def test_a_collection_may_have_any_name(documents: Documents, tenant: str, name: str) -> None:
    documents.insert(tenant, name, {"_id": "1"})
    documents.insert(tenant, f"{name}2", {"_id": "2"})
    assert list(documents.find(tenant, name, Query())) == [{"_id": "1"}]


def test_the_engine_gives_a_sign_of_life(documents: Documents) -> None:
    documents.check()
