"""Installations and notifications: plain values. Tokens and passwords do not show in their texts."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.core.push.ports import PushMessage
from chalicelib.core.query.filter import Filter


@dataclass(frozen=True, slots=True)
class EventCredentials:
    """What a client proves itself with when it listens for events. Spec: nec-rest, 10.1.1."""

    username: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PushInstallation:
    """An app on a device, as it registered itself: `fields` are the required ones (form.py) and the app's own.

    `owner` is the user who was signed in then. Installations that listen for events have `credentials`.
    """

    id: str
    app: str
    owner: str | None
    fields: dict[str, Any] = field(repr=False)
    credentials: EventCredentials | None = None


@dataclass(frozen=True, slots=True)
class NewNotification:
    """What a sender asks for: a message to the installations that match.

    `receivers` are user ids and `g:` groups; only their installations may get it. None means no such limit.
    """

    query: Filter
    message: PushMessage
    receivers: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class PushCounters:
    """How far the sending has come, in installations.

    `queued` were found and are to be sent to; each of them ends as `sent` (the gateway took it), `failed` (refused, or
    too many attempts) or `dead` (its token is invalid, or it is deleted). `retried` counts attempts to be repeated.
    """

    queued: int = 0
    sent: int = 0
    failed: int = 0
    dead: int = 0
    retried: int = 0

    @property
    def waiting(self) -> int:
        """Found, and not yet sent, failed or dead."""
        return self.queued - self.sent - self.failed - self.dead


@dataclass(frozen=True, slots=True)
class Notification:
    """A message sent to the installations of an app. `installations` is how many matched when it was accepted.

    `sender` is the user who was signed in; `finished_at` is None while installations are waiting. `problem` is the last
    unexpected failure of a gateway or of the query, as the name of its exception.
    """

    id: str
    app: str
    sender: str | None
    message: PushMessage
    installations: int
    created_at: datetime
    finished_at: datetime | None
    counters: PushCounters
    problem: str | None = None
