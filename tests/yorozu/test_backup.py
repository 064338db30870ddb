"""Backups, taken while somebody writes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from pathlib import Path

import pytest

from chalicelib.bootstrap import build_core
from chalicelib.core.access.caller import Caller
from chalicelib.core.buckets.model import BucketContents, BucketKind
from chalicelib.core.core import Core
from chalicelib.core.files.model import NewFile
from chalicelib.settings import Settings
from tests.yorozu.test_commands import run, told
from yorozu.operate import CannotRun


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def core(data: Path) -> Iterator[Core]:
    """A server's core on the data, with a tenant and its buckets."""
    core = build_core(replace(Settings(), data_folder=data, durability="normal"))
    core.tenants.create("acme")
    core.buckets.put(master(core), BucketKind.OBJECTS, "scores", BucketContents())
    core.buckets.put(master(core), BucketKind.FILES, "photos", BucketContents())
    yield core
    core.close()


def master(core: Core) -> Caller:
    return Caller(core.tenants.get("acme"), is_master=True)


def exported(data: Path, target: Path) -> list[str]:
    assert run(data, "export", "acme", "scores", str(target)).exit_code == 0
    return target.read_text().splitlines()


def contents(data: Path) -> list[bytes]:
    return sorted(path.read_bytes() for path in (data / "files").rglob("*") if path.is_file())


def refused(data: Path, folder: Path) -> str:
    done = run(data, "backup", str(folder))
    assert isinstance(done.exception, CannotRun), done.output
    return str(done.exception)


def test_a_server_started_on_a_backup_has_everything(core: Core, data: Path, tmp_path: Path) -> None:
    for number in range(20):
        core.objects.create(master(core), "scores", {"n": number})
    core.files.create(master(core), "photos", "cat.png", BytesIO(b"a cat"), NewFile("image/png"))
    told(data, "demo")
    (data / "secrets.key").write_bytes(b"k" * 32)
    copy = tmp_path / "copy"

    assert run(data, "backup", str(copy)).exit_code == 0

    assert not [path for path in copy.rglob("*") if path.name.endswith((".lock", ".partial", "-wal"))]
    assert all(row["ok"] for row in told(copy, "doctor"))
    assert contents(copy) == contents(data) != []
    assert exported(copy, tmp_path / "2.ndjson") == exported(data, tmp_path / "1.ndjson")
    assert told(copy, "demo") == told(data, "demo")
    assert (copy / "secrets.key").read_bytes() == b"k" * 32
    assert copy.stat().st_mode & 0o077 == 0


def test_what_was_acknowledged_before_is_in_a_backup_taken_while_others_write(
    core: Core, data: Path, tmp_path: Path
) -> None:
    stopped, begun = threading.Event(), threading.Event()
    before = {core.objects.create(master(core), "scores", {"n": number})["_id"] for number in range(50)}

    def write() -> None:
        while not stopped.is_set():
            core.objects.create(master(core), "scores", {"n": 1})
            begun.set()

    writers = [threading.Thread(target=write) for _ in range(3)]
    for writer in writers:
        writer.start()
    begun.wait()
    done = run(data, "backup", str(tmp_path / "copy"))
    stopped.set()
    for writer in writers:
        writer.join()

    assert done.exit_code == 0
    assert all(row["ok"] for row in told(tmp_path / "copy", "doctor"))
    text = "\n".join(exported(tmp_path / "copy", tmp_path / "out.ndjson"))
    assert all(known in text for known in before)


def test_a_backup_goes_to_a_new_folder_outside_of_the_data(core: Core, data: Path, tmp_path: Path) -> None:
    (tmp_path / "there").mkdir()

    assert "must be new" in refused(data, tmp_path / "there")
    assert "outside" in refused(data, data / "backup")


def test_a_backup_that_cannot_be_whole_leaves_none(core: Core, data: Path, tmp_path: Path) -> None:
    (data / "0123456789abcdef01234567.db").write_bytes(b"no database" * 1000)

    assert "0123456789abcdef01234567.db cannot be copied" in refused(data, tmp_path / "copy")
    assert not (tmp_path / "copy").exists()
