"""Timers for the app's `@app.schedule` jobs, instead of EventBridge."""

from __future__ import annotations

import fcntl
import re
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO

from chalice.app import ScheduledEventConfig

from chalicelib.web.chalice_bridge import YorozuApp
from chalicelib.web.log import describe, log_line

_RATE = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_UNIT_SECONDS = {"minute": 60, "hour": 3600, "day": 86400}

Job = Callable[[dict[str, Any], None], Any]


class Schedules:
    """Runs each scheduled job of the app at its rate, the first time one interval after the start.

    Of several processes with the same `lock_file`, one runs the jobs, and another takes over when it ends.
    """

    def __init__(self, app: YorozuApp, lock_file: Path) -> None:
        self._jobs = [
            (source.name, interval_seconds(source.schedule_expression), app.handler_map[source.name])
            for source in app.event_sources
            if isinstance(source, ScheduledEventConfig)
        ]
        self._lock_file = lock_file
        self._lock: TextIO | None = None
        self._deciding = threading.Lock()
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        for name, seconds, job in self._jobs:
            thread = threading.Thread(target=self._repeat, args=(name, seconds, job), name=name, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Returns once no job is running; lets another process take over."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()
        if self._lock is not None:
            self._lock.close()

    def _repeat(self, name: str, seconds: float, job: Job) -> None:
        while not self._stopping.wait(seconds):
            if self._is_ours():
                _run(name, job)

    def _is_ours(self) -> bool:
        """Whether this process holds, or can now take, the right to run the jobs. A dead process no longer holds it."""
        with self._deciding:
            if self._lock is None:
                self._lock = _try_lock(self._lock_file)
            return self._lock is not None


def _try_lock(file: Path) -> TextIO | None:
    """None when another process has it, and when it cannot be had now: files may have run short for a moment."""
    try:
        lock = file.open("a")
    except OSError as error:
        log_line("ERROR", "failure", route="schedules", cause=describe(error))
        return None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        return None
    return lock


def interval_seconds(expression: Any) -> float:
    """The interval of a `rate(...)`. Raises: ValueError for a cron expression: a timer knows no calendar."""
    text = expression if isinstance(expression, str) else expression.to_string()
    match = _RATE.fullmatch(text)
    if match is None:
        raise ValueError(f"the local server runs rate(...) schedules only, not {text}")
    return int(match[1]) * _UNIT_SECONDS[match[2]]


def _run(name: str, job: Job) -> None:
    event = dict.fromkeys(("version", "account", "region", "detail-type", "time", "id"), "")
    try:
        job({**event, "source": "aws.events", "resources": [name], "detail": {}}, None)
        log_line("INFO", "schedule", job=name)
    except Exception as error:
        log_line("ERROR", "failure", route=name, cause=describe(error))
