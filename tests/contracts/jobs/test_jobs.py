"""What core/jobs.py promises of queues, held against every engine. Waits are short: real queues count in seconds."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest

from chalicelib.core.errors import LimitExceeded
from chalicelib.core.jobs import MAX_JOB_BYTES, MAX_RECEIVES, Job, Jobs
from tests.contracts.jobs.threads import worked_off_by_threads

WAIT_SECONDS = 20.0
"""Longer than any promise below takes to come true."""

A_SECOND = 0.95
"""Of a queue that counts by another clock than ours."""


def bodies(jobs: list[Job]) -> list[dict[str, Any]]:
    return [job.body for job in jobs]


def drained(jobs: Jobs, queue: str) -> list[Job]:
    """Everything that is ready, taken and completed."""
    found: list[Job] = []
    while taken := jobs.take(queue, 10, hidden_seconds=30):
        found += taken
        for job in taken:
            jobs.complete(job)
    return found


def used_up(jobs: Jobs, queue: str) -> None:
    """Takes the queue's one job as often as it is handed out, and never completes it."""
    for attempt in range(1, MAX_RECEIVES + 1):
        (job,) = jobs.take(queue, 1, hidden_seconds=30, wait_seconds=WAIT_SECONDS)
        assert job.attempt == attempt
        jobs.release(job, delay_seconds=0)


def test_a_job_comes_out_as_it_went_in(jobs: Jobs, queue: str) -> None:
    body = {"text": "万屋 \u0001 😀 <&>", "n": 1.5, "list": [None, True, {"a": []}]}
    jobs.put(queue, [body])
    (job,) = jobs.take(queue, 10, hidden_seconds=30, wait_seconds=WAIT_SECONDS)
    assert job.body == body
    assert (job.queue, job.attempt) == (queue, 1)
    assert job.id
    assert job.receipt


def test_an_empty_queue_hands_out_nothing_at_once(jobs: Jobs, queue: str) -> None:
    assert jobs.take(queue, 10, hidden_seconds=30) == []
    assert jobs.count(queue) == 0
    assert jobs.dead(queue) == []


def test_putting_nothing_is_fine(jobs: Jobs, queue: str) -> None:
    jobs.put(queue, [])
    assert jobs.count(queue) == 0


def test_many_jobs_are_all_handed_out_once_each_and_ten_at_most_at_a_time(jobs: Jobs, queue: str) -> None:
    jobs.put(queue, [{"n": n} for n in range(25)])
    first = jobs.take(queue, 50, hidden_seconds=30, wait_seconds=WAIT_SECONDS)
    assert 1 <= len(first) <= 10
    found = first + drained(jobs, queue)
    assert sorted(job.body["n"] for job in found) == list(range(25))
    assert len({job.id for job in found}) == 25


def test_no_more_are_handed_out_than_asked_for(jobs: Jobs, queue: str) -> None:
    jobs.put(queue, [{"n": n} for n in range(3)])
    assert len(jobs.take(queue, 1, hidden_seconds=30, wait_seconds=WAIT_SECONDS)) == 1


def test_a_taken_job_is_hidden_and_still_counted(jobs: Jobs, queue: str) -> None:
    jobs.put(queue, [{"n": 1}])
    jobs.take(queue, 1, hidden_seconds=30, wait_seconds=WAIT_SECONDS)
    assert jobs.take(queue, 1, hidden_seconds=30) == []
    assert jobs.count(queue) == 1


def test_a_completed_job_never_comes_again(jobs: Jobs, queue: str) -> None:
    jobs.put(queue, [{"n": 1}])
    (job,) = jobs.take(queue, 1, hidden_seconds=1, wait_seconds=WAIT_SECONDS)
    jobs.complete(job)
    assert jobs.take(queue, 1, hidden_seconds=30, wait_seconds=1.5) == []
    assert jobs.count(queue) == 0
    assert jobs.dead(queue) == []


def test_a_job_that_is_not_completed_in_time_comes_again(jobs: Jobs, queue: str) -> None:
    jobs.put(queue, [{"n": 1}])
    (first,) = jobs.take(queue, 1, hidden_seconds=1, wait_seconds=WAIT_SECONDS)
    (second,) = jobs.take(queue, 1, hidden_seconds=30, wait_seconds=WAIT_SECONDS)
    assert second.id == first.id
    assert second.body == first.body
    assert second.attempt == 2
    assert second.receipt != first.receipt


def test_completing_with_a_receipt_that_has_run_out_raises_nothing(jobs: Jobs, queue: str) -> None:
    jobs.put(queue, [{"n": 1}])
    (job,) = jobs.take(queue, 1, hidden_seconds=30, wait_seconds=WAIT_SECONDS)
    jobs.complete(job)
    jobs.complete(job)
    jobs.release(job, delay_seconds=0)
    assert jobs.take(queue, 1, hidden_seconds=30) == []


def test_a_released_job_comes_again_at_once(jobs: Jobs, queue: str) -> None:
    jobs.put(queue, [{"n": 1}])
    (job,) = jobs.take(queue, 1, hidden_seconds=30, wait_seconds=WAIT_SECONDS)
    jobs.release(job, delay_seconds=0)
    (again,) = jobs.take(queue, 1, hidden_seconds=30, wait_seconds=WAIT_SECONDS)
    assert (again.id, again.attempt) == (job.id, 2)


def test_a_job_released_with_a_delay_comes_after_it(jobs: Jobs, queue: str) -> None:
    jobs.put(queue, [{"n": 1}])
    (job,) = jobs.take(queue, 1, hidden_seconds=30, wait_seconds=WAIT_SECONDS)
    released = time.monotonic()
    jobs.release(job, delay_seconds=1)
    assert len(jobs.take(queue, 1, hidden_seconds=30, wait_seconds=WAIT_SECONDS)) == 1
    assert time.monotonic() - released >= A_SECOND


def test_a_job_put_with_a_delay_comes_after_it(jobs: Jobs, queue: str) -> None:
    put = time.monotonic()
    jobs.put(queue, [{"n": 1}], delay_seconds=1)
    assert len(jobs.take(queue, 1, hidden_seconds=30, wait_seconds=WAIT_SECONDS)) == 1
    assert time.monotonic() - put >= A_SECOND


def test_a_job_whose_attempts_are_used_up_is_dead(jobs: Jobs, queue: str) -> None:
    jobs.put(queue, [{"n": 1}])
    used_up(jobs, queue)
    assert jobs.take(queue, 1, hidden_seconds=30, wait_seconds=0.5) == []
    assert bodies(jobs.dead(queue)) == [{"n": 1}]
    assert jobs.count(queue) == 0


def test_a_dead_job_does_not_stand_in_the_way_of_others(jobs: Jobs, queue: str) -> None:
    jobs.put(queue, [{"n": 1}])
    used_up(jobs, queue)
    jobs.put(queue, [{"n": 2}])
    taken = jobs.take(queue, 10, hidden_seconds=30, wait_seconds=WAIT_SECONDS)
    assert bodies(taken) == [{"n": 2}]


def test_a_waiting_taker_gets_what_is_put_meanwhile(jobs: Jobs, queue: str) -> None:
    timer = threading.Timer(0.3, jobs.put, (queue, [{"n": 1}]))
    timer.start()
    try:
        started = time.monotonic()
        assert len(jobs.take(queue, 1, hidden_seconds=30, wait_seconds=WAIT_SECONDS)) == 1
        assert time.monotonic() - started < WAIT_SECONDS
    finally:
        timer.join()


def test_a_job_of_the_largest_size_passes_and_one_byte_more_does_not(jobs: Jobs, queue: str) -> None:
    frame = len('{"t":""}')
    jobs.put(queue, [{"t": "x" * (MAX_JOB_BYTES - frame)}])
    with pytest.raises(LimitExceeded):
        jobs.put(queue, [{"t": "small"}, {"t": "x" * (MAX_JOB_BYTES - frame + 1)}])
    (job,) = jobs.take(queue, 10, hidden_seconds=30, wait_seconds=WAIT_SECONDS)
    assert len(job.body["t"]) == MAX_JOB_BYTES - frame
    jobs.complete(job)
    assert jobs.take(queue, 10, hidden_seconds=30) == []


def test_threads_share_a_queue_and_leave_nothing(jobs: Jobs, queue: str) -> None:
    jobs.put(queue, [{"n": n} for n in range(60)])
    assert set(worked_off_by_threads(jobs, queue)) == set(range(60))
    assert jobs.count(queue) == 0
