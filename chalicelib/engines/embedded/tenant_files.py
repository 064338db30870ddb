"""The SQLite files of the tenants: where they are, who has them open, and transactions on them.

A tenant is the file `<folder>/<tenant>.db` in WAL mode. Connections are pooled per file and lent to one transaction
at a time; the least recently used files are closed. Files are made and removed under a lock that all processes on
the folder share; a process that still holds a removed file notices by its inode before the next transaction.
Writers of one process queue at a lock; writers of several processes retry, so that nobody sees "database is locked".
"""

from __future__ import annotations

import fcntl
import os
import re
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from chalicelib.core.errors import InvalidName, TimedOut, Unavailable
from chalicelib.engines.embedded.catalogue import CATALOGUE_TABLES
from chalicelib.engines.embedded.tenant_file import Session, TenantFile, identity_of, sync_to_disk

Durability = Literal["full", "normal", "none"]
"""What survives a power cut: "full" every acknowledged write; "normal" all but the last moments, and never a torn
file; "none" promises nothing (tests). A killed process loses nothing in any case."""

MAX_IDLE_CONNECTIONS = 64
"""Kept for the next request: three open files and at most 4 MB of cache each."""

_TENANT_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,127}")
_OPENING_SECONDS = 10.0
# checkpoint_fullfsync: on macOS a sync hands the data only to the disk's cache; elsewhere it changes nothing.
_PRAGMAS = (
    "PRAGMA cache_size=-4000; PRAGMA temp_store=MEMORY; PRAGMA journal_size_limit=67108864;"
    "PRAGMA checkpoint_fullfsync=ON;"
)

_MESSAGES = {
    "SQLITE_BUSY": "the database is busy",
    "SQLITE_LOCKED": "the database is busy",
    "SQLITE_FULL": "the disk is full",
    "SQLITE_CORRUPT": "the stored data is damaged",
    "SQLITE_NOTADB": "the stored data is damaged",
}
"""What a caller learns of a failure, by the beginning of SQLite's code; for any other: the database failed."""


@contextmanager
def _failures_translated() -> Iterator[None]:
    """Turns failures of SQLite and of the disk into core errors; only the log gets SQLite's wording."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_INTERRUPT:
            raise TimedOut("the query took longer than its time limit") from error
        code = getattr(error, "sqlite_errorname", "")
        told = next((text for begin, text in _MESSAGES.items() if code.startswith(begin)), "the database failed")
        raise Unavailable(told, code) from error
    except OSError as error:
        raise Unavailable(f"the data folder cannot be used: {error.strerror}") from error


class _SharedTransactions(threading.local):
    """The transaction that a thread's writes to one tenant share, if they do."""

    tenant: str | None = None
    session: Session | None = None

    def of(self, tenant: str) -> Session | None:
        return self.session if self.tenant == tenant else None


class TenantFiles:
    """All tenants' files in a folder."""

    def __init__(self, folder: Path, durability: Durability) -> None:
        self._folder = folder
        self._durability = durability
        self._pragmas = f"{_PRAGMAS} PRAGMA synchronous={'OFF' if durability == 'none' else 'NORMAL'};"
        self._files: OrderedDict[str, TenantFile] = OrderedDict()
        self._idle = 0
        self._lock = threading.Lock()
        self._shared = _SharedTransactions()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    @contextmanager
    def reading(self, tenant: str) -> Iterator[Session | None]:
        """A snapshot of the tenant's data that writers do not disturb; None when there is no such tenant."""
        with _failures_translated():
            shared = self._shared.of(tenant)
            if shared is not None:
                yield shared
                return
            file, connection = self._lend(tenant)
            if file is None or connection is None:
                yield None
                return
            try:
                yield file.begin(connection, "BEGIN")
            finally:
                self._give_back(file, connection)

    @contextmanager
    def writing(self, tenant: str) -> Iterator[Session]:
        """The tenant's only write transaction at this time, committed at the end, undone on any exception.

        Creates the tenant if there is none. Within `together` it is a part of that transaction, and undone alone.
        """
        with _failures_translated():
            shared = self._shared.of(tenant)
            if shared is not None:
                with shared.part():
                    yield shared
            else:
                yield from self._write(tenant)

    @contextmanager
    def together(self, tenant: str) -> Iterator[None]:
        """One write transaction for all that this thread reads and writes of the tenant meanwhile."""
        with self.writing(tenant) as session:
            self._shared.tenant, self._shared.session = tenant, session
            try:
                yield
            finally:
                self._shared.tenant = self._shared.session = None

    def _write(self, tenant: str) -> Iterator[Session]:
        while True:
            file = self._open(tenant)
            if file is None:
                self._create(tenant)
                continue
            with file.turn():
                connection = self._borrow(file)
                if connection is None:
                    continue
                try:
                    session = file.begin(connection, "BEGIN IMMEDIATE")
                    if not file.is_current():
                        continue  # dropped while this writer waited
                    yield session
                    connection.execute("COMMIT")
                    file.commits = commit = file.commits + 1
                finally:
                    self._give_back(file, connection)
            if self._durability == "full":
                file.sync(commit)
            return

    def create(self, tenant: str) -> None:
        """Makes the tenant's file unless it exists."""
        with _failures_translated():
            self._create(tenant)

    def drop(self, tenant: str) -> None:
        """Removes the tenant's file after the transactions that write to it."""
        if not self.exists(tenant):
            return
        path = self._path(tenant)
        with self.writing(tenant), self._folder_locked(fcntl.LOCK_EX):
            # The data first: a log left behind without its data is removed before a new file is made.
            for suffix in ("", "-wal", "-shm"):
                with suppress(FileNotFoundError):
                    os.unlink(path + suffix)
        self._forget(tenant)

    def exists(self, tenant: str) -> bool:
        """Whether the tenant has a file."""
        return identity_of(self._path(tenant)) is not None

    def tenants(self) -> list[str]:
        """Every tenant that has a file."""
        names = (path.stem for path in self._folder.glob("*.db") if not path.name.startswith("."))
        return sorted(re.sub("=(.)", lambda letter: letter[1].upper(), name) for name in names)

    def check(self) -> None:
        """Raises: Unavailable when the folder cannot be written to."""
        with _failures_translated(), self._folder_locked(fcntl.LOCK_SH):
            pass

    def close(self) -> None:
        """Closes all connections; one that is lent is closed when it comes back."""
        with self._lock:
            tenants = list(self._files)
        for tenant in tenants:
            self._forget(tenant)

    # --- files

    def _path(self, tenant: str) -> str:
        if not _TENANT_ID.fullmatch(tenant):
            raise InvalidName(f"not a tenant id: {tenant!r}")
        # Some file systems ignore case; tenants must never share a file.
        name = re.sub("[A-Z]", lambda letter: "=" + letter[0].lower(), tenant)
        return os.path.join(self._folder, f"{name}.db")

    def _open(self, tenant: str) -> TenantFile | None:
        """The tenant's file as it is on disk at this moment."""
        with self._lock:
            known = self._files.get(tenant)
        path = self._path(tenant) if known is None else known.path
        identity = identity_of(path)
        with self._lock:
            file = self._files.get(tenant)
            if file is not None and file.identity == identity:
                self._files.move_to_end(tenant)
                return file
        self._forget(tenant)
        if identity is None:
            return None
        with self._lock:
            return self._files.setdefault(tenant, TenantFile(tenant, path, identity))

    def _forget(self, tenant: str) -> None:
        with self._lock:
            file = self._files.pop(tenant, None)
            idle = file.idle if file is not None else []
            self._idle -= len(idle)
            connections = idle.copy()
            idle.clear()
        for connection in connections:
            connection.close()

    def _create(self, tenant: str) -> None:
        path = self._path(tenant)
        with self._folder_locked(fcntl.LOCK_EX):
            if identity_of(path) is not None:
                return
            unfinished = str(self._folder / ".unfinished")
            for left_behind in (f"{path}-wal", f"{path}-shm", unfinished, f"{unfinished}-wal", f"{unfinished}-shm"):
                with suppress(FileNotFoundError):
                    os.unlink(left_behind)
            connection = sqlite3.connect(unfinished, isolation_level=None)
            try:
                connection.executescript(f"PRAGMA synchronous=OFF; PRAGMA journal_mode=WAL; {CATALOGUE_TABLES}")
            finally:
                connection.close()
            if self._durability != "none":
                sync_to_disk(unfinished)
            os.rename(unfinished, path)
            if self._durability != "none":
                sync_to_disk(str(self._folder))

    @contextmanager
    def _folder_locked(self, how: int) -> Iterator[None]:
        """Held by one thread of all processes (LOCK_EX) to create or remove a file, or shared (LOCK_SH) to open one.

        SQLite opens the data, the log and the log's index by name, one after the other: all must be of one tenant.
        """
        descriptor = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, how)
            yield
        finally:
            os.close(descriptor)

    # --- connections

    def _lend(self, tenant: str) -> tuple[TenantFile | None, sqlite3.Connection | None]:
        """A connection of the caller's own until it is given back; None when there is no such tenant."""
        while True:
            file = self._open(tenant)
            if file is None:
                return None, None
            connection = self._borrow(file)
            if connection is not None:
                return file, connection

    def _borrow(self, file: TenantFile) -> sqlite3.Connection | None:
        """A connection to the file; None when another has taken its place."""
        with self._lock:
            if file.idle:
                self._idle -= 1
                return file.idle.pop()
        with self._folder_locked(fcntl.LOCK_SH):
            return self._connect(file.path) if file.is_current() else None

    def _connect(self, path: str) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(path)}?mode=rw",
            uri=True,
            timeout=_OPENING_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=256,
        )
        try:
            connection.executescript(self._pragmas)
            connection.execute("SELECT version FROM catalogue")
            connection.execute("PRAGMA busy_timeout=0")
        except BaseException:
            connection.close()
            raise
        return connection

    def _give_back(self, file: TenantFile, connection: sqlite3.Connection) -> None:
        surplus: list[sqlite3.Connection] = []
        try:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            with self._lock:
                if self._files.get(file.tenant) is file:
                    file.idle.append(connection)
                    self._idle += 1
                    surplus = self._take_surplus()
                else:
                    surplus = [connection]
        except sqlite3.Error:
            surplus = [connection]
        for idle in surplus:
            idle.close()

    def _take_surplus(self) -> list[sqlite3.Connection]:
        surplus: list[sqlite3.Connection] = []
        while self._idle > MAX_IDLE_CONNECTIONS:
            _, oldest = self._files.popitem(last=False)
            self._idle -= len(oldest.idle)
            surplus += oldest.idle
            oldest.idle.clear()
        return surplus
