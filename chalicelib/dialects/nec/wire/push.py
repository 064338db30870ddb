"""Installations and notifications as JSON. Spec: nec-rest, 10; nec-clients, 7."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from chalicelib.core.errors import InvalidInput, InvalidQuery
from chalicelib.core.push.model import NewNotification, Notification, PushInstallation
from chalicelib.core.push.ports import PushMessage
from chalicelib.core.push.queries import misuse_is_invalid
from chalicelib.core.query.filter import Filter, parse_filter
from chalicelib.core.query.values import Document
from chalicelib.dialects.nec.wire.body import full_update_source, json_in_text, optional_names, optional_text
from chalicelib.dialects.nec.wire.values import date_text, from_json, to_json

MAX_BADGE = 2**31 - 1
"""The largest badge, included. Our choice; no device shows more."""

MAX_LINE_BYTES = 1_000
"""Bytes of an event's id or type as UTF-8, included. Source: our choice; servers give all headers of a request 8 KB."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f]")

_VERSION_CODE = "_appVersionCode"

# --- from JSON ---


def installation_fields(body: dict[str, Any]) -> Document:
    """The fields of an installation; the core checks their form. Raises: InvalidInput."""
    fields = _document(body)
    if _VERSION_CODE in fields:
        fields[_VERSION_CODE] = _whole(fields[_VERSION_CODE])
    return fields


def installation_change(body: dict[str, Any]) -> Document:
    """The change that a body without `$full_update` spells: operators, plain fields, or both. Raises: InvalidInput."""
    change = installation_fields(body)
    fields = change.get("$set")
    if isinstance(fields, dict) and _VERSION_CODE in fields:
        fields[_VERSION_CODE] = _whole(fields[_VERSION_CODE])
    return change


def full_update(body: dict[str, Any]) -> Document | None:
    """The fields that are to replace the stored ones; None when the body is a partial update.

    Raises: as `full_update_source`; InvalidInput. Spec: nec-rest, 10.3 and 8.5.2.
    """
    source = full_update_source(body)
    return None if source is None else installation_fields(source)


def new_notification(body: dict[str, Any]) -> NewNotification:
    """The notification to send; keys that the reference does not know are ignored.

    Raises: InvalidInput for what is missing or of the wrong type; InvalidQuery. Spec: nec-rest, 10.6.
    """
    text = optional_text(body, "message")
    if text is None:
        raise InvalidInput("message is missing")
    message = PushMessage(
        text=text,
        title=optional_text(body, "title"),
        badge=_badge(body),
        sound=optional_text(body, "sound"),
        content_available=_content_available(body),
        category=optional_text(body, "category"),
        uri=optional_text(body, "uri"),
        event_id=_one_line(body, "sseEventId"),
        event_type=_one_line(body, "sseEventType"),
    )
    receivers = optional_names(body, "allowedReceivers")
    return NewNotification(_query(body), message, None if receivers is None else tuple(receivers))


def _document(body: dict[str, Any]) -> Document:
    fields = from_json(body)
    if not isinstance(fields, dict):
        raise InvalidInput("an installation cannot be a typed value")
    return fields


def _query(body: dict[str, Any]) -> Filter:
    """An object, or the JSON text of one, as elsewhere."""
    query = body.get("query")
    if isinstance(query, str):
        query = json_in_text(query, "query")
    if not isinstance(query, dict):
        raise InvalidInput("query is missing" if query is None else "query must be an object")
    typed = from_json(query)
    if not isinstance(typed, dict):
        raise InvalidQuery("query must be an object of conditions")
    with misuse_is_invalid():
        return parse_filter(typed)


def _badge(body: dict[str, Any]) -> int | None:
    badge = _whole(body.get("badge"))
    if badge is None:
        return None
    if isinstance(badge, bool) or not isinstance(badge, int) or not 0 <= badge <= MAX_BADGE:
        raise InvalidInput(f"badge must be a whole number from 0 to {MAX_BADGE}")
    return badge


def _content_available(body: dict[str, Any]) -> bool:
    value = _whole(body.get("content-available"))
    if value is None:
        return False
    if isinstance(value, bool) or value not in (0, 1):
        raise InvalidInput("content-available must be 0 or 1")
    return bool(value)


def _one_line(body: dict[str, Any], name: str) -> str | None:
    """A text for one line of an event stream, where a second line would be another field, and of a header, in which it
    comes back. Raises: InvalidInput."""
    text = optional_text(body, name)
    if text is not None and (_CONTROL.search(text) or len(text.encode()) > MAX_LINE_BYTES):
        raise InvalidInput(f"{name} must be one line of at most {MAX_LINE_BYTES} bytes")
    return text


def _whole(value: Any) -> Any:
    """6 for 6.0, which some clients write instead; any other value as it is."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


# --- to JSON ---


def installation_json(installation: PushInstallation, events_uri: str) -> dict[str, Any]:
    """One installation: its id, what the client registered, its owner, and how to listen for events.

    `events_uri` is the URI below which events are. Spec: nec-rest, 10.1 and 10.1.1.
    """
    fields: dict[str, Any] = {"_id": installation.id}
    fields.update((name, to_json(value)) for name, value in installation.fields.items())
    if installation.owner is not None:
        fields["_owner"] = installation.owner
    credentials = installation.credentials
    if credentials is not None:
        fields["_sse"] = {
            "username": credentials.username,
            "password": credentials.password,
            "uri": f"{events_uri}/{installation.id}",
        }
    return fields


def installations_json(found: Iterable[PushInstallation]) -> dict[str, Any]:
    """`{"results": [...]}`. Spec: nec-rest, 10.5."""
    return {"results": [installation_json(installation, "") for installation in found]}


def sent_json(notification: Notification) -> dict[str, Any]:
    """Spec: nec-rest, 10.6."""
    return {"result": "ok", "installations": notification.installations}


def notification_json(notification: Notification) -> dict[str, Any]:
    """How far a notification has come. Source: our own extension."""
    counters = notification.counters
    fields: dict[str, Any] = {
        "_id": notification.id,
        "message": notification.message.text,
        "state": "sending" if notification.finished_at is None else "finished",
        "installations": notification.installations,
        "queued": counters.queued,
        "waiting": counters.waiting,
        "sent": counters.sent,
        "failed": counters.failed,
        "dead": counters.dead,
        "retried": counters.retried,
        "createdAt": date_text(notification.created_at),
    }
    if notification.finished_at is not None:
        fields["finishedAt"] = date_text(notification.finished_at)
    if notification.sender is not None:
        fields["sender"] = notification.sender
    return fields
