"""Hands batches of a notification to the gateways, and records the outcome exactly once.

The promise: each installation of a batch is handed to its gateway at least once, and exactly once unless a worker
dies, or loses the store, between the gateway's answer and the record of it, or takes longer than its lease.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.jobs import Jobs
from chalicelib.core.push.batches import Batch, Batches, Outcome
from chalicelib.core.push.fan_out import DELIVER_QUEUE, deliver_job
from chalicelib.core.push.finish import finish
from chalicelib.core.push.form import TECHNOLOGY, TOKEN
from chalicelib.core.push.ports import Delivery, PushGateway, PushMessage, Target
from chalicelib.core.push.stored import ID, INSTALLATIONS, NOTIFICATIONS, SERVER
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import parse_update

MAX_ATTEMPTS = 5
"""Attempts after which an installation that still cannot be sent to counts as failed. Source: our choice."""

RETRY_SECONDS = (30, 120, 480, 900)
"""How long to wait after each attempt. Source: our choice; SQS delays a message by at most 900."""


@dataclass
class _Attempt:
    """An attempt so far: the installations by what became of them."""

    by_delivery: dict[Delivery, list[Target]] = field(default_factory=lambda: {kind: [] for kind in Delivery})
    gone: int = 0
    problem: str | None = None


class DeliveryService:
    """Sends to batches."""

    def __init__(
        self, documents: Documents, jobs: Jobs, batches: Batches, gateways: Sequence[PushGateway], clock: Clock
    ) -> None:
        self._documents = documents
        self._jobs = jobs
        self._batches = batches
        self._gateways = {technology: gateway for gateway in gateways for technology in gateway.technologies}
        self._clock = clock

    def deliver(self, tenant: str, notification: str, number: int) -> None:
        """Sends to those waiting in a batch, and puts a job for those to try again.

        Safe to run twice, or twice at once. Raises: Unavailable; the job is to be tried again.
        """
        record = self._documents.find_one(tenant, NOTIFICATIONS, parse_filter({ID: notification}))
        if record is None:
            return
        now = self._clock.now()
        batch = self._batches.claim(tenant, notification, number, now)
        if batch is None:
            self._come_back(tenant, notification, number)
            return
        attempt = self._send(tenant, batch, PushMessage(**record["message"]))
        self._forget(tenant, attempt.by_delivery[Delivery.DEAD])
        self._record(tenant, batch, attempt)

    def _come_back(self, tenant: str, notification: str, number: int) -> None:
        """For a batch that could not be claimed: it is done, or claimed by another worker, or not due yet."""
        batch = self._batches.get(tenant, notification, number)
        if batch is None:
            return
        if not batch.waiting:
            finish(self._documents, self._batches, tenant, notification, self._clock.now())
            return
        # This job may be all that is left of a worker that died, so it must not end before the batch is done.
        seconds = (batch.free_at - self._clock.now()).total_seconds()
        self._jobs.put(DELIVER_QUEUE, [deliver_job(tenant, batch)], delay_seconds=max(1, min(900, int(seconds) + 1)))

    def _send(self, tenant: str, batch: Batch, message: PushMessage) -> _Attempt:
        waiting = parse_filter({ID: {"$in": list(batch.waiting)}})
        found = list(self._documents.find(tenant, INSTALLATIONS, Query(filter=waiting)))
        by_technology: dict[str, list[Target]] = {}
        for installation in found:
            technology = installation[TECHNOLOGY]
            target = Target(tenant, installation[SERVER]["app"], installation[ID], technology, installation[TOKEN])
            by_technology.setdefault(technology, []).append(target)
        attempt = _Attempt(gone=len(batch.waiting) - len(found))
        for technology, targets in by_technology.items():
            for target, delivery in zip(targets, self._hand_over(technology, targets, message, attempt), strict=True):
                attempt.by_delivery[delivery].append(target)
        return attempt

    def _hand_over(
        self, technology: str, targets: list[Target], message: PushMessage, attempt: _Attempt
    ) -> list[Delivery]:
        gateway = self._gateways.get(technology)
        if gateway is None:
            return [Delivery.FAILED] * len(targets)
        try:
            return gateway.send(targets, message)
        except Exception as error:
            # Whatever broke, targets of other technologies have been sent to, and that must be recorded.
            attempt.problem = type(error).__name__
            return [Delivery.RETRY] * len(targets)

    def _forget(self, tenant: str, dead: list[Target]) -> None:
        """Deletes installations whose token is invalid, unless they have another one by now."""
        for target in dead:
            same = {ID: target.installation, TECHNOLOGY: target.technology, TOKEN: target.token}
            self._documents.delete_one(tenant, INSTALLATIONS, parse_filter(same))

    def _record(self, tenant: str, batch: Batch, attempt: _Attempt) -> None:
        found = attempt.by_delivery
        again = [target.installation for target in found[Delivery.RETRY]]
        given_up = 0
        if batch.attempt >= MAX_ATTEMPTS:
            given_up, again = len(again), []
        outcome = Outcome(
            sent=len(found[Delivery.SENT]),
            failed=len(found[Delivery.FAILED]) + given_up,
            dead=len(found[Delivery.DEAD]) + attempt.gone,
            again=tuple(again),
        )
        seconds = RETRY_SECONDS[min(batch.attempt, len(RETRY_SECONDS)) - 1]
        now = self._clock.now()
        if attempt.problem is not None:
            change = parse_update({"$set": {"problem": attempt.problem}})
            self._documents.update_one(tenant, NOTIFICATIONS, parse_filter({ID: batch.notification}), change)
        if not self._batches.record(tenant, batch, outcome, now + timedelta(seconds=seconds)):
            return
        if again:
            self._jobs.put(DELIVER_QUEUE, [deliver_job(tenant, batch)], delay_seconds=seconds)
        else:
            finish(self._documents, self._batches, tenant, batch.notification, now)
