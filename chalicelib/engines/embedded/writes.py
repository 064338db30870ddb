"""How a document and its index keys are written together, within a write transaction."""

# ruff: noqa: S608 - all that is put into SQL here are table names, made of numbers

from __future__ import annotations

import sqlite3
from datetime import UTC

import bson
from bson import CodecOptions
from bson.errors import BSONError

from chalicelib.core.documents import Index
from chalicelib.core.errors import (
    DocumentTooLarge,
    DuplicateId,
    DuplicateKey,
    IndexNotFound,
    InvalidDocument,
    InvalidUpdate,
)
from chalicelib.core.query.update import Update
from chalicelib.core.query.values import Document, is_unicode
from chalicelib.engines.embedded import catalogue
from chalicelib.engines.embedded.catalogue import Catalogue, Collection, StoredIndex
from chalicelib.engines.embedded.tenant_file import Session

_CODEC: CodecOptions[Document] = CodecOptions(tz_aware=True, tzinfo=UTC)


def decode(body: bytes) -> Document:
    """The document stored in these bytes; dates are aware, in UTC."""
    return bson.decode(body, _CODEC)


def decode_all(bodies: bytes) -> list[Document]:
    """The documents stored in these bytes, one after another."""
    return bson.decode_all(bodies, _CODEC)


def encode(document: Document) -> bytes:
    """The document as it is stored. Raises: InvalidDocument when BSON cannot hold it."""
    try:
        return bson.encode(document)
    except (BSONError, OverflowError, UnicodeError, RecursionError, TypeError, ValueError) as error:
        raise InvalidDocument(f"the document cannot be stored: {error}") from error


class Writer:
    """Writes to one collection in one transaction; creates the collection when something is stored in it."""

    def __init__(self, session: Session, name: str) -> None:
        self._session = session
        self._name = name

    def find_collection(self) -> Collection | None:
        """The collection, if there is one yet."""
        return self._session.catalogue.collection(self._session.connection, self._name)

    def collection(self) -> Collection:
        """The collection, made if there was none."""
        found = self.find_collection()
        if found is None:
            catalogue.add_collection(self._session.connection, self._name)
            self._forget_catalogue()
            found = self.find_collection()
        if found is None:
            raise LookupError(self._name)
        return found

    def find_by_id(self, document_id: str) -> tuple[int, Document] | None:
        """The document with this id and its place in the order of insertion."""
        collection = self.find_collection()
        if collection is None or not is_unicode(document_id):
            return None
        select = f"SELECT doc, body FROM {collection.table} WHERE id = ?"
        row = self._session.execute(select, (document_id,)).fetchone()
        return (row[0], decode(row[1])) if row else None

    def read(self, doc: int) -> Document | None:
        """The document at a place in the order of insertion."""
        collection = self.find_collection()
        if collection is None:
            return None
        row = self._session.execute(f"SELECT body FROM {collection.table} WHERE doc = ?", (doc,)).fetchone()
        return decode(row[0]) if row else None

    def insert(self, document: Document) -> None:
        """Raises: DuplicateId, DuplicateKey, InvalidDocument."""
        document_id = document.get("_id")
        if not isinstance(document_id, str):
            raise InvalidDocument("the _id of a document must be a string")
        body = encode(document)
        collection = self.collection()
        try:
            cursor = self._session.execute(
                f"INSERT INTO {collection.table} (id, body) VALUES (?, ?)", (document_id, body)
            )
        except sqlite3.IntegrityError:
            raise DuplicateId(document_id) from None
        doc = cursor.lastrowid or 0
        for stored in collection.indexes:
            self._add_keys(stored, self._keys(stored, document), doc)

    def replace(self, doc: int, old: Document, new: Document) -> None:
        """Replaces the old document by the new one. Raises: DuplicateKey, InvalidDocument."""
        self._change(doc, old, new, None, encode(new))

    def update(self, doc: int, old: Document, new: Document, update: Update, max_bytes: int | None = None) -> None:
        """Replaces the old document by what the update has made of it.

        Raises: DuplicateKey; DocumentTooLarge; InvalidUpdate where the result cannot be kept.
        """
        try:
            body = encode(new)
            if max_bytes is not None and len(body) > max_bytes:
                raise DocumentTooLarge(max_bytes)
            self._change(doc, old, new, {path.partition(".")[0] for path in update.paths}, body)
        except InvalidDocument as error:
            raise InvalidUpdate(error.message) from error

    def _change(self, doc: int, old: Document, new: Document, fields: set[str] | None, body: bytes) -> None:
        collection = self.collection()
        self._session.execute(f"UPDATE {collection.table} SET body = ? WHERE doc = ?", (body, doc))
        for stored in collection.indexes:
            if fields is None or not stored.maker.fields.isdisjoint(fields):
                before, after = stored.maker.keys_of(old).keys, self._keys(stored, new)
                if before != after:
                    self._remove_keys(stored, before - after, doc)
                    self._add_keys(stored, after - before, doc)

    def delete(self, doc: int, document: Document) -> None:
        """Removes the document and its keys."""
        collection = self.collection()
        self._session.execute(f"DELETE FROM {collection.table} WHERE doc = ?", (doc,))
        for stored in collection.indexes:
            self._remove_keys(stored, stored.maker.keys_of(document).keys, doc)

    # --- indexes

    def create_index(self, index: Index) -> None:
        """Makes the index and fills it. Raises: Conflict, DuplicateKey, InvalidDocument; see the port."""
        collection = self.collection()
        stored = catalogue.add_index(self._session.connection, collection, index)
        if stored is None:
            return
        self._forget_catalogue()
        multikey = 0
        for doc, body in self._session.execute(f"SELECT doc, body FROM {collection.table} ORDER BY doc"):
            made = stored.maker.keys_of(decode(body))
            self._add_keys(stored, made.keys, doc)
            multikey |= made.multikey
        if multikey:
            catalogue.mark_multikey(self._session.connection, stored, multikey)

    def drop_index(self, name: str) -> None:
        """Raises: IndexNotFound."""
        collection = self.find_collection()
        if collection is None:
            raise IndexNotFound(name)
        catalogue.drop_index(self._session.connection, collection, name)
        self._forget_catalogue()

    def drop(self) -> None:
        """Removes the collection, if there is one."""
        collection = self.find_collection()
        if collection is not None:
            catalogue.drop_collection(self._session.connection, collection)
            self._forget_catalogue()

    def _keys(self, stored: StoredIndex, document: Document) -> frozenset[bytes]:
        made = stored.maker.keys_of(document)
        if made.multikey & ~stored.multikey:
            catalogue.mark_multikey(self._session.connection, stored, made.multikey)
            # The catalogue that others see must not show it before this transaction is committed.
            self._forget_catalogue()
        return made.keys

    def _add_keys(self, stored: StoredIndex, keys: frozenset[bytes], doc: int) -> None:
        try:
            self._session.connection.executemany(
                f"INSERT INTO {stored.table} (key, doc) VALUES (?, ?)", [(key, doc) for key in keys]
            )
        except sqlite3.IntegrityError:
            raise DuplicateKey(stored.index.name) from None

    def _remove_keys(self, stored: StoredIndex, keys: frozenset[bytes], doc: int) -> None:
        self._session.connection.executemany(
            f"DELETE FROM {stored.table} WHERE key = ? AND doc = ?", [(key, doc) for key in keys]
        )

    def _forget_catalogue(self) -> None:
        """What this transaction has changed is its own until it is committed."""
        self._session.catalogue = Catalogue(self._session.catalogue.version)
