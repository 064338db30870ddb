"""Several threads that work off one queue."""

from __future__ import annotations

import threading
from collections import Counter

from chalicelib.core.jobs import Jobs


def worked_off_by_threads(jobs: Jobs, queue: str) -> Counter[int]:
    """How often each job, by its `n`, was handed to one of six threads, until the queue had no more."""
    seen: Counter[int] = Counter()
    lock = threading.Lock()

    def work() -> None:
        while taken := jobs.take(queue, 3, hidden_seconds=30, wait_seconds=0.5):
            for job in taken:
                jobs.complete(job)
                with lock:
                    seen[job.body["n"]] += 1

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen
