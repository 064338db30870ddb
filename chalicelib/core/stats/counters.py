"""Calls counted in memory and stored every second, for long-running servers."""

from __future__ import annotations

import secrets
import threading
from datetime import datetime

from chalicelib.core.documents import Documents
from chalicelib.core.errors import CoreError
from chalicelib.core.query.update import parse_update
from chalicelib.core.stats.model import slot_of
from chalicelib.core.stats.stored import RAW, raw_id, raw_update

WRITTEN_EVERY_SECONDS = 1.0
"""How often counts are stored, and so what a killed process can lose. Our choice."""


class BufferedCounters:
    """Adds calls up in memory; a thread that starts with the first call stores them."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._process = secrets.token_hex(8)
        self._lock = threading.Lock()
        self._calls: dict[tuple[str, datetime, str], dict[str, int]] = {}
        self._stopped = threading.Event()
        self._writer: threading.Thread | None = None

    def count(self, tenant: str, app: str, kind: str, at: datetime) -> None:
        with self._lock:
            kinds = self._calls.setdefault((tenant, slot_of(at), app), {})
            kinds[kind] = kinds.get(kind, 0) + 1
            if self._writer is None:
                self._writer = threading.Thread(target=self._write_now_and_then, daemon=True, name="api-counters")
                self._writer.start()

    def flush(self) -> None:
        with self._lock:
            calls, self._calls = self._calls, {}
        for (tenant, slot, app), kinds in calls.items():
            update = parse_update(raw_update(slot, app, self._process, kinds))
            try:
                self._documents.upsert_one(tenant, RAW, raw_id(slot, app, self._process), update)
            except CoreError:
                self._give_back((tenant, slot, app), kinds)

    def close(self) -> None:
        """Stops the thread and stores what is left."""
        self._stopped.set()
        if self._writer is not None:
            self._writer.join()
        self.flush()

    def _write_now_and_then(self) -> None:
        while not self._stopped.wait(WRITTEN_EVERY_SECONDS):
            self.flush()

    def _give_back(self, key: tuple[str, datetime, str], kinds: dict[str, int]) -> None:
        """Keeps what could not be stored for the next time."""
        with self._lock:
            mine = self._calls.setdefault(key, {})
            for kind, number in kinds.items():
                mine[kind] = mine.get(kind, 0) + number
