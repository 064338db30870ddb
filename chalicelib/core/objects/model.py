"""Questions about objects, and their answers. An object itself is a document: see stored.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.core.errors import CoreError
from chalicelib.core.query.filter import EVERYTHING, Filter
from chalicelib.core.query.order import Order
from chalicelib.core.query.projection import Projection
from chalicelib.core.query.values import Document


@dataclass(frozen=True, slots=True)
class ObjectQuery:
    """A question about one bucket's objects. `limit` None means all; `timeout_ms` None means the server's default."""

    filter: Filter = field(default_factory=lambda: EVERYTHING)
    order: Order = field(default_factory=Order)
    skip: int = 0
    limit: int | None = None
    projection: Projection | None = None
    include_deleted: bool = False
    with_count: bool = False
    stale_reads: bool = False
    timeout_ms: int | None = None


@dataclass(frozen=True, slots=True)
class ObjectPage:
    """The objects found; `count` is how many match regardless of the page, None unless it was asked for."""

    documents: list[Document]
    count: int | None
    current_time: datetime


@dataclass(frozen=True, slots=True)
class Insert:
    """Batch: create an object; an `_id` in the document is kept."""

    document: Document


@dataclass(frozen=True, slots=True)
class Change:
    """Batch: change parts of an object, by operators or plain fields."""

    object_id: str
    change: Document
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Overwrite:
    """Batch: replace a stored object as a whole."""

    object_id: str
    document: Document
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Delete:
    """Batch: delete an object."""

    object_id: str
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Batch: an entry that the dialect could not read; it fails in its turn and does not affect the others."""

    error: CoreError
    object_id: str | None = None


Operation = Insert | Change | Overwrite | Delete | Unreadable


@dataclass(frozen=True, slots=True)
class Done:
    """Batch: the entry succeeded; `document` is the object afterwards, None when it is deleted."""

    object_id: str
    document: Document | None


@dataclass(frozen=True, slots=True)
class Failed:
    """Batch: the entry changed nothing; `object_id` is None for an insert."""

    error: CoreError
    object_id: str | None


Outcome = Done | Failed
