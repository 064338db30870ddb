"""From a notification to batches: the installations it goes to are read page by page and cut into batches.

One job makes some batches and puts the next job: so memory stays flat, and a crash costs one job's work at most.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.errors import OperatorMisused
from chalicelib.core.jobs import Jobs
from chalicelib.core.push.batches import BATCH_SIZE, Batch, Batches, Cursor
from chalicelib.core.push.finish import finish
from chalicelib.core.push.receivers import owned_by
from chalicelib.core.push.stored import ID, INSTALLATIONS, NOTIFICATIONS, RECEIVERS, query_of
from chalicelib.core.query.filter import Filter, parse_filter
from chalicelib.core.query.order import parse_order
from chalicelib.core.query.projection import parse_projection
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import parse_update
from chalicelib.core.query.values import Document

EXPAND_QUEUE = "push-expand"
DELIVER_QUEUE = "push-deliver"

READ_SIZE = 500
"""Installations read at a time. Source: design, push notes."""

BATCHES_PER_JOB = 50
"""Batches that one job makes: 5,000 installations, some seconds of work. Source: our choice."""

READ_TIMEOUT_MS = 60_000
"""How long reading a page may take: when few of very many installations match, all may have to be read."""

_BY_ID = parse_order([(ID, 1)])
_ID_ONLY = parse_projection({ID: 1})


def expand_job(tenant: str, notification: str, number: int) -> dict[str, Any]:
    """The body of the job that makes batches from `number` on."""
    return {"tenant": tenant, "notification": notification, "batch": number}


def deliver_job(tenant: str, batch: Batch) -> dict[str, Any]:
    """The body of the job that sends to a batch."""
    return {"tenant": tenant, "notification": batch.notification, "batch": batch.number}


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is needed of a notification to cut it into batches."""

    tenant: str
    record: Document
    condition: Filter

    @property
    def parts(self) -> int:
        """How many parts to read; a notification without receivers is read as one."""
        return max(1, int(self.record["parts"]))


class FanOut:
    """Cuts notifications into batches."""

    def __init__(
        self,
        documents: Documents,
        jobs: Jobs,
        batches: Batches,
        clock: Clock,
        *,
        read_size: int = READ_SIZE,
        batch_size: int = BATCH_SIZE,
        batches_per_job: int = BATCHES_PER_JOB,
    ) -> None:
        self._documents = documents
        self._jobs = jobs
        self._batches = batches
        self._clock = clock
        self._read_size = read_size
        self._batch_size = batch_size
        self._batches_per_job = batches_per_job

    def expand(self, tenant: str, notification: str, number: int) -> None:
        """Makes batches from `number` on, and puts a job for each and one for those that follow.

        Safe to run twice, or twice at once. Raises: Unavailable; the job is to be tried again.
        """
        record = self._documents.find_one(tenant, NOTIFICATIONS, parse_filter({ID: notification}))
        if record is None or record["finishedAt"] is not None:
            return
        plan = _Plan(tenant, record, query_of(record))
        cursor = self._start(tenant, notification, number)
        stop = number + self._batches_per_job
        while cursor is not None and number < stop:
            made = self._cut(plan, number, cursor)
            self._jobs.put(DELIVER_QUEUE, [deliver_job(tenant, batch) for batch in made if batch.waiting])
            number, cursor = made[-1].number + 1, made[-1].next
        if cursor is not None:
            self._jobs.put(EXPAND_QUEUE, [expand_job(tenant, notification, number)])
        else:
            finish(self._documents, self._batches, tenant, notification, self._clock.now())

    def _start(self, tenant: str, notification: str, number: int) -> Cursor | None:
        if number == 0:
            return Cursor()
        before = self._batches.get(tenant, notification, number - 1)
        return None if before is None else before.next

    def _cut(self, plan: _Plan, number: int, cursor: Cursor) -> list[Batch]:
        """The next batches, at least one; the last one may be empty, only to say that nothing follows.

        When another worker has made a batch, that one counts, and what was read here from there on does not.
        """
        there = self._batches.get(plan.tenant, plan.record[ID], number)
        if there is not None:
            return [there]
        made: list[Batch] = []
        for waiting, following in self._read_or_end(plan, cursor):
            wanted = self._batch(plan, number + len(made), waiting, following)
            stored = self._batches.add(plan.tenant, wanted)
            made.append(stored)
            if stored is not wanted:
                break
        return made

    def _batch(self, plan: _Plan, number: int, waiting: list[str], following: Cursor | None) -> Batch:
        created_at = plan.record["createdAt"]
        return Batch(plan.record[ID], number, created_at, following, tuple(waiting), free_at=created_at)

    def _read_or_end(self, plan: _Plan, cursor: Cursor) -> list[tuple[list[str], Cursor | None]]:
        """As `_read`; the end when the query fails on an installation that has changed since it was counted."""
        try:
            return self._read(plan, cursor)
        except OperatorMisused as error:
            change = parse_update({"$set": {"problem": type(error).__name__}})
            self._documents.update_one(plan.tenant, NOTIFICATIONS, parse_filter({ID: plan.record[ID]}), change)
            return [([], None)]

    def _read(self, plan: _Plan, cursor: Cursor) -> list[tuple[list[str], Cursor | None]]:
        """The ids of the next installations in batches, each with where the one after it begins."""
        while True:
            found = self._page(plan, cursor)
            is_last = len(found) < self._read_size
            after = None if cursor.part + 1 >= plan.parts else Cursor(cursor.part + 1)
            if found or after is None:
                break
            cursor = after
        batches = [found[start : start + self._batch_size] for start in range(0, len(found), self._batch_size)] or [[]]
        following: list[Cursor | None] = [Cursor(cursor.part, batch[-1]) for batch in batches[:-1]]
        following.append(after if is_last else Cursor(cursor.part, batches[-1][-1]))
        return list(zip(batches, following, strict=True))

    def _page(self, plan: _Plan, cursor: Cursor) -> list[str]:
        condition = plan.condition & parse_filter({ID: {"$gt": cursor.after}})
        if plan.record["parts"]:
            part = parse_filter({ID: f"{plan.record[ID]}-{cursor.part}"})
            stored = self._documents.find_one(plan.tenant, RECEIVERS, part)
            condition &= owned_by([] if stored is None else stored["users"])
        asked = Query(
            filter=condition, order=_BY_ID, limit=self._read_size, projection=_ID_ONLY, timeout_ms=READ_TIMEOUT_MS
        )
        return [document[ID] for document in self._documents.find(plan.tenant, INSTALLATIONS, asked)]
