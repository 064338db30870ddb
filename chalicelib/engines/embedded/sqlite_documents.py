"""Documents in SQLite: the embedded engine of the port in core/documents.py.

A file per tenant (tenant_files.py) holds a table per collection and per index (catalogue.py). Documents are BSON;
index keys are bytes in MongoDB's order (key_encoding.py, index_keys.py). A planner chooses indexes for what a filter
demands (conditions.py, index_terms.py, planner.py), and each document found is checked against the filter (reads.py).
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from itertools import islice
from pathlib import Path

from chalicelib.core.clock import Clock, Deadline, SystemClock
from chalicelib.core.documents import Index
from chalicelib.core.errors import ImmutableField, IndexNotFound
from chalicelib.core.query.filter import Filter
from chalicelib.core.query.pipeline import Pipeline
from chalicelib.core.query.query import DEFAULT_TIMEOUT_MS, Query
from chalicelib.core.query.update import Update
from chalicelib.core.query.values import Document
from chalicelib.engines.embedded.reads import IN_INSERTION_ORDER, Found, Reader
from chalicelib.engines.embedded.tenant_file import Session
from chalicelib.engines.embedded.tenant_files import Durability, TenantFiles
from chalicelib.engines.embedded.verification import verify_session
from chalicelib.engines.embedded.writes import Writer

_BATCH = 256
"""Documents read before any is returned; a page of up to this size holds no snapshot while it is consumed."""

_CHUNK = 256
"""Documents changed in one transaction of `update_many` and `delete_many`; others may write in between."""


class SqliteDocuments:
    """Keeps documents in a folder of SQLite files; see core/documents.py for what each method promises."""

    def __init__(self, folder: Path, *, durability: Durability = "full", clock: Clock | None = None) -> None:
        self._files = TenantFiles(folder, durability)
        self._clock = clock or SystemClock()
        self._temporary: tempfile.TemporaryDirectory[str] | None = None

    @classmethod
    def temporary(cls, clock: Clock | None = None) -> SqliteDocuments:
        """An engine for tests, as fast as memory: its folder is deleted when it is closed."""
        memory = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
        folder = tempfile.TemporaryDirectory(prefix="yorozu-", dir=memory if memory.is_dir() else None)
        engine = cls(Path(folder.name), durability="none", clock=clock)
        engine._temporary = folder
        return engine

    def together(self, tenant: str) -> AbstractContextManager[None]:
        return self._files.together(tenant)

    # --- reads

    def find_one(self, tenant: str, collection: str, filter: Filter) -> Document | None:
        with self._files.reading(tenant) as session:
            reader = _reader(session, collection, DEFAULT_TIMEOUT_MS)
            found = reader.find_one(filter) if reader else None
            return found[1] if found else None

    def find(self, tenant: str, collection: str, query: Query) -> Iterator[Document]:
        with self._files.reading(tenant) as session:
            reader = _reader(session, collection, query.timeout_ms)
            if reader is None:
                return
            with closing(reader.find(query.filter, query.order, query.skip, query.limit)) as found:
                documents = map(query.projection.apply, found) if query.projection else found
                batch = list(islice(documents, _BATCH))
                while len(batch) == _BATCH:
                    remaining = reader.deadline.remaining_ms()
                    yield from batch
                    reader.deadline = Deadline(remaining)
                    batch = list(islice(documents, _BATCH))
        yield from batch

    def count(
        self,
        tenant: str,
        collection: str,
        filter: Filter,
        *,
        timeout_ms: int = DEFAULT_TIMEOUT_MS,
        stale_reads: bool = False,
    ) -> int:
        with self._files.reading(tenant) as session:
            reader = _reader(session, collection, timeout_ms)
            return reader.count(filter) if reader else 0

    def aggregate(
        self,
        tenant: str,
        collection: str,
        pipeline: Pipeline,
        *,
        timeout_ms: int = DEFAULT_TIMEOUT_MS,
        stale_reads: bool = False,
    ) -> Iterator[Document]:
        deadline = Deadline(timeout_ms)
        first, rest = pipeline.split_match()
        with self._files.reading(tenant) as session:

            def fetch(name: str, filter: Filter) -> Iterator[Document]:
                reader = _reader(session, name, deadline.remaining_ms())
                return reader.find(filter, IN_INSERTION_ORDER, 0, None) if reader else iter(())

            yield from rest.run(fetch(collection, first), fetch, deadline)

    # --- writes of one document

    def insert(self, tenant: str, collection: str, document: Document) -> None:
        with self._files.writing(tenant) as session:
            Writer(session, collection).insert(document)

    def update_one(
        self, tenant: str, collection: str, filter: Filter, update: Update, *, max_bytes: int | None = None
    ) -> Document | None:
        with self._files.writing(tenant) as session:
            found = _first(session, collection, filter)
            if found is None:
                return None
            doc, old = found
            new = update.apply(old, now=self._clock.now(), found_by=filter)
            Writer(session, collection).update(doc, old, new, update, max_bytes)
            return new

    def upsert_one(self, tenant: str, collection: str, document_id: str, update: Update) -> Document:
        with self._files.writing(tenant) as session:
            writer = Writer(session, collection)
            found = writer.find_by_id(document_id)
            if found is None:
                new = update.apply({"_id": document_id}, now=self._clock.now(), inserting=True)
                writer.insert(new)
            else:
                doc, old = found
                new = update.apply(old, now=self._clock.now())
                writer.update(doc, old, new, update)
            return new

    def replace_one(self, tenant: str, collection: str, filter: Filter, document: Document) -> Document | None:
        with self._files.writing(tenant) as session:
            found = _first(session, collection, filter)
            if found is None:
                return None
            doc, old = found
            if old["_id"] != document.get("_id"):
                raise ImmutableField("_id")
            Writer(session, collection).replace(doc, old, document)
            return document

    def delete_one(self, tenant: str, collection: str, filter: Filter) -> Document | None:
        with self._files.writing(tenant) as session:
            found = _first(session, collection, filter)
            if found is None:
                return None
            Writer(session, collection).delete(*found)
            return found[1]

    # --- writes of many documents

    def update_many(
        self, tenant: str, collection: str, filter: Filter, update: Update, *, timeout_ms: int = DEFAULT_TIMEOUT_MS
    ) -> int:
        def change(writer: Writer, doc: int, document: Document) -> None:
            new = update.apply(document, now=self._clock.now(), found_by=filter)
            writer.update(doc, document, new, update)

        return self._each(tenant, collection, filter, timeout_ms, change)

    def delete_many(self, tenant: str, collection: str, filter: Filter, *, timeout_ms: int = DEFAULT_TIMEOUT_MS) -> int:
        return self._each(tenant, collection, filter, timeout_ms, Writer.delete)

    def _each(
        self,
        tenant: str,
        collection: str,
        filter: Filter,
        timeout_ms: int,
        write: Callable[[Writer, int, Document], None],
    ) -> int:
        """Writes each document that matches, in chunks; returns how many there were.

        Which they are is determined first, so that a change that moves a document in an index does not find it again.
        """
        deadline = Deadline(timeout_ms)
        with self._files.reading(tenant) as session:
            reader = _reader(session, collection, timeout_ms)
            places = iter([doc for doc, _ in reader.matching(filter, reader.plan(filter))] if reader else [])
        written = 0
        while chunk := list(islice(places, _CHUNK)):
            deadline.check()
            with self._files.writing(tenant) as session:
                writer = Writer(session, collection)
                for doc in chunk:
                    document = writer.read(doc)
                    if document is not None and filter.matches(document):
                        write(writer, doc, document)
                        written += 1
        return written

    # --- indexes, collections, tenants

    def create_index(self, tenant: str, collection: str, index: Index) -> None:
        with self._files.writing(tenant) as session:
            Writer(session, collection).create_index(index)

    def drop_index(self, tenant: str, collection: str, name: str) -> None:
        if not self._files.exists(tenant):
            raise IndexNotFound(name)
        with self._files.writing(tenant) as session:
            Writer(session, collection).drop_index(name)

    def indexes(self, tenant: str, collection: str) -> Sequence[Index]:
        with self._files.reading(tenant) as session:
            found = session.catalogue.collection(session.connection, collection) if session else None
            return [stored.index for stored in found.indexes] if found else []

    def drop_collection(self, tenant: str, collection: str) -> None:
        if self._files.exists(tenant):
            with self._files.writing(tenant) as session:
                Writer(session, collection).drop()

    def create_tenant(self, tenant: str) -> None:
        self._files.create(tenant)

    def drop_tenant(self, tenant: str) -> None:
        self._files.drop(tenant)

    def tenants(self) -> list[str]:
        """Every tenant that has a file, by id."""
        return self._files.tenants()

    def verify(self, tenant: str) -> list[str]:
        """What is wrong in a tenant's file, one sentence each: damaged pages, index keys that do not fit the documents.

        Empty when all is well, or there is no such tenant.
        """
        with self._files.reading(tenant) as session:
            return verify_session(session) if session else []

    def explain(self, tenant: str, collection: str, query: Query) -> str:
        """How a query would be answered: see `Plan.name`; "nothing" where there is nothing to ask."""
        with self._files.reading(tenant) as session:
            reader = _reader(session, collection, query.timeout_ms)
            wanted = None if query.limit is None else query.skip + query.limit
            return reader.plan(query.filter, query.order, wanted).name if reader else "nothing"

    def check(self) -> None:
        self._files.check()

    def close(self) -> None:
        self._files.close()
        if self._temporary is not None:
            self._temporary.cleanup()


def _reader(session: Session | None, name: str, timeout_ms: int) -> Reader | None:
    """A reader of the collection; None when there is no such tenant or collection."""
    collection = session.catalogue.collection(session.connection, name) if session else None
    return Reader(session, collection, Deadline(timeout_ms)) if session and collection else None


def _first(session: Session, name: str, filter: Filter) -> Found | None:
    reader = _reader(session, name, DEFAULT_TIMEOUT_MS)
    return reader.find_one(filter) if reader else None
