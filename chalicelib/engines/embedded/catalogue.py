"""What a tenant's file holds: its collections, their indexes, and the SQL tables they live in.

    documents_<n>  doc: the place in the order of insertion; id: `_id`; body: the document as BSON
    index_<n>      key: see index_keys.py; doc. One row per key and document, unique indexes one per key

The numbers are never reused, so what another process remembers of a dropped table cannot mean a new one.
Every change here raises the version; sessions compare it at each transaction and read again when it has changed. It
starts at random, so that a tenant that was dropped and created again is not mistaken for the old one.
"""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from chalicelib.core.documents import Index
from chalicelib.core.errors import Conflict, IndexNotFound
from chalicelib.engines.embedded.index_keys import KeyMaker

CATALOGUE_TABLES = """
BEGIN;
CREATE TABLE catalogue (version INTEGER NOT NULL);
INSERT INTO catalogue VALUES (random() & 0xFFFFFFFFFFFF);
CREATE TABLE collections (n INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE);
CREATE TABLE indexes (
    n INTEGER PRIMARY KEY AUTOINCREMENT, collection INTEGER NOT NULL, name TEXT NOT NULL, keys TEXT NOT NULL,
    is_unique INTEGER NOT NULL, is_sparse INTEGER NOT NULL, multikey INTEGER NOT NULL DEFAULT 0,
    UNIQUE (collection, name)
);
PRAGMA user_version = 1;
COMMIT;
"""


class StoredIndex:
    """An index of a collection and the table behind it. `multikey` has bit n set once the nth path met an array."""

    def __init__(self, number: int, index: Index, multikey: int) -> None:
        self.number = number
        self.index = index
        self.multikey = multikey
        self.table = f"index_{number}"
        self.maker = KeyMaker(index)


@dataclass(frozen=True, slots=True)
class Collection:
    """A collection, the table of its documents, and its indexes in the order they were made."""

    number: int
    table: str
    indexes: tuple[StoredIndex, ...]


class Catalogue:
    """The collections of one tenant at one version; read from the file when first asked for."""

    def __init__(self, version: int) -> None:
        self.version = version
        self._collections: dict[str, Collection] = {}

    def collection(self, connection: sqlite3.Connection, name: str) -> Collection | None:
        """The collection of that name, or None."""
        found = self._collections.get(name)
        if found is None:
            found = _read(connection, name)
            # What does not exist is not remembered: endless made-up names must not fill the memory.
            if found is not None:
                self._collections[name] = found
        return found


def _read(connection: sqlite3.Connection, name: str) -> Collection | None:
    row = connection.execute("SELECT n FROM collections WHERE name = ?", (name,)).fetchone()
    if row is None:
        return None
    indexes = connection.execute(
        "SELECT n, name, keys, is_unique, is_sparse, multikey FROM indexes WHERE collection = ? ORDER BY n", row
    )
    return Collection(row[0], f"documents_{row[0]}", tuple(_stored_index(*index) for index in indexes))


def _stored_index(number: int, name: str, keys: str, unique: int, sparse: int, multikey: int) -> StoredIndex:
    pairs = tuple((path, direction) for path, direction in json.loads(keys))
    return StoredIndex(number, Index(name, pairs, bool(unique), bool(sparse)), multikey)


def collection_names(connection: sqlite3.Connection) -> list[str]:
    """Every collection of the tenant, by name."""
    return [name for (name,) in connection.execute("SELECT name FROM collections ORDER BY name")]


# --- changes: each within a write transaction, which must forget the catalogue it began with


def _raise_version(connection: sqlite3.Connection) -> None:
    connection.execute("UPDATE catalogue SET version = version + 1")


def add_collection(connection: sqlite3.Connection, name: str) -> None:
    """Makes the tables of a collection that does not exist."""
    number = connection.execute("INSERT INTO collections (name) VALUES (?)", (name,)).lastrowid
    connection.execute(
        f"CREATE TABLE documents_{number} (doc INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, body BLOB NOT NULL)"
    )
    _raise_version(connection)


def drop_collection(connection: sqlite3.Connection, collection: Collection) -> None:
    """Removes a collection with its documents and indexes."""
    for stored in collection.indexes:
        connection.execute(f"DROP TABLE {stored.table}")
    connection.execute(f"DROP TABLE {collection.table}")
    connection.execute("DELETE FROM indexes WHERE collection = ?", (collection.number,))
    connection.execute("DELETE FROM collections WHERE n = ?", (collection.number,))
    _raise_version(connection)


def add_index(connection: sqlite3.Connection, collection: Collection, index: Index) -> StoredIndex | None:
    """Creates an empty index; None when the same one exists. Raises: Conflict when an index of that name differs."""
    for stored in collection.indexes:
        if stored.index == index:
            return None
        if stored.index.name == index.name:
            raise Conflict(f"an index named {index.name} exists with other keys or options")
    number = connection.execute(
        "INSERT INTO indexes (collection, name, keys, is_unique, is_sparse) VALUES (?, ?, ?, ?, ?)",
        (collection.number, index.name, json.dumps(index.keys), index.unique, index.sparse),
    ).lastrowid
    columns = "key BLOB NOT NULL, doc INTEGER NOT NULL"
    primary_key = "key" if index.unique else "key, doc"
    connection.execute(f"CREATE TABLE index_{number} ({columns}, PRIMARY KEY ({primary_key})) WITHOUT ROWID")
    _raise_version(connection)
    return StoredIndex(number or 0, index, 0)


def drop_index(connection: sqlite3.Connection, collection: Collection, name: str) -> None:
    """Raises: IndexNotFound."""
    for stored in collection.indexes:
        if stored.index.name == name:
            connection.execute(f"DROP TABLE {stored.table}")
            connection.execute("DELETE FROM indexes WHERE n = ?", (stored.number,))
            _raise_version(connection)
            return
    raise IndexNotFound(name)


def mark_multikey(connection: sqlite3.Connection, stored: StoredIndex, multikey: int) -> None:
    """Records that the index holds documents with arrays, so that no plan relies on one key per document."""
    connection.execute("UPDATE indexes SET multikey = multikey | ? WHERE n = ?", (multikey, stored.number))
    _raise_version(connection)
