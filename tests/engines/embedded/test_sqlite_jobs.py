"""What the file of queues promises beyond the port: several processes, killed processes, and the loser of a job."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chalicelib.core.errors import Unavailable
from chalicelib.core.jobs import MAX_RECEIVES
from chalicelib.engines.embedded.sqlite_jobs import DEAD_KEPT_SECONDS, SqliteJobs
from tests.contracts.jobs.threads import worked_off_by_threads
from tests.live import PATIENCE_SECONDS, ROOT

QUEUE = "chores"

WORKER = """
import json, sys
from pathlib import Path
from chalicelib.engines.embedded.sqlite_jobs import SqliteJobs
jobs = SqliteJobs(Path(sys.argv[1]))
while taken := jobs.take("chores", 3, hidden_seconds=3600, wait_seconds=1):
    for job in taken:
        jobs.complete(job)
        print(job.body["n"])
"""

HOLDER = """
import sys, time
from pathlib import Path
from chalicelib.engines.embedded.sqlite_jobs import SqliteJobs
jobs = SqliteJobs(Path(sys.argv[1]))
(job,) = jobs.take("chores", 1, hidden_seconds=3600)
print(job.id, flush=True)
time.sleep(3600)
"""

PUTTER = """
import itertools, sys
from pathlib import Path
from chalicelib.engines.embedded.sqlite_jobs import SqliteJobs
jobs = SqliteJobs(Path(sys.argv[1]))
for n in itertools.count():
    jobs.put("chores", [{"n": n, "part": part} for part in range(3)])
    print(n, flush=True)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "below" / "jobs.db"


@pytest.fixture
def jobs(file: Path) -> Iterator[SqliteJobs]:
    jobs = SqliteJobs(file)
    yield jobs
    jobs.close()


@contextmanager
def process(code: str, file: Path) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", code, str(file)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as started:
        try:
            yield started
        finally:
            started.kill()


def test_threads_share_a_queue_and_each_job_is_done_once(jobs: SqliteJobs) -> None:
    jobs.put(QUEUE, [{"n": n} for n in range(60)])
    assert worked_off_by_threads(jobs, QUEUE) == Counter(range(60))


def test_two_processes_share_a_queue_and_each_job_is_done_once(jobs: SqliteJobs, file: Path) -> None:
    jobs.put(QUEUE, [{"n": n} for n in range(200)])
    with process(WORKER, file) as one, process(WORKER, file) as two:
        done = [int(line) for worker in (one, two) for line in worker.communicate(timeout=PATIENCE_SECONDS)[0].split()]
    assert Counter(done) == Counter(range(200))
    assert jobs.count(QUEUE) == 0


def test_the_job_of_a_killed_worker_comes_back(file: Path) -> None:
    ahead = [0.0]
    jobs = SqliteJobs(file, lambda: time.time() + ahead[0])
    jobs.put(QUEUE, [{"n": 1}])
    with process(HOLDER, file) as holder:
        assert holder.stdout is not None
        held = holder.stdout.readline().strip()
        os.kill(holder.pid, signal.SIGKILL)
        holder.wait()
        assert jobs.take(QUEUE, 1, hidden_seconds=30) == []
        ahead[0] = 3601
        (job,) = jobs.take(QUEUE, 1, hidden_seconds=30)
    assert job.id == held
    assert job.attempt == 2
    jobs.close()


def test_a_put_that_returned_survives_a_kill_and_one_that_did_not_is_whole_or_not_there(file: Path) -> None:
    with process(PUTTER, file) as putter:
        assert putter.stdout is not None
        told = -1
        while told < 30:
            told = int(putter.stdout.readline())
        os.kill(putter.pid, signal.SIGKILL)
        putter.wait()
        told = max([told, *(int(line) for line in putter.stdout.read().split("\n")[:-1])])
    jobs = SqliteJobs(file)
    parts: Counter[int] = Counter()
    while taken := jobs.take(QUEUE, 10, hidden_seconds=60):
        parts.update(job.body["n"] for job in taken)
    assert set(parts) >= set(range(told + 1))
    assert set(parts.values()) == {3}
    jobs.close()


def test_whoever_lost_a_job_can_neither_complete_nor_release_it(file: Path) -> None:
    seconds = [1000.0]
    jobs = SqliteJobs(file, lambda: seconds[0])
    jobs.put(QUEUE, [{"n": 1}])
    (lost,) = jobs.take(QUEUE, 1, hidden_seconds=10)
    seconds[0] += 10
    (held,) = jobs.take(QUEUE, 1, hidden_seconds=10)
    jobs.complete(lost)
    jobs.release(lost, delay_seconds=0)
    assert jobs.count(QUEUE) == 1
    assert jobs.take(QUEUE, 1, hidden_seconds=10) == []
    jobs.complete(held)
    assert jobs.count(QUEUE) == 0


def test_a_job_that_ran_over_its_time_can_be_completed_while_nobody_else_has_it(file: Path) -> None:
    seconds = [1000.0]
    jobs = SqliteJobs(file, lambda: seconds[0])
    jobs.put(QUEUE, [{"n": 1}])
    (job,) = jobs.take(QUEUE, 1, hidden_seconds=10)
    seconds[0] += 60
    jobs.complete(job)
    assert jobs.count(QUEUE) == 0


def test_a_waiting_taker_hears_of_its_own_process_at_once_and_of_others_soon(jobs: SqliteJobs, file: Path) -> None:
    other = SqliteJobs(file)
    for putter in (jobs, other):
        timer = threading.Timer(0.2, putter.put, (QUEUE, [{}]))
        timer.start()
        started = time.monotonic()
        assert len(jobs.take(QUEUE, 1, hidden_seconds=3600, wait_seconds=PATIENCE_SECONDS)) == 1
        assert time.monotonic() - started < PATIENCE_SECONDS / 2
        timer.join()
    other.close()


def test_many_jobs_are_put_in_parts(jobs: SqliteJobs) -> None:
    jobs.put(QUEUE, [{"n": n} for n in range(2500)])
    assert jobs.count(QUEUE) == 2500


def test_dead_jobs_are_forgotten_after_two_weeks(file: Path) -> None:
    clock = [1_000_000.0]
    jobs = SqliteJobs(file, now=lambda: clock[0])
    jobs.put("q", [{"n": 1}])
    for _ in range(MAX_RECEIVES):
        jobs.take("q", 1, hidden_seconds=0)
    clock[0] += DEAD_KEPT_SECONDS - 1
    jobs.put("q", [{"n": 2}])
    assert [job.body for job in jobs.dead("q")] == [{"n": 1}]

    clock[0] += 1
    jobs.put("q", [{"n": 3}])

    assert jobs.dead("q") == []
    assert jobs.count("q") == 2
    jobs.close()


def test_queues_of_other_names_are_others(jobs: SqliteJobs) -> None:
    jobs.put(QUEUE, [{"n": 1}])
    assert jobs.take("other", 1, hidden_seconds=30) == []
    assert jobs.count("other") == 0
    assert jobs.dead("other") == []


def test_a_closed_port_opens_again(jobs: SqliteJobs) -> None:
    jobs.put(QUEUE, [{"n": 1}])
    jobs.close()
    jobs.close()
    assert jobs.count(QUEUE) == 1


def test_what_breaks_below_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "plain").write_text("a file")
    for file in (tmp_path / "plain" / "jobs.db", tmp_path / "plain"):
        with pytest.raises(Unavailable):
            SqliteJobs(file).put(QUEUE, [{}])


def test_a_body_is_kept_as_it_came(jobs: SqliteJobs) -> None:
    body = json.loads('{"text": "\\ud800 \\u0000 万"}')
    jobs.put(QUEUE, [body])
    assert jobs.take(QUEUE, 1, hidden_seconds=30)[0].body == body
