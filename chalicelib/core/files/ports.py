"""The port to where file contents live. What a file is called and who may read it is in its metadata, not here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """One stored content, as a sweep sees it."""

    key: str
    length: int
    written_at: datetime


@dataclass(frozen=True, slots=True)
class SignedRequest:
    """A request that a client can send without keys until it expires."""

    method: str
    url: str
    headers: dict[str, str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class UploadedPart:
    """One part of an upload: its number, counted from 1, and the tag that the store gave it."""

    number: int
    tag: str


class Chunks(Protocol):
    """A content being read, in pieces of at most 1 MiB. Close it, even if no piece was read.

    Reading a piece may raise Unavailable.
    """

    def __iter__(self) -> Iterator[bytes]: ...

    def __next__(self) -> bytes: ...

    def close(self) -> None:
        """Releases what it reads from; a second call does nothing."""


class Blobs(Protocol):
    """Keeps contents by tenant and key. A key is written once and never again; the caller makes new keys.

    * A write that returns is durable and complete; one that fails or dies leaves nothing that `open` finds.
    * No whole content is ever held in memory.
    * Every call may raise Unavailable.
    """

    def write(self, tenant: str, key: str, content: BinaryIO, *, content_type: str, max_bytes: int) -> int:
        """Stores a content and returns its length in bytes.

        Raises: BodyTooLarge when it is longer than `max_bytes`, StorageFull when the store has no room; then nothing
        is stored.
        """

    def open(self, tenant: str, key: str, start: int = 0, length: int | None = None) -> Chunks:
        """The content from `start` on, or `length` bytes of it. Raises: BlobNotFound, at once."""

    def delete(self, tenant: str, key: str) -> None:
        """Deletes a content; does nothing if there is none."""

    def sweep(self, tenant: str, before: datetime) -> Iterator[StoredBlob]:
        """Every content written before a moment, to find those that no metadata names.

        Unfinished uploads that began before it are thrown away.
        """

    def delete_tenant(self, tenant: str) -> None:
        """Deletes all contents of a tenant."""

    def download_request(
        self, tenant: str, key: str, *, seconds: int, content_type: str, disposition: str
    ) -> SignedRequest | None:
        """A request by which a client fetches the content itself; None when this store has no such requests."""

    def begin_parts(self, tenant: str, key: str, content_type: str) -> str:
        """Begins an upload in parts and returns its id. Raises: NotSupported when this store takes no parts."""

    def part_request(
        self, tenant: str, key: str, upload: str, number: int, *, length: int, seconds: int
    ) -> SignedRequest:
        """A request by which a client sends one part (1 to 10,000, each but the last at least 5 MiB) of that many
        bytes; a store that can tell refuses more, or fewer."""

    def parts(self, tenant: str, key: str, upload: str) -> list[UploadedPart]:
        """The parts that have arrived, by number: a client that resumes need not send them again."""

    def complete_parts(self, tenant: str, key: str, upload: str, parts: list[UploadedPart], max_bytes: int) -> int:
        """Joins the parts to the content and returns its length in bytes.

        Raises: InvalidInput for missing or wrong parts, BodyTooLarge; then nothing is stored.
        """

    def abort_parts(self, tenant: str, key: str, upload: str) -> None:
        """Throws an upload away; does nothing if there is none."""
