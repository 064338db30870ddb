"""The port to counters: how often each API is called."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class ApiCounters(Protocol):
    """Adds calls up in raw counters, which the roll-up job folds into documents of ten minutes.

    Counting must not slow a request: it is one unacknowledged write at most, or a note in memory that is stored later.
    """

    def count(self, tenant: str, app: str, kind: str, at: datetime) -> None:
        """Counts one call of a kind (see KINDS). Never raises."""

    def flush(self) -> None:
        """Stores what is still in memory."""

    def close(self) -> None:
        """Stores what is still in memory and stops."""
