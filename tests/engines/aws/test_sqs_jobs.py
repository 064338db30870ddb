"""What is SQS's own: names, batches within its limits, and reading dead jobs without losing them."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from chalicelib.core.errors import LimitExceeded
from chalicelib.core.jobs import MAX_JOB_BYTES
from chalicelib.engines.aws.sqs_jobs import BATCH_BYTES, DEAD_SUFFIX, SqsJobs
from tests.aws_server import AwsServer

PREFIX = "yorozu-test-"


class Line:
    """A queue of its own, and the calls that were made."""

    def __init__(self, aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> None:
        self.aws = aws
        self.queue = f"q{uuid.uuid4().hex[:12]}"
        aws.make_queue(PREFIX + self.queue)
        self.jobs = SqsJobs(aws.clients, PREFIX)
        self.batches: list[list[int]] = []
        self.looked_up: list[str] = []
        send, look_up = aws.clients.sqs.send_message_batch, aws.clients.sqs.get_queue_url

        def noted_send(**call: Any) -> Any:
            self.batches.append([len(entry["MessageBody"]) for entry in call["Entries"]])
            return send(**call)

        def noted_look_up(**call: Any) -> Any:
            self.looked_up.append(call["QueueName"])
            return look_up(**call)

        monkeypatch.setattr(aws.clients.sqs, "send_message_batch", noted_send)
        monkeypatch.setattr(aws.clients.sqs, "get_queue_url", noted_look_up)


@pytest.fixture
def line(aws: AwsServer, monkeypatch: pytest.MonkeyPatch) -> Line:
    return Line(aws, monkeypatch)


def test_many_jobs_are_sent_ten_at_a_time(line: Line) -> None:
    line.jobs.put(line.queue, [{"n": n} for n in range(25)])
    assert [len(batch) for batch in line.batches] == [10, 10, 5]


def test_large_jobs_are_sent_within_what_one_call_takes(line: Line) -> None:
    line.jobs.put(line.queue, [{"t": "x" * size} for size in (100_000, 100_000, 100_000, 10, MAX_JOB_BYTES - 8)])
    assert all(sum(batch) <= BATCH_BYTES for batch in line.batches)
    assert [len(batch) for batch in line.batches] == [2, 2, 1]


def test_the_address_of_a_queue_is_asked_for_once(line: Line) -> None:
    for _ in range(3):
        line.jobs.put(line.queue, [{}])
        line.jobs.count(line.queue)
    assert line.looked_up == [PREFIX + line.queue]


def test_a_delay_that_sqs_does_not_know_is_refused(line: Line) -> None:
    line.jobs.put(line.queue, [{}], delay_seconds=900)
    with pytest.raises(LimitExceeded):
        line.jobs.put(line.queue, [{}], delay_seconds=901)
    assert line.jobs.count(line.queue) == 1


def test_dead_jobs_can_be_read_again_and_only_as_many_as_asked_for(line: Line) -> None:
    SqsJobs(line.aws.clients, PREFIX).put(line.queue + DEAD_SUFFIX, [{"n": n} for n in range(12)])
    for _ in range(2):
        found = line.jobs.dead(line.queue)
        assert sorted(job.body["n"] for job in found) == list(range(12))
        assert {job.queue for job in found} == {line.queue}
    assert len(line.jobs.dead(line.queue, 3)) == 3
    assert len(line.jobs.dead(line.queue)) == 12
