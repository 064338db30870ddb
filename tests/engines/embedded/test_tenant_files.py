from __future__ import annotations

import errno
import os
import threading
from contextlib import suppress
from pathlib import Path

import pytest

from chalicelib.core.errors import Unavailable
from chalicelib.engines.embedded import tenant_file, tenant_files
from chalicelib.engines.embedded.tenant_files import Durability, TenantFiles
from tests.live import PATIENCE_SECONDS, eventually


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that were synced."""
    names: list[str] = []
    monkeypatch.setattr(tenant_file, "sync_to_disk", lambda path: names.append(Path(path).name))
    return names


@pytest.mark.parametrize(
    ("durability", "synchronous", "after_a_write"), [("full", 1, ["acme.db-wal"]), ("normal", 1, []), ("none", 0, [])]
)
def test_a_write_is_on_the_disk_as_the_durability_asks(
    tmp_path: Path, synced: list[str], durability: Durability, synchronous: int, after_a_write: list[str]
) -> None:
    files = TenantFiles(tmp_path, durability)
    files.create("acme")
    synced.clear()

    with files.writing("acme") as session:
        assert session.execute("PRAGMA synchronous").fetchone() == (synchronous,)
        assert session.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert synced == []

    assert synced == after_a_write
    files.close()


def test_writers_that_wait_for_the_disk_share_a_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = TenantFiles(tmp_path, "full")
    files.create("acme")
    syncing, go_on = threading.Event(), threading.Event()
    syncs = []

    def slow_sync(path: str) -> None:
        syncs.append(path)
        syncing.set()
        assert go_on.wait(PATIENCE_SECONDS)

    def write() -> None:
        with files.writing("acme"):
            pass

    monkeypatch.setattr(tenant_file, "sync_to_disk", slow_sync)
    first = threading.Thread(target=write)
    first.start()
    assert syncing.wait(PATIENCE_SECONDS)
    others = [threading.Thread(target=write) for _ in range(8)]
    for other in others:
        other.start()
    with files.reading("acme"):
        pass  # nobody but writers waits for the disk
    eventually(lambda: files._open("acme").commits == 9)  # type: ignore[union-attr]
    go_on.set()
    for thread in (first, *others):
        thread.join()

    assert len(syncs) == 2
    files.close()


def test_a_write_that_does_not_reach_the_disk_is_not_acknowledged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = TenantFiles(tmp_path, "full")
    files.create("acme")

    def failing_sync(path: str) -> None:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(tenant_file, "sync_to_disk", failing_sync)
    with pytest.raises(Unavailable), files.writing("acme"):
        pass
    monkeypatch.setattr(tenant_file, "sync_to_disk", lambda path: None)
    with pytest.raises(Unavailable, match="disk has failed"), files.writing("acme"):
        pass  # what follows a hole in the log would be lost with it

    files.close()


@pytest.mark.parametrize("number", [errno.EMFILE, errno.ENFILE])
def test_a_write_that_could_not_be_synced_for_want_of_open_files_takes_nobody_elses_with_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    files = TenantFiles(tmp_path, "full")
    files.create("acme")

    def no_file_left(path: str) -> None:
        raise OSError(number, os.strerror(number))

    with monkeypatch.context() as patched:
        patched.setattr(tenant_file, "sync_to_disk", no_file_left)
        with pytest.raises(Unavailable, match="open files"), files.writing("acme"):
            pass
    with files.writing("acme"):
        pass  # the disk was never asked, so it has not failed

    files.close()


def test_a_transaction_that_fails_leaves_nothing(tmp_path: Path) -> None:
    files = TenantFiles(tmp_path, "none")

    def fail() -> None:
        with files.writing("acme") as session:
            session.execute("CREATE TABLE t (a)")
            raise ValueError("stop")

    with pytest.raises(ValueError, match="stop"):
        fail()

    with files.reading("acme") as reading:
        assert reading is not None
        assert reading.execute("SELECT count(*) FROM sqlite_schema WHERE name = 't'").fetchone() == (0,)
    files.close()


def test_a_reader_keeps_its_snapshot_while_a_writer_commits(tmp_path: Path) -> None:
    files = TenantFiles(tmp_path, "none")
    with files.writing("acme") as session:
        session.execute("CREATE TABLE t (a)")

    with files.reading("acme") as reading:
        assert reading is not None
        with files.writing("acme") as session:
            session.execute("INSERT INTO t VALUES (1)")
        assert reading.execute("SELECT count(*) FROM t").fetchone() == (0,)

    files.close()


def test_a_log_left_behind_without_its_data_does_not_come_back(tmp_path: Path) -> None:
    (tmp_path / "acme.db-wal").write_bytes(b"left over")
    files = TenantFiles(tmp_path, "none")

    with files.writing("acme") as session:
        session.execute("CREATE TABLE t (a)")

    assert files.tenants() == ["acme"]
    files.close()


def test_a_writer_that_waited_while_the_tenant_was_dropped_writes_to_a_new_one(tmp_path: Path) -> None:
    files = TenantFiles(tmp_path, "none")

    def write() -> None:
        with files.writing("acme") as session:
            session.execute("CREATE TABLE new (a)")

    waiting = threading.Thread(target=write)
    with files.writing("acme") as session:
        session.execute("CREATE TABLE old (a)")
        waiting.start()
        (tmp_path / "acme.db").unlink()
    waiting.join()

    with files.reading("acme") as reading:
        assert reading is not None
        assert reading.execute("SELECT name FROM sqlite_schema WHERE name IN ('old', 'new')").fetchall() == [("new",)]
    files.close()


def test_a_full_disk_is_told_as_unavailable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenant_files, "_PRAGMAS", "PRAGMA max_page_count=20;")
    files = TenantFiles(tmp_path, "none")

    with pytest.raises(Unavailable, match=r"^the disk is full$") as told, files.writing("acme") as session:
        session.execute("CREATE TABLE t AS SELECT zeroblob(1000000)")
    assert told.value.code == "SQLITE_FULL"

    files.close()


def test_a_damaged_file_is_told_as_unavailable(tmp_path: Path) -> None:
    (tmp_path / "acme.db").write_bytes(b"no database" * 1000)
    files = TenantFiles(tmp_path, "none")

    with pytest.raises(Unavailable, match=r"^the stored data is damaged$"), files.reading("acme"):
        pass

    files.close()


def test_a_folder_that_is_gone_is_told_as_unavailable(tmp_path: Path) -> None:
    files = TenantFiles(tmp_path / "data", "none")
    (tmp_path / "data").rmdir()

    with pytest.raises(Unavailable):
        files.check()
    with pytest.raises(Unavailable):
        files.create("acme")


def test_a_writer_gives_up_when_its_turn_does_not_come(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tenant_file, "BUSY_SECONDS", 0.05)
    here, there = TenantFiles(tmp_path, "none"), TenantFiles(tmp_path, "none")
    here.create("acme")

    with here.writing("acme"):
        for files in (here, there):
            with pytest.raises(Unavailable) as told, files.writing("acme"):
                pass
            assert "locked" not in told.value.message

    here.close()
    there.close()


def test_writes_together_are_synced_once_and_unseen_until_then(tmp_path: Path, synced: list[str]) -> None:
    files = TenantFiles(tmp_path, "full")
    files.create("acme")
    synced.clear()

    with files.together("acme"):
        add_collection(files, "one")
        add_collection(files, "two")
        assert seen_by_another_thread(files) == 0
        assert synced == []

    assert seen_by_another_thread(files) == 2
    assert synced == ["acme.db-wal"]
    files.close()


def test_of_writes_together_none_is_kept_when_the_block_ends_with_an_error(tmp_path: Path) -> None:
    files = TenantFiles(tmp_path, "none")
    with suppress(RuntimeError), files.together("acme"):
        add_collection(files, "one")
        raise RuntimeError
    assert seen_by_another_thread(files) == 0
    files.close()


def test_a_failure_that_ends_the_transaction_fails_all_writes_together(tmp_path: Path) -> None:
    files = TenantFiles(tmp_path, "none")

    def write() -> None:
        with files.together("acme"):
            add_collection(files, "one")
            with pytest.raises(Unavailable):
                add_collection(files, "one", "OR ROLLBACK")
            with pytest.raises(Unavailable):
                add_collection(files, "two")

    with pytest.raises(Unavailable):
        write()
    assert seen_by_another_thread(files) == 0
    add_collection(files, "one")
    assert seen_by_another_thread(files) == 1
    files.close()


def add_collection(files: TenantFiles, name: str, or_else: str = "") -> None:
    with files.writing("acme") as session:
        session.execute(f"INSERT {or_else} INTO collections (name) VALUES (?)", (name,))


def seen_by_another_thread(files: TenantFiles) -> int:
    """How many collections of acme there are to others."""

    def look() -> None:
        with files.reading("acme") as session:
            assert session is not None
            found.append(session.execute("SELECT count(*) FROM collections").fetchone()[0])

    found: list[int] = []
    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    return found[0]
