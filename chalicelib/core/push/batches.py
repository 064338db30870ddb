"""Batches: up to 100 installations of a notification each, and what became of them.

A batch is made once, under an id derived from its notification and number, and says where the next one begins: so two
workers that cut the same notification at the same time cut it alike. A batch belongs to the worker that claimed it
last, and its counts change in the same atomic step as the list of those still waiting: so nothing is counted twice,
however often a job is delivered. The counters of a notification are the sums over its batches.
Decision: 0052-push-batches.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.core import ids
from chalicelib.core.documents import Documents
from chalicelib.core.errors import DuplicateId
from chalicelib.core.push.model import PushCounters
from chalicelib.core.push.stored import BATCHES, ID
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.pipeline import parse_pipeline
from chalicelib.core.query.update import parse_update
from chalicelib.core.query.values import Document

BATCH_SIZE = 100
"""Installations in a batch, included: what one job sends to. Source: our choice."""

LEASE = timedelta(minutes=5)
"""How long a worker has a batch to itself: longer than any job may run, two minutes in a Lambda. Our choice."""


@dataclass(frozen=True, slots=True)
class Cursor:
    """How far installations have been read: the part of the receivers, and the installation read last."""

    part: int = 0
    after: str = ""


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch as it is stored. `next` is where the batch after it begins; None when it is the last.

    `waiting` are the installations still to be sent to; from `free_at` on it may be claimed; `attempt` counts claims.
    """

    notification: str
    number: int
    created_at: datetime
    next: Cursor | None
    waiting: tuple[str, ...]
    free_at: datetime
    attempt: int = 0
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Outcome:
    """The result of one attempt at a batch: how many of each kind, and the installations to try again."""

    sent: int
    failed: int
    dead: int
    again: tuple[str, ...]


class Batches:
    """The batches of all notifications of all tenants."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def add(self, tenant: str, batch: Batch) -> Batch:
        """Stores a new batch; returns the one that now has its number, which another worker may have made."""
        try:
            self._documents.insert(tenant, BATCHES, _to_document(batch))
        except DuplicateId:
            stored = self.get(tenant, batch.notification, batch.number)
            if stored is None:
                raise
            return stored
        return batch

    def get(self, tenant: str, notification: str, number: int) -> Batch | None:
        document = self._documents.find_one(tenant, BATCHES, parse_filter({ID: _id(notification, number)}))
        return None if document is None else _from_document(document)

    def claim(self, tenant: str, notification: str, number: int, now: datetime) -> Batch | None:
        """The batch, for this worker alone until its lease ends; None when it is done, claimed, or not due yet."""
        free = parse_filter({ID: _id(notification, number), "open": 1, "freeAt": {"$lte": now}})
        claimed = {"etag": ids.new_etag(), "freeAt": now + LEASE}
        document = self._documents.update_one(
            tenant, BATCHES, free, parse_update({"$set": claimed, "$inc": {"attempt": 1}})
        )
        return None if document is None else _from_document(document)

    def record(self, tenant: str, batch: Batch, outcome: Outcome, free_at: datetime) -> bool:
        """Records the outcome of a claimed batch and releases it; False when the claim no longer held.

        Those to try again wait until `free_at`.
        """
        state: Document = {
            "etag": ids.new_etag(),
            "waiting": list(outcome.again),
            "open": 1 if outcome.again else 0,
            "freeAt": free_at,
        }
        counts = {"sent": outcome.sent, "failed": outcome.failed, "dead": outcome.dead, "retried": len(outcome.again)}
        ours = parse_filter({ID: _id(batch.notification, batch.number), "etag": batch.etag})
        change = parse_update({"$set": state, "$inc": counts})
        return self._documents.update_one(tenant, BATCHES, ours, change) is not None

    def is_finished(self, tenant: str, notification: str) -> bool:
        """Whether all batches are made and nobody waits in any. Called for each batch, so indexes answer it."""
        last = parse_filter({"last": notification})
        is_open = parse_filter({"notification": notification, "open": 1})
        # In this order: once the last batch is there, no more are made.
        return (
            self._documents.find_one(tenant, BATCHES, last) is not None
            and self._documents.find_one(tenant, BATCHES, is_open) is None
        )

    def totals(self, tenant: str, notification: str) -> PushCounters:
        """The sums over the batches made so far."""
        names = ("queued", "sent", "failed", "dead", "retried")
        sums = {name: {"$sum": f"${name}"} for name in names}
        pipeline = parse_pipeline([{"$match": {"notification": notification}}, {"$group": {"_id": None} | sums}])
        row = next(iter(list(self._documents.aggregate(tenant, BATCHES, pipeline))), {})
        return PushCounters(**{name: int(row.get(name, 0)) for name in names})

    def purge(self, tenant: str, before: datetime) -> int:
        """Deletes the batches of notifications made before a moment; returns how many."""
        return self._documents.delete_many(tenant, BATCHES, parse_filter({"createdAt": {"$lt": before}}))


def _id(notification: str, number: int) -> str:
    return f"{notification}-{number}"


def _to_document(batch: Batch) -> Document:
    # The last batch has the notification's id once more, for a sparse index that finds it among thousands.
    last = {"last": batch.notification} if batch.next is None else {}
    return last | {
        ID: _id(batch.notification, batch.number),
        "notification": batch.notification,
        "number": batch.number,
        "createdAt": batch.created_at,
        "next": None if batch.next is None else {"part": batch.next.part, "after": batch.next.after},
        "waiting": list(batch.waiting),
        "open": 1 if batch.waiting else 0,
        "freeAt": batch.free_at,
        "attempt": batch.attempt,
        "etag": batch.etag,
        "queued": len(batch.waiting),
        "sent": 0,
        "failed": 0,
        "dead": 0,
        "retried": 0,
    }


def _from_document(document: Document) -> Batch:
    following = document["next"]
    return Batch(
        notification=document["notification"],
        number=document["number"],
        created_at=document["createdAt"],
        next=None if following is None else Cursor(following["part"], following["after"]),
        waiting=tuple(document["waiting"]),
        free_at=document["freeAt"],
        attempt=document["attempt"],
        etag=document["etag"],
    )
