"""Documents in Amazon DocumentDB 5.0 or MongoDB: the aws engine of the port in core/documents.py.

A database per tenant, a collection per core collection. Every call is one command to the server, except as
`update_one` says; documentdb_dialect.py says what the server is asked and what is computed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import islice
from typing import Any

import pymongo
from pymongo import ReadPreference, ReturnDocument
from pymongo.collection import Collection
from pymongo.monitoring import CommandListener
from pymongo.write_concern import WriteConcern

from chalicelib.core.clock import Clock, Deadline, SystemClock
from chalicelib.core.documents import Index
from chalicelib.core.errors import (
    Conflict,
    DocumentTooLarge,
    DuplicateId,
    DuplicateKey,
    IndexNotFound,
    InvalidDocument,
    InvalidUpdate,
    Unavailable,
)
from chalicelib.core.query.filter import Filter
from chalicelib.core.query.pipeline import Pipeline
from chalicelib.core.query.query import DEFAULT_TIMEOUT_MS, Query
from chalicelib.core.query.stored_form import bson_size
from chalicelib.core.query.update import Update
from chalicelib.core.query.values import Document
from chalicelib.engines.aws.documentdb_client import CODEC, SERVER_SELECTION_TIMEOUT_MS, client
from chalicelib.engines.aws.documentdb_dialect import (
    can_grow,
    served_order,
    served_projection,
    served_update,
    split_filter,
    split_pipeline,
)
from chalicelib.engines.aws.documentdb_errors import ID_INDEX, core_errors
from chalicelib.engines.aws.documentdb_names import collection_name, database_name
from chalicelib.engines.aws.documentdb_reads import BATCH_DOCUMENTS, find_any, nearest, read, search, sift
from chalicelib.engines.aws.documentdb_writes import ATTEMPTS, on_each, on_one, update_first


class MongoDocuments:
    """Keeps documents in a MongoDB-compatible server; see core/documents.py for what each method promises.

    The server does not know the order of insertion: without an order, documents come in the order of `_id`, which also
    breaks ties. Writes are acknowledged by a majority and its journals. The connection opens at the first call.
    """

    def __init__(
        self,
        uri: str,
        *,
        database_prefix: str = "yorozu_",
        ca_file: str | None = None,
        server_selection_timeout_ms: int = SERVER_SELECTION_TIMEOUT_MS,
        clock: Clock | None = None,
        listeners: Sequence[CommandListener] = (),
    ) -> None:
        """`ca_file` is a bundle of certificate authorities: with it, TLS is used; `listeners` hear each command."""
        self._prefix = database_prefix
        self._clock = clock or SystemClock()
        self._client = client(uri, ca_file, server_selection_timeout_ms, listeners)

    def together(self, tenant: str) -> AbstractContextManager[None]:
        # Every write is durable by itself there, and a transaction is one more round trip.
        return nullcontext()

    # --- reads

    def find_one(self, tenant: str, collection: str, filter: Filter) -> Document | None:
        return find_any(self._collection(tenant, collection), split_filter(filter))

    def find(self, tenant: str, collection: str, query: Query) -> Iterator[Document]:
        if query.limit == 0:
            return iter(())
        documents = self._found(self._collection(tenant, collection, query.stale_reads), query)
        return documents if query.projection is None else map(query.projection.apply, documents)

    def _found(self, stored: Collection[Document], query: Query) -> Iterator[Document]:
        split = split_filter(query.filter)
        options: Document = {"sort": served_order(query.order), "projection": served_projection(query.projection)}
        if split.rest is None:
            options |= {"skip": query.skip, "limit": query.limit or 0}
            return search(stored, split.served, query.timeout_ms, options)
        del options["projection"]
        documents: Iterator[Document] = sift(stored, split, Deadline(query.timeout_ms), options)
        stop = None if query.limit is None else query.skip + query.limit
        distance = split.rest.distance_order
        if distance is not None and not query.order:
            documents = nearest(documents, distance, stop)
        return islice(documents, query.skip, stop)

    def count(
        self,
        tenant: str,
        collection: str,
        filter: Filter,
        *,
        timeout_ms: int = DEFAULT_TIMEOUT_MS,
        stale_reads: bool = False,
    ) -> int:
        stored = self._collection(tenant, collection, stale_reads)
        split = split_filter(filter)
        if split.rest is not None:
            return sum(1 for _ in sift(stored, split, Deadline(timeout_ms), {}))
        with core_errors():
            return stored.count_documents(split.served, maxTimeMS=max(1, timeout_ms))

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
        stored = self._collection(tenant, collection, stale_reads)
        split = split_pipeline(pipeline, lambda name: collection_name(stored.database.name, name))
        found = read(
            lambda: stored.aggregate(list(split.served), maxTimeMS=max(1, timeout_ms), batchSize=BATCH_DOCUMENTS)
        )
        if split.rest is None:
            return found

        def fetch(name: str, filter: Filter) -> Iterator[Document]:
            query = Query(filter=filter, timeout_ms=deadline.remaining_ms(), stale_reads=stale_reads)
            return self.find(tenant, name, query)

        return split.rest.run(found, fetch, deadline)

    # --- writes of one document

    def insert(self, tenant: str, collection: str, document: Document) -> None:
        try:
            with core_errors(InvalidDocument):
                self._collection(tenant, collection).insert_one(document)
        except DuplicateId as error:
            raise DuplicateId(document["_id"]) from error.__cause__

    def update_one(
        self, tenant: str, collection: str, filter: Filter, update: Update, *, max_bytes: int | None = None
    ) -> Document | None:
        """One command; a read before it when `max_bytes` is given and the update can make the document larger, because
        no operator of DocumentDB 5.0 measures a document. Two simultaneous updates may then together exceed the limit
        by the size of one of them."""
        stored = self._collection(tenant, collection)

        def check(seen: Document) -> None:
            after = update.apply(seen, now=self._clock.now(), found_by=filter)
            if max_bytes is not None and bson_size(after) > max_bytes:
                raise DocumentTooLarge(max_bytes)

        is_limited = max_bytes is not None and can_grow(update)
        try:
            return on_one(
                stored, filter, lambda condition: update_first(stored, condition, update), check if is_limited else None
            )
        except InvalidUpdate as error:
            if error.__cause__ is not None:
                # The server's reason is only a code: the core tells the client more, as with the other engine.
                seen = find_any(stored, split_filter(filter))
                if seen is not None:
                    update.apply(seen, now=self._clock.now(), found_by=filter)
            raise

    def upsert_one(self, tenant: str, collection: str, document_id: str, update: Update) -> Document:
        stored = self._collection(tenant, collection)
        operators = served_update(update) or {"$setOnInsert": {"_id": document_id}}
        for _ in range(ATTEMPTS):
            try:
                with core_errors(InvalidUpdate):
                    changed: Document | None = stored.find_one_and_update(
                        {"_id": document_id},
                        operators,
                        array_filters=list(update.array_filters) or None,
                        upsert=True,
                        return_document=ReturnDocument.AFTER,
                        maxTimeMS=DEFAULT_TIMEOUT_MS,
                    )
                    assert changed is not None  # noqa: S101 - an upsert always answers the document
                    return changed
            except DuplicateId:
                continue  # Another upsert created it between the search and the insert: now there is one to change.
        raise Unavailable("other writes came between, again and again")

    def upsert_unacknowledged(self, tenant: str, collection: str, document_id: str, update: Update) -> None:
        """Sends an upsert and does not wait: what is lost on the way is lost. For counters only."""
        stored = self._collection(tenant, collection).with_options(write_concern=WriteConcern(w=0))
        with core_errors():
            stored.update_one({"_id": document_id}, update.source, upsert=True)

    def replace_one(self, tenant: str, collection: str, filter: Filter, document: Document) -> Document | None:
        stored = self._collection(tenant, collection)

        def replace(condition: Document) -> Document | None:
            with core_errors(InvalidDocument):
                return stored.find_one_and_replace(
                    condition, document, return_document=ReturnDocument.AFTER, maxTimeMS=DEFAULT_TIMEOUT_MS
                )

        return on_one(stored, filter, replace)

    def delete_one(self, tenant: str, collection: str, filter: Filter) -> Document | None:
        stored = self._collection(tenant, collection)

        def delete(condition: Document) -> Document | None:
            with core_errors():
                return stored.find_one_and_delete(condition, maxTimeMS=DEFAULT_TIMEOUT_MS)

        return on_one(stored, filter, delete)

    # --- writes of many documents

    def update_many(
        self,
        tenant: str,
        collection: str,
        filter: Filter,
        update: Update,
        *,
        timeout_ms: int = DEFAULT_TIMEOUT_MS,
    ) -> int:
        stored = self._collection(tenant, collection)
        split = split_filter(filter)
        operators = served_update(update)
        if not operators:
            return self.count(tenant, collection, filter, timeout_ms=timeout_ms)
        if split.rest is not None:
            return on_each(stored, split, timeout_ms, lambda condition: update_first(stored, condition, update))
        with core_errors(InvalidUpdate), pymongo.timeout(max(1, timeout_ms) / 1000):
            filters = list(update.array_filters) or None
            return stored.update_many(split.served, operators, array_filters=filters).matched_count

    def delete_many(self, tenant: str, collection: str, filter: Filter, *, timeout_ms: int = DEFAULT_TIMEOUT_MS) -> int:
        stored = self._collection(tenant, collection)
        split = split_filter(filter)
        if split.rest is not None:
            return on_each(stored, split, timeout_ms, stored.find_one_and_delete)
        with core_errors(), pymongo.timeout(max(1, timeout_ms) / 1000):
            return stored.delete_many(split.served).deleted_count

    # --- indexes, collections, tenants

    def create_index(self, tenant: str, collection: str, index: Index) -> None:
        same_name = [made for made in self.indexes(tenant, collection) if made.name == index.name]
        if same_name == [index]:
            return
        if same_name:
            raise Conflict(f"an index of that name exists and differs: {index.name}")
        try:
            with core_errors():
                self._collection(tenant, collection).create_index(
                    list(index.keys), name=index.name, unique=index.unique, sparse=index.sparse, background=True
                )
        except DuplicateKey as error:
            raise DuplicateKey(index.name) from error.__cause__

    def drop_index(self, tenant: str, collection: str, name: str) -> None:
        # The driver ignores a missing collection, as if its index had been dropped.
        if name not in [index.name for index in self.indexes(tenant, collection)]:
            raise IndexNotFound(name)
        with core_errors():
            self._collection(tenant, collection).drop_index(name)

    def indexes(self, tenant: str, collection: str) -> Sequence[Index]:
        with core_errors():
            listed = list(self._collection(tenant, collection).list_indexes())
        return [_index(made) for made in listed if made["name"] != ID_INDEX]

    def drop_collection(self, tenant: str, collection: str) -> None:
        with core_errors():
            self._collection(tenant, collection).drop()

    def create_tenant(self, tenant: str) -> None:
        # The server creates a database at the first write to it; only the name is checked here.
        database_name(self._prefix, tenant)

    def drop_tenant(self, tenant: str) -> None:
        with core_errors():
            self._client.drop_database(database_name(self._prefix, tenant))

    # --- the server

    def check(self) -> None:
        with core_errors():
            self._client.admin.command("ping", maxTimeMS=DEFAULT_TIMEOUT_MS)

    def close(self) -> None:
        self._client.close()

    def _collection(self, tenant: str, collection: str, stale_reads: bool = False) -> Collection[Document]:
        database = self._client[database_name(self._prefix, tenant)]
        return database.get_collection(
            collection_name(database.name, collection),
            codec_options=CODEC,
            read_preference=ReadPreference.SECONDARY_PREFERRED if stale_reads else ReadPreference.PRIMARY,
        )


def _index(made: Mapping[str, Any]) -> Index:
    return Index(
        name=made["name"],
        keys=tuple((path, int(direction)) for path, direction in made["key"].items()),
        unique=bool(made.get("unique")),
        sparse=bool(made.get("sparse")),
    )
