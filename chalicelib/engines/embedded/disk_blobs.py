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

_TENANT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,127}")
_PARTIAL = ".partial"


class DiskBlobs:
    """Keeps contents as files. Safe with many threads and processes: every writer has a temporary file of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, tenant: str, key: str, content: BinaryIO, *, content_type: str, max_bytes: int) -> int:
        path = self._path(tenant, key)
        partial = path.with_name(f"{ids.new_id()}{_PARTIAL}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
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

    def open(self, tenant: str, key: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        try:
            source = self._path(tenant, key).open("rb")
        except FileNotFoundError as error:
            raise BlobNotFound(key) from error
        except OSError as error:
            raise _translated(error) from error
        return _pieces(source, start, length)

    def delete(self, tenant: str, key: str) -> None:
        try:
            self._path(tenant, key).unlink(missing_ok=True)
        except OSError as error:
            raise _translated(error) from error

    def sweep(self, tenant: str, before: datetime) -> Iterator[StoredBlob]:
        for path in sorted(self._tenant_folder(tenant).glob("*/*")):
            try:
                facts = path.stat()
            except FileNotFoundError:
                continue
            written_at = datetime.fromtimestamp(facts.st_mtime, UTC)
            if written_at >= before:
                continue
            if path.name.endswith(_PARTIAL):
                path.unlink(missing_ok=True)
            else:
                yield StoredBlob(unquote(path.name), facts.st_size, written_at)

    def delete_tenant(self, tenant: str) -> None:
        shutil.rmtree(self._tenant_folder(tenant), ignore_errors=True)

    def download_request(
        self, tenant: str, key: str, *, seconds: int, content_type: str, disposition: str
    ) -> SignedRequest | None:
        return None

    def begin_parts(self, tenant: str, key: str, content_type: str) -> str:
        raise NotSupported("this installation keeps files on its disk: upload them in one request")

    def part_request(self, tenant: str, key: str, upload: str, number: int, seconds: int) -> SignedRequest:
        raise NotSupported("this installation keeps files on its disk: upload them in one request")

    def parts(self, tenant: str, key: str, upload: str) -> list[UploadedPart]:
        return []

    def complete_parts(self, tenant: str, key: str, upload: str, parts: list[UploadedPart], max_bytes: int) -> int:
        raise NotSupported("this installation keeps files on its disk: upload them in one request")

    def abort_parts(self, tenant: str, key: str, upload: str) -> None:
        return

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


def _pieces(source: BinaryIO, start: int, length: int | None) -> Iterator[bytes]:
    with source:
        source.seek(start)
        left = length
        while left is None or left > 0:
            piece = source.read(PIECE_BYTES if left is None else min(PIECE_BYTES, left))
            if not piece:
                return
            if left is not None:
                left -= len(piece)
            yield piece


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
