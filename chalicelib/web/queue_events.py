"""Messages of a queue as jobs, and jobs as messages: so every host runs jobs through the app's handlers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from chalicelib.core.errors import Unavailable
from chalicelib.core.jobs import Job, Jobs
from chalicelib.web.log import describe, log_line

RETRY_SECONDS = (5, 30, 180, 900)
"""How long a job waits after its first, second ... failure: a hiccup costs moments, an outage is waited out."""

Work = Callable[[dict[str, Any]], None]


class JobsFailed(Exception):
    """Some jobs of a batch failed; the queue keeps those. The message tells nothing of their bodies."""


def work_off(jobs: Jobs, queue: str, event: dict[str, Any], work: Work) -> None:
    """Does the work of each message of an SQS event: completes each at once, and puts off those that fail.

    So when a batch fails in part, or its function is killed, only what is not done comes again.
    Raises: JobsFailed.
    """
    failed = 0
    for job in _jobs_of(queue, event):
        try:
            work(job.body)
            jobs.complete(job)
        except Exception as error:
            failed += 1
            _put_off(jobs, job, error)
    if failed:
        raise JobsFailed(f"{failed} of {len(event['Records'])} jobs of {queue} failed")


def event_of(job: Job) -> dict[str, Any]:
    """The SQS event that would bring this job."""
    record = {
        "messageId": job.id,
        "receiptHandle": job.receipt,
        "body": json.dumps(job.body),
        "attributes": {"ApproximateReceiveCount": str(job.attempt)},
    }
    return {"Records": [record]}


def _jobs_of(queue: str, event: dict[str, Any]) -> list[Job]:
    return [
        Job(
            id=record["messageId"],
            queue=queue,
            body=json.loads(record["body"]),
            attempt=int(record["attributes"]["ApproximateReceiveCount"]),
            receipt=record["receiptHandle"],
        )
        for record in event["Records"]
    ]


def _put_off(jobs: Jobs, job: Job, error: Exception) -> None:
    """Gives a job back for later. Its body is not logged: it may say who gets what."""
    level = "WARNING" if isinstance(error, Unavailable) else "ERROR"
    log_line(level, "failure", route=job.queue, job=job.id, attempt=job.attempt, cause=describe(error))
    try:
        jobs.release(job, delay_seconds=RETRY_SECONDS[min(job.attempt, len(RETRY_SECONDS)) - 1])
    except Unavailable:
        return  # The job comes again once it is no longer hidden.
