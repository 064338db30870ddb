from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.core.errors import (
    DuplicateKey,
    InvalidName,
)
from chalicelib.core.query.filter import EVERYTHING
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from tests.engines.embedded.people import UNIQUE_AGE, change, insert, stored


def test_reading_makes_neither_tenant_nor_collection(documents: SqliteDocuments) -> None:
    assert stored(documents) == []
    assert documents.find_one("acme", "people", EVERYTHING) is None
    assert documents.count("acme", "people", EVERYTHING) == 0
    assert documents.indexes("acme", "people") == []
    documents.drop_collection("acme", "people")
    documents.drop_tenant("acme")
    assert documents.delete_many("acme", "people", EVERYTHING) == 0

    assert documents.tenants() == []


def test_a_dropped_collection_takes_its_indexes_along(documents: SqliteDocuments) -> None:
    documents.create_index("acme", "people", UNIQUE_AGE)
    insert(documents, {"_id": "1", "age": 1})

    documents.drop_collection("acme", "people")
    insert(documents, {"_id": "1", "age": 1}, {"_id": "2", "age": 1})

    assert len(stored(documents)) == 2
    assert documents.indexes("acme", "people") == []


def test_tenants_do_not_share_anything(documents: SqliteDocuments) -> None:
    documents.create_tenant("Acme")
    documents.create_tenant("Acme")
    insert(documents, {"_id": "1"})

    assert documents.tenants() == ["Acme", "acme"]
    assert documents.count("Acme", "people", EVERYTHING) == 0
    documents.drop_tenant("acme")
    assert documents.tenants() == ["Acme"]
    assert stored(documents) == []


@pytest.mark.parametrize("tenant", ["", "../acme", "a/b", "a.db", "x" * 200, "a\0b", "=a"])
def test_a_tenant_id_that_could_be_a_path_is_refused(documents: SqliteDocuments, tenant: str) -> None:
    with pytest.raises(InvalidName):
        documents.insert(tenant, "people", {"_id": "1"})


def test_another_engine_on_the_folder_sees_every_change(tmp_path: Path) -> None:
    here, there = SqliteDocuments(tmp_path, durability="none"), SqliteDocuments(tmp_path, durability="none")
    insert(here, {"_id": "1", "age": 1})
    assert len(stored(there)) == 1

    there.create_index("acme", "people", UNIQUE_AGE)
    with pytest.raises(DuplicateKey):
        insert(here, {"_id": "2", "age": 1})
    there.drop_index("acme", "people", "one age")
    insert(here, {"_id": "2", "age": 1})
    there.drop_collection("acme", "people")
    assert stored(here) == []
    insert(here, {"_id": "3"})
    assert stored(there) == [{"_id": "3"}]
    there.drop_tenant("acme")
    assert stored(here) == []
    insert(here, {"_id": "4"})
    assert stored(there) == [{"_id": "4"}]

    here.close()
    there.close()


def test_the_least_recently_used_tenants_are_closed_and_open_again(
    documents: SqliteDocuments, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chalicelib.engines.embedded.tenant_files.MAX_IDLE_CONNECTIONS", 3)

    for _ in range(2):
        for n in range(8):
            documents.upsert_one(f"t{n}", "c", "1", change(inc={"n": 1}))
    counts = [documents.find_one(f"t{n}", "c", EVERYTHING) for n in range(8)]

    assert counts == [{"_id": "1", "n": 2}] * 8
