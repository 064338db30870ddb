"""The port to push gateways, which bring messages to devices."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class Target:
    """A device to send to: an installation's id, how it is reached (`apns`, `gcm`, `sse`), its token, its app."""

    tenant: str
    app: str
    installation: str
    technology: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PushMessage:
    """What is sent, in neutral terms; a gateway writes it in the form of its service. Spec: nec-rest, 10.6."""

    text: str
    title: str | None = None
    badge: int | None = None
    sound: str | None = None
    content_available: bool = False
    category: str | None = None
    uri: str | None = None
    event_id: str | None = None
    event_type: str | None = None
    extras: dict[str, Any] = field(default_factory=dict)


class Delivery(Enum):
    """What became of one message to one device."""

    SENT = "sent"
    """Accepted by the service that delivers it."""
    DEAD = "dead"
    """The token is no longer valid: the installation is to be deleted."""
    FAILED = "failed"
    """Refused for good: trying again is useless."""
    RETRY = "retry"
    """Not now: try again later."""


class PushGateway(Protocol):
    """Brings messages to devices of some technologies."""

    technologies: frozenset[str]

    def send(self, targets: list[Target], message: PushMessage) -> list[Delivery]:
        """What became of the message to each target, in their order. A failure for one target does not raise."""
