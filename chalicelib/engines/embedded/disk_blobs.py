"""File contents in a folder: `<folder>/<tenant>/<two hex digits>/<key as file name>`, written whole or not at all.

A content is written to a temporary file, flushed to the disk, and renamed; the rename is flushed too. So a file under
its final name is complete, whatever happens, and what a crash leaves are temporary files, which a sweep removes.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO
from urllib.parse import quote, unquote

from chalicelib.core import ids
from chalicelib.core.errors import BlobNotFound, BodyTooLarge, InvalidName, NotSupported, StorageFull, Unavailable
from chalicelib.core.files.ports import SignedRequest, StoredBlob, UploadedPart

PIECE_BYTES = 1024 * 1024
"""How much of a content is in memory at a time."""

REMEMBERED_FOLDERS = 4096
"""Folders that a process knows to be durable; a forgotten one is flushed again."""

_TENANT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,127}")
_PARTIAL = ".partial"


class FilePieces:
    """A file's bytes from `start` on, or `length` of them, a piece at a time."""

    def __init__(self, path: Path, start: int, length: int | None) -> None:
        self._source = path.open("rb")
        self._left = length
        self._source.seek(start)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        wanted = PIECE_BYTES if self._left is None else min(PIECE_BYTES, self._left)
        try:
            piece = self._source.read(wanted) if wanted else b""
        except OSError as error:
            raise _translated(error) from error
        if not piece:
            raise StopIteration
        if self._left is not None:
            self._left -= len(piece)
        return piece

    def close(self) -> None:
        self._source.close()


class DiskBlobs:
    """Keeps contents as files. Safe with many threads and processes: every writer has a temporary file of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lasting: set[Path] = set()

    def write(self, tenant: str, key: str, content: BinaryIO, *, content_type: str, max_bytes: int) -> int:
        path = self._path(tenant, key)
        partial = path.with_name(f"{ids.new_id()}{_PARTIAL}")
        try:
            self._make_lasting(path.parent)
            with partial.open("xb") as target:
                length = _copy(content, target, max_bytes)
                target.flush()
                os.fsync(target.fileno())
            partial.rename(path)
            _flush_folder(path.parent)
        except OSError as error:
            raise _translated(error) from error
        finally:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
        return length

    def open(self, tenant: str, key: str, start: int = 0, length: int | None = None) -> FilePieces:
        try:
            return FilePieces(self._path(tenant, key), start, length)
        except FileNotFoundError as error:
            raise BlobNotFound(key) from error
        except OSError as error:
            raise _translated(error) from error

    def delete(self, tenant: str, key: str) -> None:
        try:
            self._path(tenant, key).unlink(missing_ok=True)
        except OSError as error:
            raise _translated(error) from error

    def sweep(self, tenant: str, before: datetime) -> Iterator[StoredBlob]:
        try:
            for name in range(256):
                yield from _old_files(self._tenant_folder(tenant) / f"{name:02x}", before)
        except OSError as error:
            raise _translated(error) from error

    def delete_tenant(self, tenant: str) -> None:
        folder = self._tenant_folder(tenant)
        try:
            if folder.exists():
                shutil.rmtree(folder)
        except FileNotFoundError:
            # Others delete it too, or write to it: the next call deletes what is left.
            shutil.rmtree(folder, ignore_errors=True)
        except OSError as error:
            raise _translated(error) from error

    def download_request(
        self, tenant: str, key: str, *, seconds: int, content_type: str, disposition: str
    ) -> SignedRequest | None:
        return None

    def begin_parts(self, tenant: str, key: str, content_type: str) -> str:
        raise NotSupported("this installation keeps files on its disk: upload them in one request")

    def part_request(
        self, tenant: str, key: str, upload: str, number: int, *, length: int, seconds: int
    ) -> SignedRequest:
        raise NotSupported("this installation keeps files on its disk: upload them in one request")

    def parts(self, tenant: str, key: str, upload: str) -> list[UploadedPart]:
        return []

    def complete_parts(self, tenant: str, key: str, upload: str, parts: list[UploadedPart], max_bytes: int) -> int:
        raise NotSupported("this installation keeps files on its disk: upload them in one request")

    def abort_parts(self, tenant: str, key: str, upload: str) -> None:
        return

    def _make_lasting(self, folder: Path) -> None:
        """Creates a folder durably: each folder above it is flushed after the one below was created.

        Each process flushes once, as another one may have created the folder without getting that far.
        """
        folder.mkdir(parents=True, exist_ok=True)
        if folder not in self._lasting:
            for above in (folder.parent, self._folder, self._folder.parent):
                _flush_folder(above)
            if len(self._lasting) >= REMEMBERED_FOLDERS:
                self._lasting.clear()
            self._lasting.add(folder)

    def _tenant_folder(self, tenant: str) -> Path:
        if not _TENANT.fullmatch(tenant):
            raise InvalidName(f"not a tenant id: {tenant!r}")
        return self._folder / tenant

    def _path(self, tenant: str, key: str) -> Path:
        """Where a key's file is. Percent-encoding leaves no slash and no leading dot, so a key cannot lead outside."""
        name = quote(key, safe="").replace(".", "%2E")
        return self._tenant_folder(tenant) / hashlib.sha256(key.encode()).hexdigest()[:2] / name


def _copy(content: BinaryIO, target: BinaryIO, max_bytes: int) -> int:
    length = 0
    while piece := content.read(PIECE_BYTES):
        length += len(piece)
        if length > max_bytes:
            raise BodyTooLarge(max_bytes)
        target.write(piece)
    return length


def _old_files(folder: Path, before: datetime) -> Iterator[StoredBlob]:
    """The contents in one folder that were written before a moment; temporary files of that age are deleted."""
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return
    for name in names:
        path = folder / name
        try:
            facts = path.stat()
        except FileNotFoundError:
            continue
        written_at = datetime.fromtimestamp(facts.st_mtime, UTC)
        if written_at >= before:
            continue
        if name.endswith(_PARTIAL):
            path.unlink(missing_ok=True)
        else:
            yield StoredBlob(unquote(name), facts.st_size, written_at)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _translated(error: OSError) -> StorageFull | Unavailable:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return StorageFull("the disk is full", 0)
    return Unavailable(f"the file store failed: {error.strerror}")
