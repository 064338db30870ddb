"""File contents on their way out: whole, in part, conditionally, and by public URL."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from chalicelib.core.access.caller import Caller
from chalicelib.core.buckets.directory import BucketDirectory
from chalicelib.core.buckets.model import BucketKind
from chalicelib.core.documents import Documents
from chalicelib.core.errors import BlobNotFound, BucketNotFound, FileNotFound, PreconditionFailed, RangeNotSatisfiable
from chalicelib.core.files.model import ByteRange, Download, DownloadConditions, File
from chalicelib.core.files.ports import Blobs
from chalicelib.core.files.service import FilesService
from chalicelib.core.files.stored import file_from_document
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.tenants.model import Tenant

ELSEWHERE_SECONDS = 300
"""How long a client may take to follow a redirect to the store. Our choice: a slow mobile network."""

ATTEMPTS = 3
"""How often a content is looked up again when its file is replaced between reading metadata and opening."""


class DownloadsService:
    """Opens contents. `max_inline_bytes` is what one answer may carry; larger contents are fetched from the store
    by a signed request, where it has such a thing; 0 is no limit."""

    def __init__(
        self,
        documents: Documents,
        directory: BucketDirectory,
        blobs: Blobs,
        files: FilesService,
        *,
        max_inline_bytes: int = 0,
    ) -> None:
        self._documents = documents
        self._directory = directory
        self._blobs = blobs
        self._files = files
        self._max_inline_bytes = max_inline_bytes

    def open(self, caller: Caller, bucket: str, name: str, conditions: DownloadConditions) -> Download:
        """A file's content. Raises: BucketNotFound, FileNotFound, AccessDenied, PreconditionFailed,
        RangeNotSatisfiable. Spec: nec-rest, 9.3; nec-clients, 6.12."""
        return self._open(caller.tenant, lambda: self._files.get(caller, bucket, name), conditions)

    def open_public(self, tenant: Tenant, bucket: str, token: str, conditions: DownloadConditions) -> Download:
        """A published file's content, for anybody who has its URL. Raises: FileNotFound for whatever else, and as
        `open`. Spec: nec-rest, 9.8; nec-clients, 6.10."""
        return self._open(tenant, lambda: self._published(tenant, bucket, token), conditions)

    def _published(self, tenant: Tenant, bucket: str, token: str) -> File:
        try:
            stored = self._directory.get(tenant, BucketKind.FILES, bucket)
        except BucketNotFound as error:
            raise FileNotFound(token) from error
        wanted = parse_filter({"publicToken": token, "published": True, "_deleted": {"$ne": True}})
        document = self._documents.find_one(tenant.id, stored.collection, wanted)
        if document is None or not tenant.enabled:
            raise FileNotFound(token)
        return file_from_document(document)

    def _open(self, tenant: Tenant, find: Callable[[], File], conditions: DownloadConditions) -> Download:
        for _ in range(ATTEMPTS):
            file = find()
            try:
                return self._download(tenant, file, conditions)
            except BlobNotFound:
                continue
        raise FileNotFound(file.name)

    def _download(self, tenant: Tenant, file: File, conditions: DownloadConditions) -> Download:
        if conditions.if_match and not _matches(conditions.if_match, file):
            raise PreconditionFailed("the file is not the one asked for")
        if conditions.if_none_match and _matches(conditions.if_none_match, file):
            return Download(file, 0, file.length, unchanged=True)
        part = conditions.part if conditions.if_range in (None, file.file_etag) else None
        start, length = (0, file.length) if part is None else _bounds(part, file.length)
        is_part = part is not None
        if file.blob is None:
            raise FileNotFound(file.name)
        if 0 < self._max_inline_bytes < length:
            elsewhere = self._blobs.download_request(
                tenant.id,
                file.blob,
                seconds=ELSEWHERE_SECONDS,
                content_type=file.content_type,
                disposition=disposition(file.name),
            )
            if elsewhere is not None:
                return Download(file, start, length, is_part, elsewhere=elsewhere)
        return Download(file, start, length, is_part, chunks=self._blobs.open(tenant.id, file.blob, start, length))


def disposition(name: str) -> str:
    """The value of Content-Disposition that saves a content under its name, whatever alphabet it is in.

    Spec: rfc6266, 4.3.
    """
    plain = "".join(char if 0x20 <= ord(char) < 0x7F and char not in '"\\%' else "_" for char in name)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _matches(tags: tuple[str, ...], file: File) -> bool:
    return "*" in tags or file.file_etag in tags


def _bounds(part: ByteRange, length: int) -> tuple[int, int]:
    """Start and length of a part of a content of some length."""
    if part.first is None:
        wanted = min(part.last or 0, length)
        start = length - wanted
    else:
        start = part.first
        last = length - 1 if part.last is None else min(part.last, length - 1)
        wanted = last - start + 1
    if start >= length or wanted <= 0:
        raise RangeNotSatisfiable("that part lies behind the end of the file", length)
    return start, wanted
