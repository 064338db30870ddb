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
    """A request that a client may send by itself, without keys, until it expires."""

    method: str
    url: str
    headers: dict[str, str]
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class UploadedPart:
    """One part of an upload in parts: its number from 1 on and the tag the store gave it."""

    number: int
    tag: str


class Chunks(Protocol):
    """A content being read, in pieces of at most 1 MiB. Close it, also when no piece was taken.

    A piece may raise Unavailable.
    """

    def __iter__(self) -> Iterator[bytes]: ...

    def __next__(self) -> bytes: ...

    def close(self) -> None:
        """Lets go of what it reads from; a second time does nothing."""


class Blobs(Protocol):
    """Keeps contents by tenant and key. A key is written once and never again; the caller makes new keys.

    * A write that returns is durable and whole; one that fails or dies leaves nothing that `open` finds.
    * Nothing holds a whole content in memory.
    * Every call may raise Unavailable.
    """

    def write(self, tenant: str, key: str, content: BinaryIO, *, content_type: str, max_bytes: int) -> int:
        """Stores what can be read and returns its length in bytes. Raises: BodyTooLarge when it is longer than
        `max_bytes`, StorageFull when the store has no room; nothing is stored then."""

    def open(self, tenant: str, key: str, start: int = 0, length: int | None = None) -> Chunks:
        """The content from `start` on, or `length` bytes of it. Raises: BlobNotFound, at once."""

    def delete(self, tenant: str, key: str) -> None:
        """Deletes a content; one that does not exist is fine."""

    def sweep(self, tenant: str, before: datetime) -> Iterator[StoredBlob]:
        """Every content written before a moment, for finding what no metadata names; unfinished uploads that began
        before it are thrown away by the way."""

    def delete_tenant(self, tenant: str) -> None:
        """Deletes all contents of a tenant."""

    def download_request(
        self, tenant: str, key: str, *, seconds: int, content_type: str, disposition: str
    ) -> SignedRequest | None:
        """A request by which a client fetches the content itself, None when this store has no such thing."""

    def begin_parts(self, tenant: str, key: str, content_type: str) -> str:
        """Begins an upload in parts and returns its id. Raises: NotSupported when this store has no such thing."""

    def part_request(
        self, tenant: str, key: str, upload: str, number: int, *, length: int, seconds: int
    ) -> SignedRequest:
        """A request by which a client sends one part (1 to 10,000, each but the last at least 5 MiB) of that many
        bytes; a store that can tell refuses more, or fewer."""

    def parts(self, tenant: str, key: str, upload: str) -> list[UploadedPart]:
        """The parts that have arrived, by number: what a client that resumes need not send again."""

    def complete_parts(self, tenant: str, key: str, upload: str, parts: list[UploadedPart], max_bytes: int) -> int:
        """Makes the content of its parts and returns its length. Raises: InvalidInput for missing or wrong parts,
        BodyTooLarge; nothing is stored then."""

    def abort_parts(self, tenant: str, key: str, upload: str) -> None:
        """Throws an upload away; one that does not exist is fine."""
