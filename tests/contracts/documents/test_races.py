"""Writes at the same moment: one step each, none lost, one winner where there can be only one."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from chalicelib.core.documents import Documents, Index
from chalicelib.core.errors import Conflict
from chalicelib.core.query.filter import EVERYTHING, parse_filter
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import parse_update
from chalicelib.core.query.values import Document

THINGS = "things"
THREADS = 8
ROUNDS = 15

Answer = TypeVar("Answer")


def at_once(work: Callable[[int], Answer], times: int = THREADS) -> list[Answer]:
    """What each of the threads gets."""
    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(work, range(times)))


def test_no_increment_is_lost(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1", "n": 0})
    one_more = parse_update({"$inc": {"n": 1}})

    def count(thread: int) -> list[int]:
        seen = []
        for _ in range(ROUNDS):
            after = documents.update_one(tenant, THINGS, parse_filter({"_id": "1"}), one_more)
            assert after is not None
            seen.append(after["n"])
        return seen

    seen = [number for numbers in at_once(count) for number in numbers]
    assert sorted(seen) == list(range(1, THREADS * ROUNDS + 1))


def test_upserts_of_one_new_id_make_one_document_changed_by_each(documents: Documents, tenant: str) -> None:
    for round in range(ROUNDS):
        name = f"new{round}"
        at_once(partial(_upsert, documents, tenant, name))
        assert documents.find_one(tenant, THINGS, parse_filter({"_id": name})) == {"_id": name, "n": 8, "made": 1}


def _upsert(documents: Documents, tenant: str, name: str, thread: int) -> None:
    documents.upsert_one(tenant, THINGS, name, parse_update({"$inc": {"n": 1}, "$setOnInsert": {"made": 1}}))


def test_of_writers_with_one_etag_one_wins(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1", "etag": "e0"})
    for round in range(ROUNDS):
        answers = at_once(partial(_change_etag, documents, tenant, round))
        assert sum(answer is not None for answer in answers) == 1
    assert documents.find_one(tenant, THINGS, EVERYTHING) == {"_id": "1", "etag": f"e{ROUNDS}", "n": ROUNDS}


def _change_etag(documents: Documents, tenant: str, round: int, thread: int) -> Document | None:
    seen = parse_filter({"_id": "1", "etag": f"e{round}"})
    change = parse_update({"$set": {"etag": f"e{round + 1}"}, "$inc": {"n": 1}})
    return documents.update_one(tenant, THINGS, seen, change)


def test_of_equal_values_under_a_unique_index_one_is_stored(documents: Documents, tenant: str) -> None:
    documents.create_index(tenant, THINGS, Index("by_name", (("name", 1),), unique=True))

    def insert(thread: int) -> bool:
        try:
            documents.insert(tenant, THINGS, {"_id": f"{thread}", "name": "same"})
        except Conflict:
            return False
        return True

    assert sum(at_once(insert)) == 1
    assert documents.count(tenant, THINGS, EVERYTHING) == 1


def test_one_document_is_deleted_once(documents: Documents, tenant: str) -> None:
    for number in range(ROUNDS):
        documents.insert(tenant, THINGS, {"_id": f"{number:02}", "job": True})

    def take(thread: int) -> list[str]:
        taken = []
        while (job := documents.delete_one(tenant, THINGS, parse_filter({"job": True}))) is not None:
            taken.append(job["_id"])
        return taken

    taken = [name for names in at_once(take) for name in names]
    assert sorted(taken) == [f"{number:02}" for number in range(ROUNDS)]


def test_pushes_that_a_filter_decided_here_guards_are_not_lost(documents: Documents, tenant: str) -> None:
    documents.insert(tenant, THINGS, {"_id": "1", "at": [5, 5], "n": 0})
    near = parse_filter({"at": {"$geoWithin": {"$box": [[4, 4], [6, 6]]}}})
    one_more = parse_update({"$inc": {"n": 1}})
    done = at_once(lambda thread: documents.update_one(tenant, THINGS, near, one_more), times=2)
    assert all(done)
    assert list(documents.find(tenant, THINGS, Query())) == [{"_id": "1", "at": [5, 5], "n": 2}]


def test_a_tenant_and_an_index_may_be_made_at_once(documents: Documents, tenant: str) -> None:
    def make(thread: int) -> None:
        documents.create_tenant(tenant)
        documents.create_index(tenant, THINGS, Index("by_a", (("a", 1),), unique=True))
        documents.insert(tenant, THINGS, {"_id": f"{thread}", "a": thread})

    at_once(make)
    assert documents.count(tenant, THINGS, EVERYTHING) == THREADS
    assert len(documents.indexes(tenant, THINGS)) == 1
