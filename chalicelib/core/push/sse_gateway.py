"""The gateway to clients that listen by server-sent events: it appends to the log that their streams are read from."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from chalicelib.core.clock import Clock
from chalicelib.core.push.ports import Delivery, PushMessage, Target


class EventLog(Protocol):
    """What the gateway needs of core/push/events.py."""

    def append(
        self,
        tenant: str,
        installation: str,
        event_id: str | None,
        event_type: str | None,
        data: str,
        at: datetime,
    ) -> object:
        """Keeps an event for an installation, and wakes whoever listens for it."""


class SsePush:
    """Delivers by appending an event per installation. An event that is kept counts as sent. Spec: nec-rest, 10.6."""

    technologies = frozenset({"sse"})

    def __init__(self, events: EventLog, clock: Clock) -> None:
        self._events = events
        self._clock = clock

    def send(self, targets: list[Target], message: PushMessage) -> list[Delivery]:
        at = self._clock.now()
        for target in targets:
            self._events.append(
                target.tenant, target.installation, message.event_id, message.event_type, message.text, at
            )
        return [Delivery.SENT] * len(targets)
