"""One tenant's open SQLite file: transactions on it, its writers' queue, and how writes reach the disk.

Durability "full" is SQLite's synchronous=NORMAL, which syncs all but the log at a commit, and a sync of the log by
this module before the write is acknowledged. The promise is that of synchronous=FULL, but the sync is outside the
transaction, so that writers share it: on a disk slowed by 3 ms a sync, 32 threads wrote 5 times as much as one.
Other readers may see a write a moment before it is on the disk; later writes that follow from it are later in the log.
"""

from __future__ import annotations

import errno
import fcntl
import os
import random
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from chalicelib.core.errors import Unavailable
from chalicelib.engines.embedded.catalogue import Catalogue

BUSY_SECONDS = 20.0
"""How long a transaction waits for its turn before it raises Unavailable."""

_NOT_OPENED = (errno.EMFILE, errno.ENFILE)
"""What a sync fails with when the log could not even be opened: the disk was not asked, and the next sync covers it."""

_BUSY_CODES = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_LONGEST_PAUSE_SECONDS = 0.004


class Session:
    """One transaction of one thread: a connection and the catalogue as this transaction sees it."""

    __slots__ = ("catalogue", "connection", "execute")

    def __init__(self, connection: sqlite3.Connection, catalogue: Catalogue) -> None:
        self.connection = connection
        self.catalogue = catalogue
        self.execute = connection.execute

    @contextmanager
    def part(self) -> Iterator[None]:
        """What is written meanwhile is undone alone on any exception; the transaction goes on.

        Raises: Unavailable when a failure before, such as a full disk, has ended the transaction.
        """
        if not self.connection.in_transaction:
            raise Unavailable("the database failed")
        catalogue = self.catalogue
        self.execute("SAVEPOINT part")
        try:
            yield
        except BaseException:
            if self.connection.in_transaction:
                self.execute("ROLLBACK TO part")
                self.execute("RELEASE part")
            if self.catalogue is not catalogue:
                # Of what was known of it, some may be undone.
                self.catalogue = Catalogue(catalogue.version)
            raise
        self.execute("RELEASE part")


class TenantFile:
    """One open file: its idle connections, its writers' queue and what is known of its catalogue."""

    def __init__(self, tenant: str, path: str, identity: tuple[int, int]) -> None:
        self.tenant = tenant
        self.path = path
        self.identity = identity
        self.idle: list[sqlite3.Connection] = []
        self.commits = 0
        """Transactions that this process has committed, counted by the writer whose turn it is."""
        self._writers = threading.Lock()
        self._synced = 0
        self._syncing = threading.Lock()
        self._sync_failed = False
        self._catalogue: Catalogue | None = None

    def is_current(self) -> bool:
        """Whether the file at the path is still the one that is open."""
        return identity_of(self.path) == self.identity

    @contextmanager
    def turn(self) -> Iterator[None]:
        """The only writer of this process. Raises: Unavailable when the turn does not come."""
        if not self._writers.acquire(timeout=BUSY_SECONDS):
            raise Unavailable("the database is busy")
        try:
            yield
        finally:
            self._writers.release()

    def begin(self, connection: sqlite3.Connection, how: str) -> Session:
        """Starts a transaction and brings the catalogue up to date. Waits for its turn."""
        give_up_at = time.monotonic() + BUSY_SECONDS
        pause = 0.0003
        while True:
            try:
                connection.execute(how)
                (version,) = connection.execute("SELECT version FROM catalogue").fetchone()
                break
            except sqlite3.OperationalError as error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                if error.sqlite_errorcode & 0xFF not in _BUSY_CODES or time.monotonic() > give_up_at:
                    raise
                # SQLite's own wait grows to 100 ms and starves one of two busy processes; short random ones do not.
                time.sleep(pause * (0.5 + random.random()))  # noqa: S311 - no secret
                pause = min(pause * 1.5, _LONGEST_PAUSE_SECONDS)
        catalogue = self._catalogue
        if catalogue is None or catalogue.version != version:
            catalogue = self._catalogue = Catalogue(version)
        return Session(connection, catalogue)

    def sync(self, commit: int) -> None:
        """Returns when this commit is on the disk; commits that wait at the same time share a sync.

        Raises: Unavailable after a sync has failed; OSError when this one fails.
        """
        with self._syncing:
            if self._synced < commit:
                reached = self.commits
                if self._sync_failed:
                    # The system forgets what it failed to write: a later sync would succeed on a log with a hole.
                    raise Unavailable("the disk has failed; restart when it is mended")
                self._sync_failed = True
                try:
                    # No log: the last one to close the file has moved all of it into the synced data.
                    with suppress(FileNotFoundError):
                        sync_to_disk(self.path + "-wal")
                    self._synced = reached
                    self._sync_failed = False
                except OSError as error:
                    self._sync_failed = error.errno not in _NOT_OPENED
                    raise


def identity_of(path: str) -> tuple[int, int] | None:
    """Which file is at the path, as device and inode; None when there is none."""
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


def sync_to_disk(path: str) -> None:
    """Returns when the contents of the file or folder are on the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if sys.platform == "darwin":
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)  # fsync leaves it in the disk's cache there
        else:
            os.fsync(descriptor)
    finally:
        os.close(descriptor)
