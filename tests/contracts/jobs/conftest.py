"""The engines that the contract of queues is held against."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.core.jobs import Jobs
from chalicelib.engines.aws.sqs_jobs import SqsJobs
from chalicelib.engines.embedded.sqlite_jobs import SqliteJobs
from tests.aws_server import AwsServer

ENGINES = ("embedded", "aws")

PREFIX = "yorozu-test-"
"""What begins the names of queues."""


@pytest.fixture
def queue() -> str:
    """The name of a queue that is empty."""
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture(params=ENGINES)
def jobs(request: pytest.FixtureRequest, tmp_path: Path, queue: str) -> Iterator[Jobs]:
    """The port, as the engine implements it."""
    port: Jobs
    if request.param == "embedded":
        port = SqliteJobs(tmp_path / "jobs" / "jobs.db")
    else:
        aws: AwsServer = request.getfixturevalue("aws")
        aws.make_queue(PREFIX + queue)
        port = SqsJobs(aws.clients, PREFIX)
    yield port
    port.close()
