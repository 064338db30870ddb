"""Notifications: accepted, counted, queued and reported. The sending itself is in fan_out.py and delivery.py.

Spec: nec-rest, 10.6; nec-clients, 7.3 to 7.7.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from chalicelib.core import ids
from chalicelib.core.access.caller import Caller
from chalicelib.core.access.rules import require
from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.errors import (
    AccessDenied,
    DocumentTooLarge,
    NotificationNotFound,
    Unavailable,
)
from chalicelib.core.jobs import Jobs
from chalicelib.core.push.batches import Batches
from chalicelib.core.push.fan_out import EXPAND_QUEUE, expand_job
from chalicelib.core.push.form import ALLOWED_SENDERS
from chalicelib.core.push.model import NewNotification, Notification, PushCounters
from chalicelib.core.push.queries import check_query, check_senders_query, misuse_is_invalid
from chalicelib.core.push.receivers import HAS_OWNER, owned_by, parts_of, receiving_users
from chalicelib.core.push.stored import (
    APP,
    ID,
    INSTALLATIONS,
    NOTIFICATIONS,
    RECEIVERS,
    REGISTERED_AT,
    notification_document,
    notification_from_document,
)
from chalicelib.core.query.filter import Filter, parse_filter
from chalicelib.core.query.order import parse_order
from chalicelib.core.query.query import Query
from chalicelib.core.query.stored_form import bson_size
from chalicelib.core.query.values import Document
from chalicelib.core.tenants.model import Tenant

MAX_NOTIFICATION_BYTES = 262_144
"""Bytes of BSON of a notification with its query, included. Source: as for objects."""

COUNT_TIMEOUT_MS = 25_000
"""How long counting the installations may take. Source: API Gateway gives up at 29 seconds."""

_NEWEST_FIRST = parse_order([("createdAt", -1), (ID, -1)])


@dataclass(frozen=True, slots=True)
class _Audience:
    """Whom a notification goes to: a condition and, unless `parts` is empty, an owner among the users in them."""

    condition: Filter
    parts: list[list[str]]
    installations: int


class NotificationsService:
    """What a caller may do with the notifications of its app."""

    def __init__(
        self, documents: Documents, jobs: Jobs, batches: Batches, clock: Clock, *, retention_days: int
    ) -> None:
        self._documents = documents
        self._jobs = jobs
        self._batches = batches
        self._clock = clock
        self._retention = timedelta(days=retention_days)

    def send(self, caller: Caller, new: NewNotification) -> Notification:
        """Accepts a notification: once this returns, it is sent even if the process dies.

        `installations` of the result counts those of the app that match the query, that admit the sender, and whose
        owner is among the receivers, if any are given.
        Raises: AccessDenied unless the app lets its clients send; InvalidInput for wrong receivers;
        InvalidQuery; DocumentTooLarge; TimedOut; Unavailable, and nothing is sent.
        """
        if caller.app is None:
            raise AccessDenied("a notification belongs to an app")
        require(caller.is_master or caller.app.allows_client_push, "send notifications with the application key")
        check_query(new.query)
        if not caller.is_master:
            check_senders_query(new.query)
        now = self._clock.now()
        audience = self._audience(caller, caller.app.id, new)
        notification = Notification(
            id=ids.new_id(),
            app=caller.app.id,
            sender=caller.user,
            message=new.message,
            installations=audience.installations,
            created_at=now,
            finished_at=None if audience.installations else now,
            counters=PushCounters(),
        )
        self._accept(caller.tenant.id, notification, audience)
        return notification

    def get(self, caller: Caller, notification_id: str) -> Notification:
        """A notification with its counters of this moment.

        Raises: AccessDenied without the master key; NotificationNotFound. Source: our own extension.
        """
        return self._told(caller.tenant.id, self._stored(caller, notification_id))

    def resume(self, caller: Caller, notification_id: str) -> None:
        """Queues again what is left of a notification whose jobs have failed too often; nothing when it is finished.

        Raises: as `get`; Unavailable.
        """
        if self._stored(caller, notification_id)["finishedAt"] is None:
            self._jobs.put(EXPAND_QUEUE, [expand_job(caller.tenant.id, notification_id, 0)])

    def list(self, caller: Caller, limit: int) -> list[Notification]:
        """The newest notifications with their counters of this moment. Raises: AccessDenied without the master key."""
        require(caller.is_master, "see notifications")
        asked = Query(filter=parse_filter(_of_app(caller)), order=_NEWEST_FIRST, limit=limit)
        found = list(self._documents.find(caller.tenant.id, NOTIFICATIONS, asked))
        return [self._told(caller.tenant.id, document) for document in found]

    def purge(self, tenant: Tenant) -> int:
        """Deletes notifications past their retention, finished or not, with all that belongs to them."""
        before = self._clock.now() - self._retention
        old = parse_filter({"createdAt": {"$lt": before}})
        # The notification first: a late job that does not find it does nothing.
        gone = self._documents.delete_many(tenant.id, NOTIFICATIONS, old)
        self._batches.purge(tenant.id, before)
        self._documents.delete_many(tenant.id, RECEIVERS, old)
        return gone

    # --- accepting ---

    def _audience(self, caller: Caller, app: str, new: NewNotification) -> _Audience:
        condition = parse_filter({APP: app}) & _admitting(caller) & new.query
        if new.receivers is None:
            return _Audience(condition, [], self._count(caller, condition))
        users = receiving_users(self._documents, caller.tenant.id, new.receivers)
        if users is None:
            condition &= HAS_OWNER
            return _Audience(condition, [], self._count(caller, condition))
        counted = [(part, self._count(caller, condition & owned_by(part))) for part in parts_of(users)]
        return _Audience(condition, [part for part, count in counted if count], sum(count for _, count in counted))

    def _count(self, caller: Caller, condition: Filter) -> int:
        with misuse_is_invalid():
            return self._documents.count(caller.tenant.id, INSTALLATIONS, condition, timeout_ms=COUNT_TIMEOUT_MS)

    def _accept(self, tenant: str, notification: Notification, audience: _Audience) -> None:
        """Stores what the workers need, the notification last, and puts the first job."""
        registered_before = parse_filter({REGISTERED_AT: {"$lte": notification.created_at}})
        document = notification_document(notification, audience.condition & registered_before, len(audience.parts))
        if bson_size(document) > MAX_NOTIFICATION_BYTES:
            raise DocumentTooLarge(MAX_NOTIFICATION_BYTES)
        for number, users in enumerate(audience.parts):
            part: Document = {ID: f"{notification.id}-{number}", "users": users, "createdAt": notification.created_at}
            self._documents.insert(tenant, RECEIVERS, part)
        self._documents.insert(tenant, NOTIFICATIONS, document)
        if notification.installations == 0:
            return
        try:
            self._jobs.put(EXPAND_QUEUE, [expand_job(tenant, notification.id, 0)])
        except Unavailable:
            # The sender is told that nothing was sent; should the job be there after all, it finds no notification.
            self._documents.delete_one(tenant, NOTIFICATIONS, parse_filter({ID: notification.id}))
            raise

    def _stored(self, caller: Caller, notification_id: str) -> Document:
        require(caller.is_master, "see notifications")
        one = parse_filter({ID: notification_id} | _of_app(caller))
        document = self._documents.find_one(caller.tenant.id, NOTIFICATIONS, one)
        if document is None:
            raise NotificationNotFound(notification_id)
        return document

    def _told(self, tenant: str, document: Document) -> Notification:
        counters = None if document["finishedAt"] else self._batches.totals(tenant, document[ID])
        return notification_from_document(document, counters)


def _of_app(caller: Caller) -> Document:
    return {} if caller.app is None else {"app": caller.app.id}


def _admitting(caller: Caller) -> Filter:
    """The installations that let the caller send to them; all of them for the master key. Spec: nec-clients, 7.7."""
    return parse_filter({} if caller.is_master else {ALLOWED_SENDERS: {"$in": sorted(caller.principals)}})
