"""The engines that the contract of queues is held against. A new engine is one more entry in ENGINES."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from chalicelib.core.jobs import Jobs
from chalicelib.engines.embedded.sqlite_jobs import SqliteJobs

OpenJobs = Callable[[Path, str], Jobs]
"""Opens the port for one test: a folder of its own, and the name of the queue it will use."""


def embedded(folder: Path, queue: str) -> Jobs:
    return SqliteJobs(folder / "jobs" / "jobs.db")


ENGINES: dict[str, OpenJobs] = {"embedded": embedded}


@pytest.fixture
def queue() -> str:
    """The name of a queue that is empty."""
    return f"test-{uuid.uuid4().hex[:12]}"


@pytest.fixture(params=ENGINES)
def jobs(request: pytest.FixtureRequest, tmp_path: Path, queue: str) -> Iterator[Jobs]:
    """The port, as the engine implements it."""
    port = ENGINES[request.param](tmp_path, queue)
    yield port
    port.close()
