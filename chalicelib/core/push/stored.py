"""How installations, notifications and their batches are kept, and where.

An installation is a document with the client's fields at the top, because queries name them; the server's own fields
are below `_server`. Decision: 0050-push-installations.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import bson
from bson import CodecOptions

from chalicelib.core import ids
from chalicelib.core.access.caller import Caller
from chalicelib.core.documents import Index
from chalicelib.core.errors import DocumentTooLarge
from chalicelib.core.push.form import ALLOWED_SENDERS, CHANNELS, TECHNOLOGY, TOKEN
from chalicelib.core.push.model import Notification, PushCounters, PushInstallation
from chalicelib.core.push.ports import PushMessage
from chalicelib.core.query.filter import Filter, parse_filter
from chalicelib.core.query.stored_form import bson_size, check_document
from chalicelib.core.query.values import Document

INSTALLATIONS = "_installations"
NOTIFICATIONS = "_notifications"

BATCHES = "_push_batches"
"""The collection of batches: up to 100 installations of a notification, and what became of them."""

RECEIVERS = "_push_receivers"
"""The collection of receivers of notifications, in parts: ids of the users whose installations may get them."""

ID = "_id"
OWNER = "_owner"
SERVER = "_server"
CREDENTIALS = "_sse"

OWN_FIELDS = frozenset({ID, OWNER, SERVER, CREDENTIALS})
"""Fields that the server writes into an installation or its answer; what a client sends for them is dropped."""

APP = f"{SERVER}.app"
ETAG = f"{SERVER}.etag"
REGISTERED_AT = f"{SERVER}.createdAt"
CHANGED_AT = f"{SERVER}.updatedAt"

MAX_INSTALLATION_BYTES = 65_536
"""Bytes of BSON of one installation, included. Source: our choice; a million of them are read in batches."""

PUSH_INDEXES: tuple[tuple[str, Index], ...] = (
    (INSTALLATIONS, Index("device_key", ((APP, 1), (TECHNOLOGY, 1), (TOKEN, 1)), unique=True)),
    (INSTALLATIONS, Index("app_id", ((APP, 1), (ID, 1)))),
    (INSTALLATIONS, Index("app_owner", ((APP, 1), (OWNER, 1)))),
    (INSTALLATIONS, Index("app_channels", ((APP, 1), (CHANNELS, 1)))),
    (INSTALLATIONS, Index("app_senders", ((APP, 1), (ALLOWED_SENDERS, 1)))),
    (NOTIFICATIONS, Index("created", (("createdAt", 1),))),
    (BATCHES, Index("notification_open", (("notification", 1), ("open", 1)))),
    (BATCHES, Index("last", (("last", 1),), sparse=True)),
    (BATCHES, Index("created", (("createdAt", 1),))),
    (RECEIVERS, Index("created", (("createdAt", 1),))),
)
"""The indexes of every tenant, made with it: collection and index."""

_UTC_DATES: CodecOptions[Any] = CodecOptions(tz_aware=True, tzinfo=UTC)


# --- installations ---


def installation_document(
    fields: Document, *, id: str, app: str, owner: str | None, created_at: datetime, now: datetime
) -> Document:
    """The stored form of an installation whose fields have been checked.

    Raises: InvalidDocument for what cannot be stored; DocumentTooLarge.
    """
    server = {"app": app, "etag": ids.new_etag(), "createdAt": created_at, "updatedAt": now}
    document = {ID: id} | client_fields(fields) | ({} if owner is None else {OWNER: owner}) | {SERVER: server}
    check_document(document)
    if bson_size(document) > MAX_INSTALLATION_BYTES:
        raise DocumentTooLarge(MAX_INSTALLATION_BYTES)
    return document


def installation_from_document(document: Document) -> PushInstallation:
    """The installation that a stored document describes, without credentials."""
    return PushInstallation(document[ID], document[SERVER]["app"], document.get(OWNER), client_fields(document))


def client_fields(document: Document) -> Document:
    """The client's fields of an installation."""
    return {name: value for name, value in document.items() if name not in OWN_FIELDS}


def of_app(caller: Caller) -> Document:
    """The condition on the installations of the caller's app; for an operator, of all apps."""
    return {} if caller.app is None else {APP: caller.app.id}


# --- notifications ---


def notification_document(notification: Notification, query: Filter, parts: int) -> Document:
    """The stored form of a notification: `query` is the whole condition, `parts` how many parts its receivers have.

    0 parts mean no such limit. The query is kept as BSON bytes, because a document cannot have field names like its.
    """
    return {
        ID: notification.id,
        "app": notification.app,
        "sender": notification.sender,
        "message": asdict(notification.message),
        "query": bson.encode(query.source),
        "parts": parts,
        "installations": notification.installations,
        "createdAt": notification.created_at,
        "finishedAt": notification.finished_at,
        "counters": asdict(notification.counters),
        "problem": notification.problem,
    }


def notification_from_document(document: Document, counters: PushCounters | None = None) -> Notification:
    """The notification that a stored document describes; `counters` are the present ones, if it is not finished."""
    return Notification(
        id=document[ID],
        app=document["app"],
        sender=document["sender"],
        message=PushMessage(**document["message"]),
        installations=document["installations"],
        created_at=document["createdAt"],
        finished_at=document["finishedAt"],
        counters=counters or PushCounters(**document["counters"]),
        problem=document["problem"],
    )


def query_of(document: Document) -> Filter:
    """The condition on the installations that a stored notification goes to."""
    return parse_filter(bson.decode(bytes(document["query"]), _UTC_DATES))
