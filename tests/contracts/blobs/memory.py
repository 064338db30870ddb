"""A file store in memory that takes parts and signs requests: for tests of what the disk cannot do. Held to the
contract like the real ones, and able to fail on demand."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

from chalicelib.core.errors import BlobNotFound, BodyTooLarge, CoreError, InvalidInput, InvalidName
from chalicelib.core.files.ports import SignedRequest, StoredBlob, UploadedPart

PIECE_BYTES = 1024 * 1024


class MemoryPieces:
    """Bytes in pieces, which may fail half way."""

    def __init__(self, content: bytes, fail: Callable[[], None]) -> None:
        self._pieces = [content[at : at + PIECE_BYTES] for at in range(0, len(content), PIECE_BYTES)]
        self._fail = fail
        self.closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        self._fail()
        if not self._pieces:
            raise StopIteration
        return self._pieces.pop(0)

    def close(self) -> None:
        self.closed = True


class MemoryBlobs:
    """`failures` are what the next call of a method raises, by its name; `read` is for contents being read."""

    def __init__(self) -> None:
        self.contents: dict[tuple[str, str], tuple[bytes, datetime]] = {}
        self.uploads: dict[tuple[str, str, str], dict[int, bytes]] = {}
        self.failures: dict[str, CoreError] = {}
        self.opened: list[MemoryPieces] = []
        self._began: dict[str, datetime] = {}
        self._numbers = itertools.count(1)

    def _may_fail(self, method: str) -> None:
        error = self.failures.pop(method, None)
        if error is not None:
            raise error

    def _key(self, tenant: str, key: str) -> tuple[str, str]:
        if not tenant or "/" in tenant or tenant.startswith("."):
            raise InvalidName(f"not a tenant id: {tenant!r}")
        return tenant, key

    def write(self, tenant: str, key: str, content: BinaryIO, *, content_type: str, max_bytes: int) -> int:
        self._may_fail("write")
        whole = b"".join(iter(lambda: content.read(PIECE_BYTES), b""))
        if len(whole) > max_bytes:
            raise BodyTooLarge(max_bytes)
        self.contents[self._key(tenant, key)] = (whole, datetime.now(UTC))
        return len(whole)

    def open(self, tenant: str, key: str, start: int = 0, length: int | None = None) -> MemoryPieces:
        self._may_fail("open")
        stored = self.contents.get(self._key(tenant, key))
        if stored is None:
            raise BlobNotFound(key)
        part = stored[0][start:] if length is None else stored[0][start : start + length]
        self.opened.append(MemoryPieces(part, lambda: self._may_fail("read")))
        return self.opened[-1]

    def delete(self, tenant: str, key: str) -> None:
        self._may_fail("delete")
        self.contents.pop(self._key(tenant, key), None)

    def sweep(self, tenant: str, before: datetime) -> Iterator[StoredBlob]:
        self._may_fail("sweep")
        for upload in [one for one in self.uploads if one[0] == tenant and self._began[one[2]] < before]:
            del self.uploads[upload]
        for (owner, key), (content, written_at) in list(self.contents.items()):
            if owner == tenant and written_at < before:
                yield StoredBlob(key, len(content), written_at)

    def delete_tenant(self, tenant: str) -> None:
        self._may_fail("delete_tenant")
        for place in [place for place in self.contents if place[0] == tenant]:
            del self.contents[place]
        for upload in [upload for upload in self.uploads if upload[0] == tenant]:
            del self.uploads[upload]

    def download_request(
        self, tenant: str, key: str, *, seconds: int, content_type: str, disposition: str
    ) -> SignedRequest | None:
        self._may_fail("download_request")
        url = f"https://store.example/{tenant}/{key}?type={content_type}&disposition={disposition}"
        return SignedRequest("GET", url, {}, datetime.now(UTC) + timedelta(seconds=seconds))

    def begin_parts(self, tenant: str, key: str, content_type: str) -> str:
        self._may_fail("begin_parts")
        upload = f"upload{next(self._numbers)}"
        self.uploads[*self._key(tenant, key), upload] = {}
        self._began[upload] = datetime.now(UTC)
        return upload

    def part_request(
        self, tenant: str, key: str, upload: str, number: int, *, length: int, seconds: int
    ) -> SignedRequest:
        url = f"https://store.example/{tenant}/{key}?upload={upload}&part={number}"
        return SignedRequest("PUT", url, {}, datetime.now(UTC) + timedelta(seconds=seconds))

    def send(self, request: SignedRequest, content: bytes) -> None:
        """What a client does with the request for a part."""
        path, _, query = request.url.removeprefix("https://store.example/").partition("?")
        tenant, _, key = path.partition("/")
        values = dict(pair.split("=") for pair in query.split("&"))
        self.uploads[tenant, key, values["upload"]][int(values["part"])] = content

    def parts(self, tenant: str, key: str, upload: str) -> list[UploadedPart]:
        self._may_fail("parts")
        arrived = self.uploads.get((tenant, key, upload), {})
        return [UploadedPart(number, f"tag{len(content)}") for number, content in sorted(arrived.items())]

    def complete_parts(self, tenant: str, key: str, upload: str, parts: list[UploadedPart], max_bytes: int) -> int:
        self._may_fail("complete_parts")
        arrived = self.uploads.get((tenant, key, upload))
        if not arrived or not parts or any(f"tag{len(arrived.get(part.number, b''))}" != part.tag for part in parts):
            raise InvalidInput("parts are missing or wrong")
        content = b"".join(arrived[part.number] for part in parts)
        if len(content) > max_bytes:
            raise BodyTooLarge(max_bytes)
        self.contents[tenant, key] = (content, self._began[upload])
        del self.uploads[tenant, key, upload]
        return len(content)

    def abort_parts(self, tenant: str, key: str, upload: str) -> None:
        self._may_fail("abort_parts")
        self.uploads.pop((tenant, key, upload), None)
