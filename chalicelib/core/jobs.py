"""The port to queues: work that is done later, at least once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chalicelib.core.errors import LimitExceeded

MAX_JOB_BYTES = 240_000
"""The largest body of a job, as JSON. Source: 256 KiB of SQS, less room for its envelope."""

MAX_RECEIVES = 5
"""Attempts after which a job is put aside as dead. Source: design, push notes."""


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of work: a JSON object. `receipt` proves to the queue who holds it; `attempt` counts from 1."""

    id: str
    queue: str
    body: dict[str, Any]
    attempt: int
    receipt: str


def job_text(body: dict[str, Any]) -> str:
    """The JSON in which a queue keeps a job, in ASCII: SQS refuses some of Unicode.

    Raises: LimitExceeded above MAX_JOB_BYTES.
    """
    text = json.dumps(body, separators=(",", ":"))
    if len(text) > MAX_JOB_BYTES:
        raise LimitExceeded(f"a job is larger than {MAX_JOB_BYTES} bytes", MAX_JOB_BYTES)
    return text


class Jobs(Protocol):
    """Queues by name. A job is handed out at least once, hidden from others meanwhile, and gone when completed.

    * A `put` that returns is durable.
    * A job that is not completed in time is handed out again; after MAX_RECEIVES attempts it moves to the dead jobs.
    * Order is not promised.
    * Every call may raise Unavailable.
    """

    def put(self, queue: str, bodies: Sequence[dict[str, Any]], *, delay_seconds: int = 0) -> None:
        """Adds jobs, many in several steps: a failure may leave some of them added.

        Raises: LimitExceeded when a body is larger than MAX_JOB_BYTES; nothing is added then.
        """

    def take(self, queue: str, most: int, *, hidden_seconds: int, wait_seconds: float = 0) -> list[Job]:
        """Up to `most` jobs (10 at most), hidden from others for `hidden_seconds`; waits for one if asked."""

    def complete(self, job: Job) -> None:
        """The work is done: the job never comes again. An expired receipt is ignored."""

    def release(self, job: Job, *, delay_seconds: int) -> None:
        """Gives a job back, to be handed out again after a time."""

    def dead(self, queue: str, most: int = 100) -> list[Job]:
        """Jobs put aside after too many attempts."""

    def count(self, queue: str) -> int:
        """Roughly how many jobs are waiting or being worked on."""

    def close(self) -> None:
        """Lets go of files and connections."""
