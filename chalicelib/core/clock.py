"""Time, passed in, so that tests can fix it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Protocol

from chalicelib.core.errors import TimedOut


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The current time: aware, UTC, in whole milliseconds, as in BSON."""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        moment = datetime.now(UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


class Deadline:
    """A moment after which work in memory must stop; monotonic, so a clock change cannot move it."""

    __slots__ = ("_at",)

    def __init__(self, timeout_ms: int) -> None:
        self._at = time.monotonic() + timeout_ms / 1000

    def remaining_ms(self) -> int:
        """Milliseconds left; never below 0."""
        return max(0, int((self._at - time.monotonic()) * 1000))

    def check(self) -> None:
        """Raises: TimedOut when the moment has passed."""
        if time.monotonic() > self._at:
            raise TimedOut("the query took longer than its time limit")
