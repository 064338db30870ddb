"""A stand-in for AWS on loopback: moto's server in a thread, and clients of it.

It proves what is asked and how answers are read. It checks no signatures, rights or expiry: docs/aws-engines.md,
"What the tests cannot prove".
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import pytest
from moto.backends import get_backend
from moto.server import ThreadedMotoServer
from moto.sqs.models import Queue

from chalicelib.core.jobs import MAX_RECEIVES
from chalicelib.engines.aws.clients import Clients
from chalicelib.engines.aws.sqs_jobs import DEAD_SUFFIX
from tests.live import PATIENCE_SECONDS

REGION = "ap-northeast-1"
ACCOUNT = "123456789012"
"""The account that moto plays."""

KEYS = {"AWS_ACCESS_KEY_ID": "of-a-test", "AWS_SECRET_ACCESS_KEY": "of-a-test", "AWS_EC2_METADATA_DISABLED": "true"}


@dataclass(frozen=True)
class AwsServer:
    """The server, and clients that speak to it instead of AWS."""

    endpoint_url: str
    clients: Clients

    def backend(self, service: Literal["ses", "sns"]) -> Any:
        """What moto keeps for a service: some of what is sent can be seen only there."""
        return get_backend(service)[ACCOUNT][REGION]

    def make_bucket(self, name: str) -> None:
        self.clients.s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})

    def make_queue(self, name: str) -> None:
        """A queue and the one for its dead jobs, as infra/data.yaml makes them."""
        dead = self.clients.sqs.create_queue(QueueName=name + DEAD_SUFFIX)["QueueUrl"]
        answer = self.clients.sqs.get_queue_attributes(QueueUrl=dead, AttributeNames=["QueueArn"])
        redrive = {"deadLetterTargetArn": answer["Attributes"]["QueueArn"], "maxReceiveCount": MAX_RECEIVES}
        self.clients.sqs.create_queue(QueueName=name, Attributes={"RedrivePolicy": json.dumps(redrive)})


@contextmanager
def aws_server() -> Iterator[AwsServer]:
    """The server on a free port; everything in it is gone afterwards."""
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    url = f"http://{host}:{port}"
    # With patience: what a slow stand-in has done already would be done again.
    clients = Clients(region=REGION, endpoint_url=url, read_seconds=PATIENCE_SECONDS)
    with pytest.MonkeyPatch.context() as environment:
        for name, value in KEYS.items():
            environment.setenv(name, value)
        environment.delenv("AWS_PROFILE", raising=False)
        environment.setattr(Queue, "delete_message", _one_at_a_time(Queue.delete_message))
        try:
            clients.s3.meta.events.register("after-call.s3.ListMultipartUploads", _date_uploads(datetime.now(UTC)))
            yield AwsServer(url, clients)
        finally:
            clients.close()
            server.stop()


def _one_at_a_time(delete: Callable[[Queue, str], None]) -> Callable[[Queue, str], None]:
    """Lets no other write of a queue into a deletion: moto writes back what it read before, and would undo it."""

    def delete_alone(queue: Queue, receipt_handle: str) -> None:
        with queue._messages_lock:
            delete(queue, receipt_handle)

    return delete_alone


def _date_uploads(started_at: datetime) -> Callable[..., None]:
    """Dates uploads by the start of the server: moto says of each that it began in 2010."""

    def date(parsed: dict[str, Any], **_: Any) -> None:
        for upload in parsed.get("Uploads", ()):
            upload["Initiated"] = started_at

    return date
