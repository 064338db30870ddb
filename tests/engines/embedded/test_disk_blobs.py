"""What only a disk can do wrong. What every store promises is in tests/contracts/blobs."""

from __future__ import annotations

import errno
import gc
import io
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core.errors import CoreError, NotSupported, StorageFull, Unavailable
from chalicelib.engines.embedded import disk_blobs
from chalicelib.engines.embedded.disk_blobs import DiskBlobs

KEY = "file.box.x/1"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "data" / "files"


@pytest.fixture
def blobs(folder: Path) -> DiskBlobs:
    return DiskBlobs(folder)


def write(blobs: DiskBlobs, content: bytes = b"content", key: str = KEY, tenant: str = "acme") -> int:
    return blobs.write(tenant, key, io.BytesIO(content), content_type="a/b", max_bytes=1000)


def everything(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def refuse(number: int) -> Any:
    def fail(*args: object, **kwargs: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("number", "error"),
    [(errno.ENOSPC, StorageFull), (errno.EDQUOT, StorageFull), (errno.EIO, Unavailable), (errno.EROFS, Unavailable)],
)
@pytest.mark.parametrize("step", ["fsync", "write"])
def test_a_disk_that_refuses_keeps_nothing(
    blobs: DiskBlobs, folder: Path, monkeypatch: pytest.MonkeyPatch, number: int, error: type[CoreError], step: str
) -> None:
    write(blobs, key="file.box.x/0")
    if step == "fsync":
        monkeypatch.setattr(os, "fsync", refuse(number))
    else:
        monkeypatch.setattr(disk_blobs, "_copy", refuse(number))
    with pytest.raises(error):
        write(blobs)
    monkeypatch.undo()
    assert len(everything(folder)) == 1


def test_a_content_is_flushed_before_it_has_its_name_and_the_name_after(
    blobs: DiskBlobs, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, rename = os.fsync, Path.rename

    def flushed(descriptor: int) -> None:
        target = Path(f"/proc/self/fd/{descriptor}").readlink()
        steps.append(f"flush {'content' if target.is_file() else target.name}")
        fsync(descriptor)

    def renamed(self: Path, target: Path) -> Path:
        steps.append("name")
        return rename(self, target)

    monkeypatch.setattr(os, "fsync", flushed)
    monkeypatch.setattr(Path, "rename", renamed)
    write(blobs)
    place = everything(folder)[0].parent
    assert steps == ["flush acme", "flush files", "flush data", "flush content", "name", f"flush {place.name}"]
    steps.clear()
    write(blobs, key=KEY)
    assert steps == ["flush content", "name", f"flush {place.name}"]


def test_folders_are_flushed_again_when_too_many_are_known(blobs: DiskBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(disk_blobs, "REMEMBERED_FOLDERS", 3)
    for number in range(20):
        write(blobs, key=f"file.box.x/{number}")
    assert len(blobs._lasting) <= 3


def test_a_sweep_throws_old_temporary_files_away_and_shows_none(blobs: DiskBlobs, folder: Path) -> None:
    write(blobs)
    old, young = (everything(folder)[0].with_name(f"{name}.partial") for name in ("old", "young"))
    for path in (old, young):
        path.write_bytes(b"half")
    os.utime(old, (1, 1))
    assert list(blobs.sweep("acme", datetime.now(UTC) - timedelta(hours=1))) == []
    assert (old.exists(), young.exists()) == (False, True)


def test_what_goes_away_during_a_sweep_is_passed_over(
    blobs: DiskBlobs, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(blobs)
    listed = os.listdir

    def with_a_ghost(path: Path) -> list[str]:
        return ["ghost", *listed(path)]

    monkeypatch.setattr(os, "listdir", with_a_ghost)
    found = list(blobs.sweep("acme", datetime.now(UTC) + timedelta(hours=1)))
    assert [blob.key for blob in found] == [KEY]


@pytest.mark.parametrize("name", ["listdir", "unlink"])
def test_a_disk_that_fails_a_sweep_is_unavailable(
    blobs: DiskBlobs, folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    write(blobs)
    everything(folder)[0].with_name("old.partial").write_bytes(b"half")
    monkeypatch.setattr(os, name, refuse(errno.EIO))
    with pytest.raises(Unavailable):
        list(blobs.sweep("acme", datetime.now(UTC) + timedelta(hours=1)))


def test_a_content_that_may_not_be_read_is_unavailable(blobs: DiskBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    write(blobs)
    with monkeypatch.context() as patched:
        patched.setattr(Path, "open", refuse(errno.EACCES))
        with pytest.raises(Unavailable):
            blobs.open("acme", KEY)
    pieces = blobs.open("acme", KEY)
    pieces._source.close()
    pieces._source = Broken()  # type: ignore[assignment]
    with pytest.raises(Unavailable):
        next(pieces)
    pieces.close()


class Broken(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        raise OSError(errno.EIO, "broken")


def test_a_content_that_may_not_be_deleted_is_unavailable(blobs: DiskBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    write(blobs)
    monkeypatch.setattr(Path, "unlink", refuse(errno.EACCES))
    with pytest.raises(Unavailable):
        blobs.delete("acme", KEY)


def test_a_tenant_that_cannot_be_deleted_is_unavailable_and_stays(
    blobs: DiskBlobs, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(blobs)
    with monkeypatch.context() as patched:
        patched.setattr(shutil, "rmtree", refuse(errno.EACCES))
        with pytest.raises(Unavailable):
            blobs.delete_tenant("acme")
    assert len(everything(folder)) == 1
    blobs.delete_tenant("acme")
    assert not (folder / "acme").exists()


def test_a_tenant_that_two_delete_at_once_is_gone(
    blobs: DiskBlobs, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(blobs)
    rmtree = shutil.rmtree

    def deleted_by_another(path: Path, **options: Any) -> None:
        monkeypatch.setattr(shutil, "rmtree", rmtree)
        rmtree(path)
        raise FileNotFoundError(errno.ENOENT, "gone", str(path))

    monkeypatch.setattr(shutil, "rmtree", deleted_by_another)
    blobs.delete_tenant("acme")
    assert not (folder / "acme").exists()


def test_a_content_that_nobody_reads_leaks_nothing(blobs: DiskBlobs) -> None:
    write(blobs)
    opened = blobs.open("acme", KEY)
    opened.close()
    del opened
    gc.collect()


def test_a_disk_takes_no_parts_and_signs_nothing(blobs: DiskBlobs) -> None:
    with pytest.raises(NotSupported):
        blobs.begin_parts("acme", KEY, "a/b")
    with pytest.raises(NotSupported):
        blobs.part_request("acme", KEY, "u", 1, length=1, seconds=60)
    with pytest.raises(NotSupported):
        blobs.complete_parts("acme", KEY, "u", [], 10)
    assert blobs.parts("acme", KEY, "u") == []
    blobs.abort_parts("acme", KEY, "u")
    assert blobs.download_request("acme", KEY, seconds=1, content_type="a/b", disposition="x") is None
