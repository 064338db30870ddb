"""Queues of SQS: `<prefix><queue>` for jobs, `<prefix><queue>-dead` for those that SQS has put aside.

The deployment makes both (infra/data.yaml), the first with a redrive policy of MAX_RECEIVES receives.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from chalicelib.core.errors import InvalidInput, LimitExceeded, Unavailable
from chalicelib.core.jobs import Job, job_text
from chalicelib.engines.aws.clients import LONG_POLL_SECONDS, Clients
from chalicelib.engines.aws.service_errors import core_errors

QUEUES = "the queue"

AT_ONCE = 10
"""Messages in one call. Spec: aws-sqs, "Amazon SQS message quotas"."""

BATCH_BYTES = 262_144
"""All bodies of one call together; the smallest that any account has. Spec: aws-sqs, "Amazon SQS message quotas"."""

MOST_DELAY_SECONDS = 900
"""Spec: aws-sqs, "SendMessageBatchRequestEntry"."""

DEAD_SUFFIX = "-dead"

LOOK_SECONDS = 30
"""How long dead jobs are hidden while they are read, so that each is read once."""

COUNTED = ("ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible", "ApproximateNumberOfMessagesDelayed")

RUN_OUT = (
    "ReceiptHandleIsInvalid",
    "InvalidParameterValue",
    "MessageNotInflight",
    "AWS.SimpleQueueService.MessageNotInflight",
)
"""What SQS says about a receipt that is not the latest one of a job in progress."""


class SqsJobs:
    """The Jobs port on SQS. A queue's URL is looked up once."""

    def __init__(self, clients: Clients, prefix: str = "") -> None:
        self._clients = clients
        self._prefix = prefix
        self._urls: dict[str, str] = {}

    def put(self, queue: str, bodies: Sequence[dict[str, Any]], *, delay_seconds: int = 0) -> None:
        texts = [job_text(body) for body in bodies]
        if delay_seconds > MOST_DELAY_SECONDS:
            raise LimitExceeded(f"a job can wait for {MOST_DELAY_SECONDS} seconds at most", MOST_DELAY_SECONDS)
        for batch in _batches(texts):
            entries = [
                {"Id": str(number), "MessageBody": text, "DelaySeconds": delay_seconds}
                for number, text in enumerate(batch)
            ]
            with core_errors(QUEUES):
                answer = self._clients.sqs.send_message_batch(QueueUrl=self._url(queue), Entries=entries)
            if answer.get("Failed"):
                raise Unavailable(f"{QUEUES} did not take {len(answer['Failed'])} jobs")

    def take(self, queue: str, most: int, *, hidden_seconds: int, wait_seconds: float = 0) -> list[Job]:
        return self._receive(queue, self._url(queue), most, hidden_seconds, wait_seconds)

    def complete(self, job: Job) -> None:
        with _ignoring_old_receipts():
            self._clients.sqs.delete_message(QueueUrl=self._url(job.queue), ReceiptHandle=job.receipt)

    def release(self, job: Job, *, delay_seconds: int) -> None:
        with _ignoring_old_receipts():
            self._clients.sqs.change_message_visibility(
                QueueUrl=self._url(job.queue), ReceiptHandle=job.receipt, VisibilityTimeout=delay_seconds
            )

    def dead(self, queue: str, most: int = 100) -> list[Job]:
        url = self._url(queue + DEAD_SUFFIX)
        found: list[Job] = []
        while len(found) < most:
            some = self._receive(queue, url, most - len(found), LOOK_SECONDS, wait_seconds=1)
            if not some:
                break
            found += some
        for start in range(0, len(found), AT_ONCE):
            shown = [
                {"Id": str(number), "ReceiptHandle": job.receipt, "VisibilityTimeout": 0}
                for number, job in enumerate(found[start : start + AT_ONCE])
            ]
            with core_errors(QUEUES):
                self._clients.sqs.change_message_visibility_batch(QueueUrl=url, Entries=shown)
        return found

    def count(self, queue: str) -> int:
        with core_errors(QUEUES):
            answer = self._clients.sqs.get_queue_attributes(QueueUrl=self._url(queue), AttributeNames=list(COUNTED))
        return sum(int(answer["Attributes"][name]) for name in COUNTED)

    def close(self) -> None:
        """Nothing to do: the connections belong to the clients, which others use too."""

    def _receive(self, queue: str, url: str, most: int, hidden_seconds: int, wait_seconds: float) -> list[Job]:
        with core_errors(QUEUES):
            answer = self._clients.sqs.receive_message(
                QueueUrl=url,
                MaxNumberOfMessages=min(most, AT_ONCE),
                VisibilityTimeout=hidden_seconds,
                WaitTimeSeconds=min(math.ceil(wait_seconds), LONG_POLL_SECONDS),
                MessageSystemAttributeNames=["ApproximateReceiveCount"],
            )
        return [_job(queue, message) for message in answer.get("Messages", ())]

    def _url(self, queue: str) -> str:
        if queue not in self._urls:
            with core_errors(QUEUES):
                answer = self._clients.sqs.get_queue_url(QueueName=self._prefix + queue)
            self._urls[queue] = answer["QueueUrl"]
        return self._urls[queue]


@contextmanager
def _ignoring_old_receipts() -> Iterator[None]:
    run_out = InvalidInput("the receipt has run out")
    with suppress(InvalidInput), core_errors(QUEUES, dict.fromkeys(RUN_OUT, run_out)):
        yield


def _batches(texts: list[str]) -> Iterator[list[str]]:
    """The bodies in groups that fit in one call. They are ASCII, so characters are bytes."""
    batch: list[str] = []
    size = 0
    for text in texts:
        if batch and (len(batch) == AT_ONCE or size + len(text) > BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(text)
        size += len(text)
    if batch:
        yield batch


def _job(queue: str, message: dict[str, Any]) -> Job:
    return Job(
        id=message["MessageId"],
        queue=queue,
        body=json.loads(message["Body"]),
        attempt=int(message["Attributes"]["ApproximateReceiveCount"]),
        receipt=message["ReceiptHandle"],
    )
