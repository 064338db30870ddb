"""A batch of messages: what is done is completed, what fails is put off, and nothing of a job is logged."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chalicelib.core.errors import Unavailable
from chalicelib.core.jobs import Job
from chalicelib.engines.embedded.sqlite_jobs import SqliteJobs
from chalicelib.web.queue_events import RETRY_SECONDS, JobsFailed, event_of, work_off

QUEUE = "chores"


class Clock:
    """Seconds that pass when told to."""

    seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def jobs(tmp_path: Path, clock: Clock) -> SqliteJobs:
    return SqliteJobs(tmp_path / "jobs.db", clock)


def batch(jobs: SqliteJobs) -> dict[str, Any]:
    taken = jobs.take(QUEUE, 10, hidden_seconds=3600)
    return {"Records": [record for job in taken for record in event_of(job)["Records"]]}


def fail_on(bad: str) -> Any:
    def work(body: dict[str, Any]) -> None:
        if body["name"] == bad:
            raise KeyError("the secret word")

    return work


def test_a_message_is_the_job_that_it_was_made_of(jobs: SqliteJobs) -> None:
    seen: list[dict[str, Any]] = []
    jobs.put(QUEUE, [{"text": "万屋", "n": 1}])
    work_off(jobs, QUEUE, batch(jobs), seen.append)
    assert seen == [{"text": "万屋", "n": 1}]
    assert jobs.count(QUEUE) == 0


def test_of_a_batch_that_fails_in_part_only_that_part_comes_again(
    jobs: SqliteJobs, clock: Clock, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs.put(QUEUE, [{"name": name} for name in ("a", "wrong one", "c")])
    with pytest.raises(JobsFailed, match=r"^1 of 3 jobs of chores failed$"):
        work_off(jobs, QUEUE, batch(jobs), fail_on("wrong one"))
    assert jobs.count(QUEUE) == 1
    clock.seconds += RETRY_SECONDS[0]
    (again,) = jobs.take(QUEUE, 10, hidden_seconds=30)
    assert again.body == {"name": "wrong one"}
    logged = capsys.readouterr().err
    assert '"ERROR"' in logged
    assert "KeyError" in logged
    assert "secret" not in logged
    assert "wrong one" not in logged


def test_a_failing_job_rests_longer_each_time_until_it_is_dead(jobs: SqliteJobs, clock: Clock) -> None:
    jobs.put(QUEUE, [{"name": "wrong one"}])
    for seconds in (*RETRY_SECONDS, RETRY_SECONDS[-1]):
        with pytest.raises(JobsFailed):
            work_off(jobs, QUEUE, batch(jobs), fail_on("wrong one"))
        clock.seconds += seconds - 1
        assert jobs.take(QUEUE, 1, hidden_seconds=30) == []
        clock.seconds += 1
    assert jobs.take(QUEUE, 1, hidden_seconds=30) == []
    assert [job.body for job in jobs.dead(QUEUE)] == [{"name": "wrong one"}]


def test_a_backend_that_is_away_is_a_warning(jobs: SqliteJobs, capsys: pytest.CaptureFixture[str]) -> None:
    def work(body: dict[str, Any]) -> None:
        raise Unavailable("the perch broke")

    jobs.put(QUEUE, [{}])
    with pytest.raises(JobsFailed):
        work_off(jobs, QUEUE, batch(jobs), work)
    assert '"WARNING"' in capsys.readouterr().err


def test_a_job_that_cannot_be_put_off_comes_again_when_its_time_is_over(jobs: SqliteJobs, clock: Clock) -> None:
    class Deaf(SqliteJobs):
        def release(self, job: Job, *, delay_seconds: int) -> None:
            raise Unavailable("the queue is away")

    jobs.put(QUEUE, [{"name": "wrong one"}])
    deaf = Deaf(jobs._file, clock)
    with pytest.raises(JobsFailed):
        work_off(deaf, QUEUE, batch(jobs), fail_on("wrong one"))
    assert jobs.take(QUEUE, 1, hidden_seconds=30) == []
    clock.seconds += 3600
    assert len(jobs.take(QUEUE, 1, hidden_seconds=30)) == 1
