"""Whether a tenant's file is sound: its pages, and that every index holds exactly the keys of the documents."""

# ruff: noqa: S608 - all that is put into SQL here are table names, made of numbers

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.engines.embedded.catalogue import Collection, StoredIndex, collection_names
from chalicelib.engines.embedded.tenant_file import Session
from chalicelib.engines.embedded.writes import decode


def verify_session(session: Session) -> list[str]:
    """What is wrong in the tenant's file, one sentence each."""
    faults = [f"damaged file: {line}" for (line,) in session.execute("PRAGMA integrity_check") if line != "ok"]
    for name in collection_names(session.connection):
        collection = session.catalogue.collection(session.connection, name)
        if collection is not None:
            faults += (f"{name}: {fault}" for fault in _faults_of(session, collection))
    return faults


def _faults_of(session: Session, collection: Collection) -> Iterator[str]:
    keys_of_index = [0] * len(collection.indexes)
    for doc, document_id, body in session.execute(f"SELECT doc, id, body FROM {collection.table} ORDER BY doc"):
        try:
            document = decode(body)
        except Exception as error:
            yield f"the document {document_id} cannot be read: {error}"
            continue
        if document.get("_id") != document_id:
            yield f"the document {document_id} says that it is {document.get('_id')}"
        for place, stored in enumerate(collection.indexes):
            made = stored.maker.keys_of(document)
            keys_of_index[place] += len(made.keys)
            if made.multikey & ~stored.multikey:
                yield f"the index {stored.index.name} does not know of the array in the document {document_id}"
            if any(not _holds(session, stored, key, doc) for key in made.keys):
                yield f"the index {stored.index.name} lacks a key of the document {document_id}"
    for stored, expected in zip(collection.indexes, keys_of_index, strict=True):
        (rows,) = session.execute(f"SELECT count(*) FROM {stored.table}").fetchone()
        if rows != expected:
            yield f"the index {stored.index.name} has {rows} keys where the documents have {expected}"


def _holds(session: Session, stored: StoredIndex, key: bytes, doc: int) -> bool:
    found = session.execute(f"SELECT 1 FROM {stored.table} WHERE key = ? AND doc = ?", (key, doc)).fetchone()
    return found is not None
