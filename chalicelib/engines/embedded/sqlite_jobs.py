"""Queues in one SQLite file, for many threads and several processes on one machine.

A job is a row that is hidden from takers until `visible_at`, in seconds since 1970 by the machine's clock. No step is
needed to put it aside: a job is dead when its attempts are used up and it is visible again.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chalicelib.core import ids
from chalicelib.core.errors import Unavailable
from chalicelib.core.jobs import MAX_RECEIVES, Job, job_text

MAX_TAKEN = 10
"""The most jobs that one call hands out. Source: SQS."""

POLL_SECONDS = 0.25
"""How often a waiting taker looks for jobs of other processes; those of its own process wake it at once."""

BUSY_SECONDS = 20.0
"""How long a call waits for its turn to write before it raises Unavailable."""

DEAD_KEPT_SECONDS = 14 * 86_400
"""How long dead jobs are kept for inspection; infra/data.yaml keeps those of SQS as long. Source: SQS's longest."""

_AT_ONCE = 1000
"""Jobs that one transaction adds, so that others get a turn in between."""

_TABLES = f"""
PRAGMA journal_mode=WAL;
PRAGMA synchronous=FULL;
CREATE TABLE IF NOT EXISTS job (
    id TEXT PRIMARY KEY, queue TEXT NOT NULL, body TEXT NOT NULL,
    visible_at REAL NOT NULL, attempt INTEGER NOT NULL DEFAULT 0, receipt TEXT
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS waiting ON job (queue, visible_at) WHERE attempt < {MAX_RECEIVES};
CREATE INDEX IF NOT EXISTS spent ON job (queue, visible_at) WHERE attempt >= {MAX_RECEIVES};
"""

_IS_READY = f"queue = ? AND attempt < {MAX_RECEIVES} AND visible_at <= ?"
_IS_DEAD = f"queue = ? AND attempt >= {MAX_RECEIVES} AND visible_at <= ?"

Row = tuple[str, str, str, int, str | None]


class SqliteJobs:
    """The Jobs port on a file, which the first call creates. One connection serves one thread at a time: a call takes
    microseconds, and writers would queue for the file anyway."""

    def __init__(self, file: Path, now: Callable[[], float] = time.time) -> None:
        self._file = file
        self._now = now
        self._connection: sqlite3.Connection | None = None
        self._lock = threading.Lock()
        self._something_new = threading.Condition()

    def put(self, queue: str, bodies: Sequence[dict[str, Any]], *, delay_seconds: int = 0) -> None:
        now = self._now()
        visible_at = now + delay_seconds
        rows = [(ids.new_id(), queue, job_text(body), visible_at) for body in bodies]
        for start in range(0, len(rows), _AT_ONCE):
            with self._lent() as connection:
                connection.execute("BEGIN IMMEDIATE")
                connection.execute(f"DELETE FROM job WHERE {_IS_DEAD}", (queue, now - DEAD_KEPT_SECONDS))  # noqa: S608 - constants
                connection.executemany(
                    "INSERT INTO job (id, queue, body, visible_at) VALUES (?, ?, ?, ?)", rows[start : start + _AT_ONCE]
                )
                connection.execute("COMMIT")
        with self._something_new:
            self._something_new.notify_all()

    def take(self, queue: str, most: int, *, hidden_seconds: int, wait_seconds: float = 0) -> list[Job]:
        give_up_at = time.monotonic() + wait_seconds
        while True:
            jobs = self._take(queue, min(most, MAX_TAKEN), hidden_seconds)
            left = give_up_at - time.monotonic()
            if jobs or left <= 0:
                return jobs
            with self._something_new:
                self._something_new.wait(min(left, POLL_SECONDS))

    def complete(self, job: Job) -> None:
        with self._lent() as connection:
            connection.execute("DELETE FROM job WHERE id = ? AND receipt = ?", (job.id, job.receipt))

    def release(self, job: Job, *, delay_seconds: int) -> None:
        with self._lent() as connection:
            connection.execute(
                "UPDATE job SET visible_at = ?, receipt = NULL WHERE id = ? AND receipt = ?",
                (self._now() + delay_seconds, job.id, job.receipt),
            )
        with self._something_new:
            self._something_new.notify_all()

    def dead(self, queue: str, most: int = 100) -> list[Job]:
        with self._lent() as connection:
            found = connection.execute(
                f"SELECT id, queue, body, attempt, receipt FROM job WHERE {_IS_DEAD} ORDER BY visible_at LIMIT ?",  # noqa: S608 - constants
                (queue, self._now(), most),
            )
            return [_job(row) for row in found]

    def count(self, queue: str) -> int:
        with self._lent() as connection:
            (number,) = connection.execute(
                f"SELECT (SELECT count(*) FROM job WHERE queue = ? AND attempt < {MAX_RECEIVES})"  # noqa: S608 - constants
                f" + (SELECT count(*) FROM job WHERE queue = ? AND attempt >= {MAX_RECEIVES} AND visible_at > ?)",
                (queue, queue, self._now()),
            ).fetchone()
        return int(number)

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _take(self, queue: str, most: int, hidden_seconds: int) -> list[Job]:
        now = self._now()
        with self._lent() as connection:
            # Checked before writing: writing makes others wait, and an idle queue is checked four times a second.
            if connection.execute(f"SELECT 1 FROM job WHERE {_IS_READY} LIMIT 1", (queue, now)).fetchone() is None:  # noqa: S608 - constants
                return []
            rows = connection.execute(
                "UPDATE job SET attempt = attempt + 1, visible_at = ?, receipt = lower(hex(randomblob(16)))"  # noqa: S608 - constants
                f" WHERE id IN (SELECT id FROM job WHERE {_IS_READY} ORDER BY visible_at LIMIT ?)"
                " RETURNING id, queue, body, attempt, receipt",
                (now + hidden_seconds, queue, now, most),
            ).fetchall()
        return [_job(row) for row in rows]

    @contextmanager
    def _lent(self) -> Iterator[sqlite3.Connection]:
        """The connection for one step. Raises: Unavailable."""
        with self._lock:
            try:
                if self._connection is None:
                    self._connection = _connect(self._file)
                try:
                    yield self._connection
                finally:
                    if self._connection.in_transaction:
                        self._connection.execute("ROLLBACK")
            except sqlite3.Error as error:
                raise Unavailable("the queue failed", getattr(error, "sqlite_errorname", "")) from error
            except OSError as error:
                raise Unavailable(f"the folder of the queue cannot be used: {error.strerror}") from error


def _connect(file: Path) -> sqlite3.Connection:
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    connection = sqlite3.connect(file, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
    try:
        connection.executescript(_TABLES)
    except BaseException:
        connection.close()
        raise
    return connection


def _job(row: Row) -> Job:
    identifier, queue, body, attempt, receipt = row
    return Job(identifier, queue, json.loads(body), attempt, receipt or "")
