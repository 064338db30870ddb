"""The gateway to clients of server-sent events: appends to the log from which their streams are read."""

from __future__ import annotations

from chalicelib.core.clock import Clock
from chalicelib.core.errors import Unavailable
from chalicelib.core.push.events import EventLog
from chalicelib.core.push.ports import Delivery, PushMessage, Target


class SsePush:
    """Delivers by appending an event per installation. An event that is kept counts as sent. Spec: nec-rest, 10.6."""

    technologies = frozenset({"sse"})

    def __init__(self, events: EventLog, clock: Clock) -> None:
        self._events = events
        self._clock = clock

    def send(self, targets: list[Target], message: PushMessage) -> list[Delivery]:
        return [self._append(target, message) for target in targets]

    def _append(self, target: Target, message: PushMessage) -> Delivery:
        try:
            self._events.append(
                target.tenant,
                target.installation,
                message.event_id,
                message.event_type,
                message.text,
                self._clock.now(),
            )
        except Unavailable:
            return Delivery.RETRY
        return Delivery.SENT
