"""The port to counters: how often each API is called."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class ApiCounters(Protocol):
    """Adds calls up in raw counters that the roll-up job folds into 10-minute documents.

    Counting must not slow a request: at most one unacknowledged write, or a note in memory written soon after.
    """

    def count(self, tenant: str, app: str, kind: str, at: datetime) -> None:
        """Notes one call of a kind (users, groups, buckets, objects, files, push, management). Never raises."""

    def flush(self) -> None:
        """Writes down what is still in memory."""

    def close(self) -> None:
        """Writes down what is still in memory and stops."""
