"""File contents in an S3 bucket, under `<prefix><tenant>/<key>`.

S3 shows an object only once it is complete: one request stores a short content, an upload in parts a long one, and a
crash leaves at most parts that nobody sees, which the sweep aborts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Any, BinaryIO

from chalicelib.core.clock import Clock
from chalicelib.core.errors import (
    BlobNotFound,
    BodyTooLarge,
    CoreError,
    InvalidInput,
    InvalidName,
    RangeNotSatisfiable,
    Unavailable,
    UploadNotFound,
)
from chalicelib.core.files.ports import SignedRequest, StoredBlob, UploadedPart
from chalicelib.engines.aws.clients import Clients
from chalicelib.engines.aws.service_errors import core_errors

FILE_STORE = "the file store"

PIECE_BYTES = 1024 * 1024
"""How much of a content is handed out at a time."""

PART_BYTES = 8 * 1024 * 1024
"""How much of a content is in memory while it is written; a longer one goes up in parts. S3 asks for at least 5 MiB
and takes 10,000 parts. Spec: aws-s3, "Amazon S3 multipart upload limits"."""

DELETED_AT_ONCE = 1000
"""Spec: aws-s3, "DeleteObjects"."""

SMALLEST_PART_BYTES = 5 * 1024 * 1024
"""Of every part but the last. Spec: aws-s3, "Amazon S3 multipart upload limits"."""

_TENANT = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]{0,127}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where contents are: a bucket, what begins every key, and the KMS key to encrypt with (empty: the bucket's)."""

    bucket: str
    prefix: str = ""
    kms_key: str = ""

    def of_tenant(self, tenant: str) -> str:
        """What begins the key of each content of a tenant. Raises: InvalidName."""
        if not _TENANT.fullmatch(tenant):
            raise InvalidName(f"not a tenant id: {tenant!r}")
        return f"{self.prefix}{tenant}/"

    def content(self, tenant: str, key: str) -> dict[str, str]:
        """The parameters that name one content."""
        return {"Bucket": self.bucket, "Key": self.of_tenant(tenant) + key}

    def all_of(self, tenant: str) -> dict[str, str]:
        """The parameters that name all contents of a tenant."""
        return {"Bucket": self.bucket, "Prefix": self.of_tenant(tenant)}

    def encryption(self) -> dict[str, str]:
        """The parameters by which a new content is encrypted."""
        return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": self.kms_key} if self.kms_key else {}


class S3Pieces:
    """A body that S3 sends, a piece at a time; no pieces when there is nothing to read."""

    def __init__(self, body: Any) -> None:
        self._body = body

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        with core_errors(FILE_STORE):
            piece: bytes = self._body.read(PIECE_BYTES) if self._body is not None else b""
        if not piece:
            raise StopIteration
        return piece

    def close(self) -> None:
        if self._body is not None:
            # Cut off what has not been read, rather than wait for the rest of a content.
            self._body.close()
            self._body = None


class _Parts:
    """A content in parts of PART_BYTES, the last one smaller; one part at a time is in memory.

    Raises: BodyTooLarge, as soon as more than `max_bytes` have been read.
    """

    def __init__(self, content: BinaryIO, max_bytes: int) -> None:
        self._content = content
        self._max_bytes = max_bytes
        self.length = 0
        self.read_next()

    def read_next(self) -> None:
        """Replaces this part by the next one; by an empty one at the end."""
        # The old part is released first: otherwise two would be in memory while the next one is read.
        self.part = bytearray()
        # In pieces: a socket returns what has arrived, and joining it to a whole part would need the memory twice.
        while wanted := min(PIECE_BYTES, PART_BYTES - len(self.part)):
            piece = self._content.read(wanted)
            if not piece:
                break
            self.part += piece
        self.length += len(self.part)
        if self.length > self._max_bytes:
            raise BodyTooLarge(self._max_bytes)


class S3Blobs:
    """Keeps contents in one bucket. Safe with many threads and processes."""

    def __init__(self, clients: Clients, place: Place, clock: Clock) -> None:
        self._clients = clients
        self._place = place
        self._clock = clock

    def write(self, tenant: str, key: str, content: BinaryIO, *, content_type: str, max_bytes: int) -> int:
        parts = _Parts(content, max_bytes)
        if parts.length < PART_BYTES:
            with core_errors(FILE_STORE):
                self._clients.s3.put_object(
                    **self._place.content(tenant, key),
                    **self._place.encryption(),
                    Body=parts.part,
                    ContentType=content_type,
                )
            return parts.length
        upload = self.begin_parts(tenant, key, content_type)
        try:
            sent = self._send_parts(tenant, key, upload, parts)
            self._join(tenant, key, upload, sent, parts.length)
        except BaseException:
            with suppress(CoreError):
                self.abort_parts(tenant, key, upload)
            raise
        return parts.length

    def open(self, tenant: str, key: str, start: int = 0, length: int | None = None) -> S3Pieces:
        named = self._place.content(tenant, key)
        lost = BlobNotFound(key)
        behind = RangeNotSatisfiable("that part lies beyond the end of the content", 0)
        try:
            with core_errors(FILE_STORE, {"NoSuchKey": lost, "404": lost, "InvalidRange": behind}):
                if length == 0:
                    self._clients.s3.head_object(**named)
                    return S3Pieces(None)
                return S3Pieces(self._clients.s3.get_object(**named, **_range(start, length))["Body"])
        except RangeNotSatisfiable:
            # As for a file that is read beyond its end.
            return S3Pieces(None)

    def delete(self, tenant: str, key: str) -> None:
        with core_errors(FILE_STORE):
            self._clients.s3.delete_object(**self._place.content(tenant, key))

    def sweep(self, tenant: str, before: datetime) -> Iterator[StoredBlob]:
        for upload in self._pages(tenant, "list_multipart_uploads", "Uploads"):
            if upload["Initiated"] < before:
                self._abort(upload["Key"], upload["UploadId"])
        beginning = len(self._place.of_tenant(tenant))
        for found in self._pages(tenant, "list_objects_v2", "Contents"):
            if found["LastModified"] < before:
                yield StoredBlob(found["Key"][beginning:], found["Size"], found["LastModified"])

    def delete_tenant(self, tenant: str) -> None:
        for upload in self._pages(tenant, "list_multipart_uploads", "Uploads"):
            self._abort(upload["Key"], upload["UploadId"])
        keys = ({"Key": found["Key"]} for found in self._pages(tenant, "list_objects_v2", "Contents"))
        while some := list(islice(keys, DELETED_AT_ONCE)):
            with core_errors(FILE_STORE):
                answer = self._clients.s3.delete_objects(
                    Bucket=self._place.bucket, Delete={"Objects": some, "Quiet": True}
                )
            if answer.get("Errors"):
                raise Unavailable(f"{FILE_STORE} did not delete {len(answer['Errors'])} contents")

    # --- requests that clients send themselves ---

    def download_request(
        self, tenant: str, key: str, *, seconds: int, content_type: str, disposition: str
    ) -> SignedRequest | None:
        wanted = {"ResponseContentType": content_type, "ResponseContentDisposition": disposition}
        return self._signed("GET", "get_object", self._place.content(tenant, key) | wanted, seconds)

    def begin_parts(self, tenant: str, key: str, content_type: str) -> str:
        with core_errors(FILE_STORE):
            begun = self._clients.s3.create_multipart_upload(
                **self._place.content(tenant, key), **self._place.encryption(), ContentType=content_type
            )
        return str(begun["UploadId"])

    def part_request(
        self, tenant: str, key: str, upload: str, number: int, *, length: int, seconds: int
    ) -> SignedRequest:
        named = {**self._place.content(tenant, key), "UploadId": upload, "PartNumber": number, "ContentLength": length}
        return self._signed("PUT", "upload_part", named, seconds)

    def parts(self, tenant: str, key: str, upload: str) -> list[UploadedPart]:
        return [UploadedPart(part["PartNumber"], part["ETag"]) for part in self._arrived(tenant, key, upload)]

    def complete_parts(self, tenant: str, key: str, upload: str, parts: list[UploadedPart], max_bytes: int) -> int:
        sizes: dict[tuple[int, str], int] = {
            (part["PartNumber"], part["ETag"]): part["Size"] for part in self._arrived(tenant, key, upload)
        }
        wanted = [(part.number, part.tag) for part in parts]
        if not wanted or wanted != sorted(set(wanted)) or not set(wanted) <= sizes.keys():
            raise InvalidInput("the parts named are not the parts that have arrived")
        if any(sizes[part] < SMALLEST_PART_BYTES for part in wanted[:-1]):
            raise InvalidInput(f"every part but the last has at least {SMALLEST_PART_BYTES} bytes")
        length = sum(sizes[part] for part in wanted)
        if length > max_bytes:
            raise BodyTooLarge(max_bytes)
        self._join(tenant, key, upload, parts, length)
        return length

    def abort_parts(self, tenant: str, key: str, upload: str) -> None:
        self._abort(self._place.content(tenant, key)["Key"], upload)

    # --- inside ---

    def _send_parts(self, tenant: str, key: str, upload: str, parts: _Parts) -> list[UploadedPart]:
        """Sends a content part by part."""
        sent: list[UploadedPart] = []
        while parts.part:
            number = len(sent) + 1
            with core_errors(FILE_STORE):
                answer = self._clients.s3.upload_part(
                    **self._place.content(tenant, key), UploadId=upload, PartNumber=number, Body=parts.part
                )
            sent.append(UploadedPart(number, answer["ETag"]))
            parts.read_next()
        return sent

    def _join(self, tenant: str, key: str, upload: str, parts: list[UploadedPart], length: int) -> None:
        """Joins the parts, which together have that length, to the content."""
        wrong = InvalidInput("the parts named are not the parts that have arrived")
        known = dict.fromkeys(("InvalidPart", "InvalidPartOrder", "EntityTooSmall"), wrong)
        named = self._place.content(tenant, key)
        listed = [{"PartNumber": part.number, "ETag": part.tag} for part in parts]
        try:
            with core_errors(FILE_STORE, {**known, "NoSuchUpload": UploadNotFound(key)}):
                self._clients.s3.complete_multipart_upload(**named, UploadId=upload, MultipartUpload={"Parts": listed})
        except UploadNotFound:
            # An earlier attempt may have succeeded and only its answer been lost.
            with core_errors(FILE_STORE, {"404": UploadNotFound(key)}):
                stored = self._clients.s3.head_object(**named)
            if stored["ContentLength"] != length:
                raise

    def _arrived(self, tenant: str, key: str, upload: str) -> list[dict[str, Any]]:
        """The parts of an upload, as S3 lists them. Raises: UploadNotFound."""
        with core_errors(FILE_STORE, {"NoSuchUpload": UploadNotFound(key)}):
            pages = self._clients.s3.get_paginator("list_parts")
            named = self._place.content(tenant, key)
            return [part for page in pages.paginate(**named, UploadId=upload) for part in page.get("Parts", ())]

    def _abort(self, full_key: str, upload: str) -> None:
        with suppress(UploadNotFound), core_errors(FILE_STORE, {"NoSuchUpload": UploadNotFound(full_key)}):
            self._clients.s3.abort_multipart_upload(Bucket=self._place.bucket, Key=full_key, UploadId=upload)

    def _pages(self, tenant: str, operation: str, part: str) -> Iterator[dict[str, Any]]:
        """The items of a listing of a tenant, page by page."""
        with core_errors(FILE_STORE):
            pages = iter(self._clients.s3.get_paginator(operation).paginate(**self._place.all_of(tenant)))
        while True:
            # Not around the whole loop: what the consumer of an item raises would be mistaken for ours.
            with core_errors(FILE_STORE):
                page = next(pages, None)
            if page is None:
                return
            yield from page.get(part, ())

    def _signed(self, method: str, operation: str, parameters: dict[str, Any], seconds: int) -> SignedRequest:
        expires_at = self._clock.now() + timedelta(seconds=seconds)
        with core_errors(FILE_STORE):
            url = self._clients.s3.generate_presigned_url(operation, Params=parameters, ExpiresIn=seconds)
        return SignedRequest(method, url, {}, expires_at)


def _range(start: int, length: int | None) -> dict[str, str]:
    if start == 0 and length is None:
        return {}
    return {"Range": f"bytes={start}-{'' if length is None else start + length - 1}"}
