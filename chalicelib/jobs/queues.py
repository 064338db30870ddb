"""Which job works on which queue, for the workers of every host."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.core.core import Core
from chalicelib.core.push.fan_out import DELIVER_QUEUE, EXPAND_QUEUE
from chalicelib.jobs.push_deliver import push_deliver
from chalicelib.jobs.push_expand import push_expand

__all__ = ["DELIVER_QUEUE", "EXPAND_QUEUE", "QUEUE_JOBS", "QueueJob"]

QueueJob = Callable[[Core, dict[str, Any]], None]
"""`job(core, body)`. When it returns, the work is done; when it raises, the queue hands the job out again."""

QUEUE_JOBS: dict[str, QueueJob] = {
    EXPAND_QUEUE: push_expand,
    DELIVER_QUEUE: push_deliver,
}
