"""Threads that work through the app's queues, instead of Lambda's event sources."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chalicelib.core.jobs import Job, Jobs
from chalicelib.web.chalice_bridge import YorozuApp
from chalicelib.web.log import describe, log_line
from chalicelib.web.queue_events import JobsFailed, event_of

if TYPE_CHECKING:
    from chalicelib.core.core import Core

WAIT_SECONDS = 1.0
"""How long a worker waits for a job before it checks whether to stop."""

REST_SECONDS = 5.0
"""How long a worker pauses when the queue fails."""

Handler = Callable[[dict[str, Any], None], Any]


class QueueWorkers:
    """Works on each queue that the app has a handler for, with some threads in every process.

    Each thread takes one job at a time, so that a job that gets stuck holds up no other.
    """

    def __init__(self, app: YorozuApp, get_core: Callable[[], Core], *, threads: int, hidden_seconds: int) -> None:
        self._queues = [(queue, app.handler_map[name]) for name, queue in app.queues.items()]
        self._get_core = get_core
        self._threads_per_queue = threads
        self._hidden_seconds = hidden_seconds
        self._stopping = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        for queue, handler in self._queues:
            for number in range(self._threads_per_queue):
                name = f"{queue}-{number + 1}"
                thread = threading.Thread(target=self._work, args=(queue, handler), name=name, daemon=True)
                self._threads.append(thread)
                thread.start()

    def stop(self) -> None:
        """Returns once the jobs in progress are done."""
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _work(self, queue: str, handler: Handler) -> None:
        jobs: Jobs = self._get_core().jobs
        while not self._stopping.is_set():
            try:
                taken = jobs.take(queue, 1, hidden_seconds=self._hidden_seconds, wait_seconds=WAIT_SECONDS)
            except Exception as error:
                log_line("ERROR", "failure", route=queue, cause=describe(error))
                self._stopping.wait(REST_SECONDS)
                continue
            for job in taken:
                _run(job, handler)


def _run(job: Job, handler: Handler) -> None:
    try:
        handler(event_of(job), None)
    except JobsFailed:
        return  # It has been logged and put off.
    except Exception as error:
        log_line("ERROR", "failure", route=job.queue, job=job.id, cause=describe(error))
    else:
        log_line("INFO", "job", queue=job.queue, job=job.id, attempt=job.attempt)
