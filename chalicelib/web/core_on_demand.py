"""The core of a process: built by the first request that needs it, then kept."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.core.core import Core


class CoreOnDemand:
    """Call it to get the core. Importing app.py, as packaging does, builds nothing."""

    def __init__(self, build: Callable[[], Core]) -> None:
        self._build = build
        self._core: Core | None = None
        self._lock = threading.Lock()

    def __call__(self) -> Core:
        if self._core is None:
            with self._lock:
                if self._core is None:
                    self._core = self._build()
        return self._core

    def close(self) -> None:
        """Closes the core, if there is one; the next call builds another."""
        with self._lock:
            if self._core is not None:
                self._core.close()
                self._core = None
