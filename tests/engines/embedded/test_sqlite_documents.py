from __future__ import annotations

import time
import tracemalloc
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Decimal128

from chalicelib.core.documents import Documents
from chalicelib.core.errors import (
    DocumentTooLarge,
    DuplicateId,
    ImmutableField,
    InvalidDocument,
    InvalidUpdate,
    TimedOut,
)
from chalicelib.core.query.filter import EVERYTHING
from chalicelib.core.query.order import Order, parse_order
from chalicelib.core.query.pipeline import ForeignCollection, parse_pipeline
from chalicelib.core.query.projection import parse_projection
from chalicelib.core.query.query import Query
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from tests.engines.embedded.people import BY_AGE, change, insert, stored, where

# --- one document


def test_a_document_comes_back_with_its_types_and_field_order(documents: SqliteDocuments) -> None:
    moment = datetime(2026, 11, 21, 12, 30, 15, 123000, tzinfo=UTC)
    document = {
        "_id": "1",
        "z": 1,
        "a": 1.5,
        "when": moment,
        "price": Decimal128("1.10"),
        "tags": ["x", None],
        "o": {"k": True},
    }

    insert(documents, document)

    found = documents.find_one("acme", "people", where(_id="1"))
    assert found == document
    assert list(found) == list(document)
    assert found["when"].tzinfo == UTC


def test_what_was_handed_over_may_be_changed_freely(documents: SqliteDocuments) -> None:
    document = {"_id": "1", "tags": ["x"]}
    insert(documents, document)

    document["tags"].append("y")  # type: ignore[attr-defined]

    assert stored(documents) == [{"_id": "1", "tags": ["x"]}]


def test_an_id_is_stored_once(documents: SqliteDocuments) -> None:
    insert(documents, {"_id": "1", "n": 1})

    with pytest.raises(DuplicateId):
        insert(documents, {"_id": "1", "n": 2})

    assert stored(documents) == [{"_id": "1", "n": 1}]


@pytest.mark.parametrize(
    "document", [{}, {"_id": 1}, {"_id": "1", "n": 2**64}, {"_id": "1", "s": "\ud800"}, {"_id": "1", "x": object()}]
)
def test_a_document_that_cannot_be_stored_is_refused(documents: SqliteDocuments, document: dict[str, Any]) -> None:
    with pytest.raises(InvalidDocument):
        insert(documents, document)

    assert stored(documents) == []


def test_an_update_returns_the_document_as_it_is_afterwards(documents: SqliteDocuments) -> None:
    insert(documents, {"_id": "1", "n": 1}, {"_id": "2", "n": 5})

    assert documents.update_one("acme", "people", where(n=5), change(inc={"n": 2})) == {"_id": "2", "n": 7}
    assert stored(documents) == [{"_id": "1", "n": 1}, {"_id": "2", "n": 7}]


def test_an_update_of_nothing_returns_none(documents: SqliteDocuments) -> None:
    assert documents.update_one("acme", "people", where(n=5), change(inc={"n": 2})) is None
    assert stored(documents) == []


def test_an_update_that_cannot_apply_changes_nothing(documents: SqliteDocuments) -> None:
    insert(documents, {"_id": "1", "n": "text"})

    with pytest.raises(InvalidUpdate):
        documents.update_one("acme", "people", where(_id="1"), change(inc={"n": 2}))

    assert stored(documents) == [{"_id": "1", "n": "text"}]


def test_an_update_over_the_size_limit_changes_nothing(documents: SqliteDocuments) -> None:
    insert(documents, {"_id": "1", "n": 1})

    with pytest.raises(DocumentTooLarge):
        documents.update_one("acme", "people", where(_id="1"), change(set={"text": "x" * 200}), max_bytes=100)

    assert stored(documents) == [{"_id": "1", "n": 1}]


def test_an_upsert_makes_the_document_then_changes_it(documents: SqliteDocuments) -> None:
    counting = change(inc={"n": 1}, setOnInsert={"made": True})

    assert documents.upsert_one("acme", "people", "1", counting) == {"_id": "1", "n": 1, "made": True}
    assert documents.upsert_one("acme", "people", "1", counting) == {"_id": "1", "n": 2, "made": True}


def test_a_replacement_must_keep_the_id(documents: SqliteDocuments) -> None:
    insert(documents, {"_id": "1", "n": 1})

    assert documents.replace_one("acme", "people", where(n=1), {"_id": "1", "m": 2}) == {"_id": "1", "m": 2}
    with pytest.raises(ImmutableField):
        documents.replace_one("acme", "people", where(m=2), {"_id": "2"})
    assert documents.replace_one("acme", "people", where(n=1), {"_id": "1"}) is None
    assert stored(documents) == [{"_id": "1", "m": 2}]


def test_a_deletion_returns_what_was_deleted(documents: SqliteDocuments) -> None:
    insert(documents, {"_id": "1", "n": 1}, {"_id": "2", "n": 1})

    assert documents.delete_one("acme", "people", where(n=1)) == {"_id": "1", "n": 1}
    assert documents.delete_one("acme", "people", where(n=5)) is None
    assert stored(documents) == [{"_id": "2", "n": 1}]


# --- many documents


def test_many_documents_are_changed_each_once_though_the_change_moves_them_in_the_index(
    documents: SqliteDocuments,
) -> None:
    documents.create_index("acme", "people", BY_AGE)
    insert(documents, *({"_id": str(n), "age": n} for n in range(600)))

    assert documents.update_many("acme", "people", where(age={"$gte": 100}), change(inc={"age": 1000})) == 500

    assert documents.count("acme", "people", where(age={"$gte": 1100})) == 500
    assert documents.verify("acme") == []


def test_many_documents_are_deleted(documents: SqliteDocuments) -> None:
    documents.create_index("acme", "people", BY_AGE)
    insert(documents, *({"_id": str(n), "age": n} for n in range(600)))

    assert documents.delete_many("acme", "people", where(age={"$lt": 500})) == 500

    assert len(stored(documents)) == 100
    assert documents.verify("acme") == []


def test_a_long_result_may_be_read_while_others_write(documents: SqliteDocuments) -> None:
    insert(documents, *({"_id": str(n)} for n in range(1000)))
    found = documents.find("acme", "people", Query())

    ids = [next(found)["_id"]]
    documents.delete_many("acme", "people", EVERYTHING)
    ids += [document["_id"] for document in found]

    assert ids == [str(n) for n in range(1000)]
    assert stored(documents) == []


def test_a_long_result_may_be_left_early(documents: SqliteDocuments) -> None:
    insert(documents, *({"_id": str(n), "age": n} for n in range(1000)))
    found = documents.find("acme", "people", Query(projection=parse_projection({"age": 1})))

    assert next(found) == {"_id": "0", "age": 0}
    found.close()  # type: ignore[attr-defined]

    assert documents.delete_many("acme", "people", EVERYTHING) == 1000


@pytest.mark.parametrize("order", [[], [("_id", 1)], [("age", -1)]])
def test_a_long_result_is_never_whole_in_memory(documents: SqliteDocuments, order: list[tuple[str, int]]) -> None:
    insert(documents, *({"_id": f"{n:05}", "age": n, "text": "x" * 2000} for n in range(5000)))

    tracemalloc.start()
    seen = sum(1 for _ in documents.find("acme", "people", Query(order=parse_order(order) if order else Order())))
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert seen == 5000
    assert most < 5_000_000  # of 10,000,000


def test_a_query_past_its_time_limit_is_stopped(documents: SqliteDocuments) -> None:
    insert(documents, *({"_id": str(n)} for n in range(300)))

    with pytest.raises(TimedOut):
        list(documents.find("acme", "people", Query(where(a=1), timeout_ms=0)))
    with pytest.raises(TimedOut):
        documents.count("acme", "people", where(a=1), timeout_ms=0)


def test_time_between_reads_of_a_long_result_does_not_count(
    documents: SqliteDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert(documents, *({"_id": str(n)} for n in range(600)))
    found = documents.find("acme", "people", Query(timeout_ms=1000))
    next(found)
    now = time.monotonic
    monkeypatch.setattr("chalicelib.core.clock.time.monotonic", lambda: now() + 100)

    assert len(list(found)) == 599


# --- order and pages


def test_a_page_is_cut_from_the_order_asked_for(documents: SqliteDocuments) -> None:
    insert(documents, *({"_id": str(n), "age": n % 4} for n in range(8)))

    page = stored(documents, Query(order=parse_order([("age", -1)]), skip=1, limit=2))

    assert [document["_id"] for document in page] == ["7", "2"]


@pytest.mark.parametrize("indexed", [True, False])
def test_ties_keep_the_order_of_insertion_in_both_directions(documents: SqliteDocuments, indexed: bool) -> None:
    if indexed:
        documents.create_index("acme", "people", BY_AGE)
    insert(documents, *({"_id": str(n), "age": n % 2} for n in range(6)))

    found = stored(documents, Query(order=parse_order([("age", -1)])))

    assert [document["_id"] for document in found] == ["1", "3", "5", "0", "2", "4"]


def test_a_limit_of_none_is_all_and_of_zero_nothing(documents: SqliteDocuments) -> None:
    insert(documents, {"_id": "1"}, {"_id": "2"})

    assert len(stored(documents, Query(limit=None))) == 2
    assert stored(documents, Query(limit=0)) == []


# --- aggregation, distance, soundness


def test_a_pipeline_reads_through_an_index_and_joins(documents: SqliteDocuments) -> None:
    documents.create_index("acme", "people", BY_AGE)
    insert(documents, *({"_id": str(n), "age": n, "team": n % 2} for n in range(10)))
    documents.insert("acme", "teams", {"_id": "t1", "number": 1, "name": "odd"})
    pipeline = parse_pipeline(
        [
            {"$match": {"age": {"$gte": 6}}},
            {"$group": {"_id": "$team", "oldest": {"$max": "$age"}}},
            {"$lookup": {"from": "teams", "localField": "_id", "foreignField": "number", "as": "teams"}},
            {"$sort": {"_id": 1}},
        ]
    ).resolved(lambda name: ForeignCollection(name, EVERYTHING))

    assert list(documents.aggregate("acme", "people", pipeline)) == [
        {"_id": 0, "oldest": 8, "teams": []},
        {"_id": 1, "oldest": 9, "teams": [{"_id": "t1", "number": 1, "name": "odd"}]},
    ]


def test_a_pipeline_on_nothing_gives_what_the_pipeline_makes_of_nothing(documents: SqliteDocuments) -> None:
    assert list(documents.aggregate("nobody", "people", parse_pipeline([{"$match": {"a": 1}}]))) == []


def test_the_nearest_come_first_unless_there_is_an_order(documents: SqliteDocuments) -> None:
    insert(documents, *({"_id": str(n), "at": {"type": "Point", "coordinates": [10.0 * n, 0.0]}} for n in (3, 1, 2)))
    near = where(at={"$nearSphere": {"$geometry": {"type": "Point", "coordinates": [0.0, 0.0]}}})

    def ids(query: Query) -> list[str]:
        return [document["_id"] for document in stored(documents, query)]

    assert ids(Query(near, limit=2)) == ["1", "2"]
    assert ids(Query(near)) == ["1", "2", "3"]
    assert ids(Query(near, parse_order([("_id", -1)]))) == ["3", "2", "1"]


def test_a_statement_that_runs_too_long_is_interrupted(
    documents: SqliteDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    documents.create_index("acme", "people", BY_AGE)
    insert(documents, *({"_id": str(n), "age": n} for n in range(300)))
    monkeypatch.setattr("chalicelib.engines.embedded.reads._STEPS_BETWEEN_CHECKS", 10)

    with pytest.raises(TimedOut):
        documents.count("acme", "people", where(age={"$gte": 0}), timeout_ms=0)
    assert documents.count("acme", "people", where(age={"$gte": 0})) == 300


def test_verification_finds_what_an_index_lacks_or_has_too_much(documents: SqliteDocuments) -> None:
    documents.create_index("acme", "people", BY_AGE)
    insert(documents, {"_id": "1", "age": 1}, {"_id": "2", "age": 2})
    assert documents.verify("acme") == []

    with documents._files.writing("acme") as session:
        session.execute("UPDATE index_1 SET doc = 7 WHERE doc = 1")
        session.execute("DELETE FROM index_1 WHERE doc = 2")

    assert documents.verify("acme") == [
        "people: the index age lacks a key of the document 1",
        "people: the index age lacks a key of the document 2",
        "people: the index age has 1 keys where the documents have 2",
    ]
    assert documents.verify("nobody") == []


def test_the_engine_keeps_the_port(documents: SqliteDocuments) -> None:
    port: Documents = documents

    port.check()
