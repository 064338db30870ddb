"""The port to where documents live. Everything the core keeps, except file contents, is a document behind it.

Two engines implement it; tests/contracts/documents holds both of them to these docstrings.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from chalicelib.core.query.filter import Filter
from chalicelib.core.query.pipeline import Pipeline
from chalicelib.core.query.query import DEFAULT_TIMEOUT_MS, Query
from chalicelib.core.query.update import Update
from chalicelib.core.query.values import Document

SYSTEM_TENANT = "_system"
"""The space that holds what belongs to no tenant: the register of tenants."""


@dataclass(frozen=True, slots=True)
class Index:
    """An index of a collection.

    `keys` are pairs of a dotted path and 1 or -1. `sparse` leaves out documents that have none of the paths, so
    that a unique sparse index allows any number of documents without the field.
    """

    name: str
    keys: tuple[tuple[str, int], ...]
    unique: bool = False
    sparse: bool = False


class Documents(Protocol):
    """Keeps documents by tenant and collection. `_id` is a string, unique in its collection.

    * A collection exists as soon as something is written to it or an index is made; reading one that does not
      exist finds nothing. Reading a tenant that does not exist finds nothing and creates nothing.
    * A write that returns is durable, and the next read by anybody sees it; but see `together`.
    * Each write of one document is atomic: filter and change are one step. Writes of many documents are atomic
      per document.
    * Documents come and go as plain dictionaries of BSON values, in field order; dates are aware UTC
      datetimes in whole milliseconds. The receiver may change what it is handed.
    * Without an order, documents come in the order of their insertion where the engine knows it.
    * Every call may raise Unavailable, and TimedOut when `timeout_ms` passes.
    """

    def together(self, tenant: str) -> AbstractContextManager[None]:
        """Lets the writes of this thread to a tenant share what it costs to make them durable.

        Each still succeeds or fails by itself and sees those before it. They are durable when the block has ended;
        until then others may see none of them and have to wait with their own writes, so it should be short. When it
        ends with an error, none or some of them may be kept. Blocks do not nest. Raises: Unavailable, also at the end.
        """

    def insert(self, tenant: str, collection: str, document: Document) -> None:
        """Stores a new document. Raises: DuplicateId, DuplicateKey."""

    def find_one(self, tenant: str, collection: str, filter: Filter) -> Document | None:
        """A document that matches, or None."""

    def find(self, tenant: str, collection: str, query: Query) -> Iterator[Document]:
        """The documents that match, in the query's order. Close the iterator, or use it up."""

    def count(
        self,
        tenant: str,
        collection: str,
        filter: Filter,
        *,
        timeout_ms: int = DEFAULT_TIMEOUT_MS,
        stale_reads: bool = False,
    ) -> int:
        """How many documents match."""

    def update_one(
        self, tenant: str, collection: str, filter: Filter, update: Update, *, max_bytes: int | None = None
    ) -> Document | None:
        """Changes one matching document and returns the result; None when none matches.

        Raises: InvalidUpdate, ImmutableField, DuplicateKey; DocumentTooLarge when the document would exceed
        `max_bytes` of BSON. On an error nothing is changed.
        """

    def upsert_one(self, tenant: str, collection: str, document_id: str, update: Update) -> Document:
        """Changes the document with this id, creating it first if there is none; returns the result.

        Two simultaneous upserts of a new id make one document, changed twice.
        Raises: InvalidUpdate, DuplicateKey.
        """

    def replace_one(self, tenant: str, collection: str, filter: Filter, document: Document) -> Document | None:
        """Replaces a matching document by a whole one with the same `_id`, and returns it; None when none matches.

        Raises: ImmutableField when the match has another `_id`; DuplicateKey.
        """

    def delete_one(self, tenant: str, collection: str, filter: Filter) -> Document | None:
        """Deletes one matching document and returns it as it was; None when none matches."""

    def update_many(
        self, tenant: str, collection: str, filter: Filter, update: Update, *, timeout_ms: int = DEFAULT_TIMEOUT_MS
    ) -> int:
        """Changes every matching document; returns how many matched."""

    def delete_many(self, tenant: str, collection: str, filter: Filter, *, timeout_ms: int = DEFAULT_TIMEOUT_MS) -> int:
        """Deletes every matching document; returns how many."""

    def aggregate(
        self,
        tenant: str,
        collection: str,
        pipeline: Pipeline,
        *,
        timeout_ms: int = DEFAULT_TIMEOUT_MS,
        stale_reads: bool = False,
    ) -> Iterator[Document]:
        """What the pipeline makes of the collection; every `$lookup` in it is resolved. Raises: OperatorMisused."""

    def create_index(self, tenant: str, collection: str, index: Index) -> None:
        """Creates and fills an index; creating the same one again does nothing.

        Raises: DuplicateKey when stored documents are not unique; Conflict when an index of that name differs.
        """

    def drop_index(self, tenant: str, collection: str, name: str) -> None:
        """Raises: IndexNotFound."""

    def indexes(self, tenant: str, collection: str) -> Sequence[Index]:
        """The collection's indexes in the order they were made, without the one on `_id`."""

    def drop_collection(self, tenant: str, collection: str) -> None:
        """Deletes a collection with its documents and indexes; does nothing if there is none."""

    def create_tenant(self, tenant: str) -> None:
        """Creates a tenant's space; does nothing if it exists."""

    def drop_tenant(self, tenant: str) -> None:
        """Deletes everything of a tenant; does nothing if there is none."""

    def check(self) -> None:
        """Asks the backend for a sign of life. Raises: Unavailable."""

    def close(self) -> None:
        """Lets go of files and connections."""
