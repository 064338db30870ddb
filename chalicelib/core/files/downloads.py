"""File contents on their way out: whole, in part, conditionally, and by public URL."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from urllib.parse import quote

from chalicelib.core.access.caller import Caller
from chalicelib.core.errors import (
    BlobNotFound,
    BucketNotFound,
    FileNotFound,
    PreconditionFailed,
    RangeNotSatisfiable,
    Unavailable,
)
from chalicelib.core.files.model import ByteRange, Download, DownloadConditions, File
from chalicelib.core.files.ports import Blobs
from chalicelib.core.files.records import FileRecords
from chalicelib.core.files.service import FilesService
from chalicelib.core.tenants.model import Tenant

ELSEWHERE_SECONDS = 300
"""How long a client may take to follow a redirect to the store. Our choice: a slow mobile network."""

ATTEMPTS = 10
"""How often a content is looked up when its file keeps being replaced between reading metadata and opening."""


class DownloadsService:
    """Opens contents. One answer carries up to `max_inline_bytes`, 0 for any number; larger contents are fetched from
    the store by a signed request, where it has such requests."""

    def __init__(self, records: FileRecords, files: FilesService, blobs: Blobs, *, max_inline_bytes: int = 0) -> None:
        self._records = records
        self._files = files
        self._blobs = blobs
        self._max_inline_bytes = max_inline_bytes

    def open(self, caller: Caller, bucket: str, name: str, conditions: DownloadConditions) -> Download:
        """A file's content. Raises: BucketNotFound, FileNotFound, AccessDenied, PreconditionFailed,
        RangeNotSatisfiable; Unavailable also when the store has lost the content. Spec: nec-rest, 9.3;
        nec-clients, 6.12."""
        return self._open(lambda: self._files.get(caller, bucket, name), conditions)

    def describe(self, caller: Caller, bucket: str, name: str, conditions: DownloadConditions) -> Download:
        """What `open` would return, without the content; always of the whole. Spec: rfc9110, 9.3.2."""
        return _matched(self._files.get(caller, bucket, name), replace(conditions, part=None))

    def open_public(self, tenant: Tenant, bucket: str, token: str, conditions: DownloadConditions) -> Download:
        """A published file's content, for anybody who has its URL.

        Raises: as `open`, but FileNotFound for anything that is not there or not published.
        Spec: nec-rest, 9.8; nec-clients, 6.10.
        """
        return self._open(lambda: self._published(tenant, bucket, token), conditions)

    def describe_public(self, tenant: Tenant, bucket: str, token: str, conditions: DownloadConditions) -> Download:
        """What `open_public` would return, without the content."""
        return _matched(self._published(tenant, bucket, token), replace(conditions, part=None))

    def _published(self, tenant: Tenant, bucket: str, token: str) -> File:
        try:
            file = self._records.find_published(self._records.shelf(tenant, bucket), token)
        except BucketNotFound as error:
            raise FileNotFound(token) from error
        if file is None or not tenant.enabled:
            raise FileNotFound(token)
        return file

    def _open(self, find: Callable[[], File], conditions: DownloadConditions) -> Download:
        missing: set[str | None] = set()
        for _ in range(ATTEMPTS):
            file = find()
            if file.blob in missing:
                break
            try:
                return self._fetched(_matched(file, conditions))
            except BlobNotFound:
                missing.add(file.blob)
        raise Unavailable("the content of the file is missing")

    def _fetched(self, download: Download) -> Download:
        file = download.file
        if download.unchanged:
            return download
        if file.blob is None:
            raise BlobNotFound(file.name)
        if 0 < self._max_inline_bytes < download.length:
            elsewhere = self._blobs.download_request(
                file.tenant,
                file.blob,
                seconds=ELSEWHERE_SECONDS,
                content_type=file.content_type,
                disposition=disposition(file.name),
            )
            if elsewhere is not None:
                return replace(download, elsewhere=elsewhere)
        chunks = self._blobs.open(file.tenant, file.blob, download.start, download.length)
        return replace(download, chunks=chunks)


def disposition(name: str, kind: str = "attachment") -> str:
    """The value of Content-Disposition by which a browser saves a content, or with `inline` shows it, under its name
    in any alphabet. Spec: rfc6266, 4.3."""
    plain = "".join(char if 0x20 <= ord(char) < 0x7F and char not in '"\\%' else "_" for char in name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _matched(file: File, conditions: DownloadConditions) -> Download:
    """The part of the file that the conditions ask for, without its content yet."""
    if conditions.if_match and not _matches(conditions.if_match, file):
        raise PreconditionFailed("the file is not the one asked for")
    if conditions.if_none_match and _matches(conditions.if_none_match, file):
        return Download(file, 0, file.length, unchanged=True)
    if conditions.part is None or conditions.if_range not in (None, file.file_etag):
        return Download(file, 0, file.length)
    start, length = _bounds(conditions.part, file.length)
    return Download(file, start, length, is_part=True)


def _matches(tags: tuple[str, ...], file: File) -> bool:
    return "*" in tags or file.file_etag in tags


def _bounds(part: ByteRange, length: int) -> tuple[int, int]:
    """Start and length of a part of a content of some length. Raises: RangeNotSatisfiable."""
    if part.first is None:
        wanted = min(part.last or 0, length)
        start = length - wanted
    else:
        start = part.first
        last = length - 1 if part.last is None else min(part.last, length - 1)
        wanted = last - start + 1
    if start >= length or wanted <= 0:
        raise RangeNotSatisfiable("that part lies beyond the end of the file", length)
    return start, wanted
