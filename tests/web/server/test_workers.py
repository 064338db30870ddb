"""The local server's workers: every job of every queue is worked off by the app's own handlers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.core.errors import Unavailable
from chalicelib.core.jobs import Job
from chalicelib.engines.embedded.sqlite_jobs import SqliteJobs
from chalicelib.web import queue_events
from chalicelib.web.chalice_bridge import YorozuApp
from chalicelib.web.queue_events import work_off
from chalicelib.web.server import workers as module
from chalicelib.web.server.workers import QueueWorkers
from tests.live import PATIENCE_SECONDS, eventually


class Workshop:
    """An app with two queues, one for work and one for trouble."""

    def __init__(self, jobs: SqliteJobs) -> None:
        self.jobs = jobs
        self.app = YorozuApp("workshop")
        self.done: list[Any] = []
        self.hold = threading.Event()
        self.hold.set()
        self.begun = threading.Event()

        @self.app.on_queue("work", batch_size=1)
        def handle_work(event: Any) -> None:
            work_off(jobs, "work", event.to_dict(), self._work)

        @self.app.on_queue("trouble", batch_size=1)
        def handle_trouble(event: Any) -> None:
            raise KeyError("the secret word")

        self.workers = QueueWorkers(
            self.app,
            lambda: SimpleNamespace(jobs=self.jobs),  # type: ignore[arg-type,return-value]
            threads=2,
            hidden_seconds=30,
        )

    def _work(self, body: dict[str, Any]) -> None:
        self.begun.set()
        assert self.hold.wait(PATIENCE_SECONDS)
        if body.get("fails"):
            raise Unavailable("not now")
        self.done.append(body["n"])


@pytest.fixture
def jobs(tmp_path: Path) -> SqliteJobs:
    return SqliteJobs(tmp_path / "jobs.db")


@pytest.fixture
def shop(jobs: SqliteJobs, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    monkeypatch.setattr(module, "WAIT_SECONDS", 0.05)
    shop = Workshop(jobs)
    yield shop
    shop.workers.stop()


def test_jobs_are_worked_off_and_gone(shop: Workshop, jobs: SqliteJobs) -> None:
    jobs.put("work", [{"n": n} for n in range(20)])
    shop.workers.start()
    jobs.put("work", [{"n": n} for n in range(20, 40)])
    eventually(lambda: jobs.count("work") == 0)
    assert sorted(shop.done) == list(range(40))


def test_a_job_that_fails_is_put_off_and_the_others_go_on(
    shop: Workshop, jobs: SqliteJobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queue_events, "RETRY_SECONDS", (3600,))
    jobs.put("work", [{"fails": True}, {"n": 1}])
    shop.workers.start()
    eventually(lambda: shop.done == [1] and jobs.count("work") == 1)
    assert jobs.take("work", 1, hidden_seconds=30) == []


def test_a_handler_that_breaks_stops_no_worker(
    shop: Workshop, jobs: SqliteJobs, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs.put("trouble", [{"n": n} for n in range(5)])
    jobs.put("work", [{"n": 1}])
    shop.workers.start()
    eventually(lambda: shop.done == [1] and jobs.take("trouble", 1, hidden_seconds=30) == [])
    shop.workers.stop()
    assert "secret" not in capsys.readouterr().err


def test_stopping_finishes_the_job_in_hand_and_takes_no_other(shop: Workshop, jobs: SqliteJobs) -> None:
    shop.hold.clear()
    jobs.put("work", [{"n": n} for n in range(10)])
    shop.workers.start()
    assert shop.begun.wait(PATIENCE_SECONDS)
    stopper = threading.Thread(target=shop.workers.stop)
    stopper.start()
    eventually(shop.workers._stopping.is_set)
    shop.hold.set()
    stopper.join(PATIENCE_SECONDS)
    assert not stopper.is_alive()
    assert 1 <= len(shop.done) <= 2
    assert jobs.count("work") == 10 - len(shop.done)


def test_workers_outlive_a_queue_that_is_away(
    shop: Workshop, jobs: SqliteJobs, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "REST_SECONDS", 0.01)
    failures = iter(range(3))

    class Shaky(SqliteJobs):
        def take(self, queue: str, most: int, **options: Any) -> list[Job]:
            if next(failures, None) is not None:
                raise Unavailable("the queue is away")
            return super().take(queue, most, **options)

    shop.jobs = Shaky(jobs._file)
    jobs.put("work", [{"n": 1}])
    shop.workers.start()
    told: list[str] = []

    def failures_told() -> int:
        told.append(capsys.readouterr().err)
        return "".join(told).count('"failure"')

    eventually(lambda: shop.done == [1] and failures_told() == 3)


def test_no_threads_leave_the_queues_to_others(jobs: SqliteJobs) -> None:
    shop = Workshop(jobs)
    idle = QueueWorkers(shop.app, lambda: pytest.fail("no core is needed"), threads=0, hidden_seconds=30)
    jobs.put("work", [{"n": 1}])
    idle.start()
    idle.stop()
    assert jobs.count("work") == 1
