"""Events as `text/event-stream`. Spec: html, "Server-sent events"; nec-clients, 7.21 and 7.22."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

from chalicelib.core.push.event_streams import EventStream
from chalicelib.core.push.events import Event

EVENT_STREAM_HEADERS = (
    # Exactly this, without parameters. Spec: nec-clients, 7.25.
    ("Content-Type", "text/event-stream"),
    ("Cache-Control", "no-cache"),
    # Common proxies buffer answers unless they are told not to.
    ("X-Accel-Buffering", "no"),
)

RETRY = b"retry: 3000\n\n"
"""Milliseconds after which a client reconnects when its connection is lost. Our choice."""

HEARTBEAT = b":\n\n"
"""An empty comment: the Java client takes no other as a sign of life. Spec: nec-clients, 7.22."""

_LINE_END = re.compile("\r\n|\r|\n")


def event_bytes(event: Event) -> bytes:
    """One event: its type, its id, and a line for each line of its text."""
    lines = [f"event: {event.type}", f"id: {event.id}", *(f"data: {line}" for line in _LINE_END.split(event.data))]
    return ("\n".join(lines) + "\n\n").encode()


class EventFeed:
    """A stream of events as the bytes of a body."""

    def __init__(self, stream: EventStream, idle_seconds: float, wait_seconds: float) -> None:
        self._stream = stream
        self._wait_seconds = wait_seconds
        self.idle_seconds = idle_seconds

    def begin(self, ring: Callable[[], None]) -> bytes:
        self._stream.listen(ring)
        return RETRY + self.more()

    def more(self) -> bytes:
        return b"".join(event_bytes(event) for event in self._stream.read())

    def idle(self) -> bytes | None:
        return HEARTBEAT if self._stream.is_open() else None

    def whole(self) -> bytes:
        if self._wait_seconds == 0:
            return RETRY + self.more()
        rung = threading.Event()
        begun = self.begin(rung.set)
        if begun == RETRY and rung.wait(self._wait_seconds):
            begun += self.more()
        return begun

    def close(self) -> None:
        self._stream.close()
