"""Wakes those who listen for an installation's events: at once in this process, within a second in others."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence

from chalicelib.core.errors import CoreError

LOOK_SECONDS = 1.0
"""How often the log is searched for what other processes have appended."""

LOOK_BACK_SECONDS = 60.0
"""How far back it is searched: more than clocks differ and writes take."""

ASKED_AT_ONCE = 500
"""Installations in one query."""

Ring = Callable[[], None]
"""Called in any thread; must return at once."""

Key = tuple[str, str]
"""A tenant's id and an installation's."""

LastKeys = Callable[[str, Sequence[str], float], Iterator[tuple[str, str]]]


class EventBell:
    """The listeners, and a thread that looks for new events while there are any. A ring may be a false alarm."""

    def __init__(self, last_keys: LastKeys) -> None:
        self._last_keys = last_keys
        self._lock = threading.Lock()
        self._listeners: dict[Key, list[Ring]] = {}
        self._known: dict[Key, str] = {}
        """The newest event of each installation that its listeners have been told of."""
        self._watch: threading.Thread | None = None
        self._closing = threading.Event()

    def listen(self, tenant: str, installation: str, ring: Ring) -> Callable[[], None]:
        """Calls `ring` after each append from now on, until the returned function is called."""
        key = (tenant, installation)
        with self._lock:
            self._listeners.setdefault(key, []).append(ring)
            if self._watch is None and not self._closing.is_set():
                self._watch = threading.Thread(target=self._look, name="event-bell", daemon=True)
                self._watch.start()
        return lambda: self._leave(key, ring)

    def ring(self, tenant: str, installation: str, last: str) -> None:
        """Wakes the listeners of an installation whose newest event has this key."""
        key = (tenant, installation)
        with self._lock:
            rings = list(self._listeners.get(key, ()))
            if rings:
                self._known[key] = last
        for ring in rings:
            ring()

    def close(self) -> None:
        """Returns once the thread has ended."""
        self._closing.set()
        with self._lock:
            watch = self._watch
        if watch is not None:
            watch.join()

    def _leave(self, key: Key, ring: Ring) -> None:
        with self._lock:
            rings = self._listeners.get(key, [])
            if ring in rings:
                rings.remove(ring)
            if not rings:
                self._listeners.pop(key, None)
                self._known.pop(key, None)

    def _look(self) -> None:
        while not self._closing.wait(LOOK_SECONDS):
            with self._lock:
                if not self._listeners:
                    self._watch = None
                    return
                by_tenant: dict[str, list[str]] = {}
                for tenant, installation in self._listeners:
                    by_tenant.setdefault(tenant, []).append(installation)
            for tenant, installations in by_tenant.items():
                for start in range(0, len(installations), ASKED_AT_ONCE):
                    self._ask(tenant, installations[start : start + ASKED_AT_ONCE])

    def _ask(self, tenant: str, installations: list[str]) -> None:
        try:
            found = list(self._last_keys(tenant, installations, LOOK_BACK_SECONDS))
        except CoreError:
            return  # The database is unavailable: the next look finds what this one missed.
        for installation, last in found:
            if self._known.get((tenant, installation)) != last:
                self.ring(tenant, installation, last)
