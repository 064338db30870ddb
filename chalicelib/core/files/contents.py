"""The contents of files in the store: written under new keys, within the limits, and discarded."""

from __future__ import annotations

from contextlib import suppress
from typing import BinaryIO

from chalicelib.core import ids
from chalicelib.core.errors import BodyTooLarge, StorageFull, Unavailable
from chalicelib.core.files.ports import Blobs
from chalicelib.core.files.records import FileRecords, Shelf
from chalicelib.core.tenants.model import Tenant


class FileContents:
    """Writes and discards contents. `max_file_bytes` is the largest that comes in one request, included."""

    def __init__(self, blobs: Blobs, records: FileRecords, max_file_bytes: int) -> None:
        self._blobs = blobs
        self._records = records
        self._max_file_bytes = max_file_bytes

    def write(
        self, tenant: Tenant, shelf: Shelf, content: BinaryIO, content_type: str, *, freed_bytes: int = 0
    ) -> tuple[str, int]:
        """Stores a content and returns its key and its length in bytes.

        Raises: BodyTooLarge, StorageFull; then nothing is stored.
        """
        left = self.room(tenant, freed_bytes)
        max_bytes = self._max_file_bytes if left is None else min(left, self._max_file_bytes)
        key = new_blob_key(shelf)
        try:
            return key, self._blobs.write(shelf.tenant, key, content, content_type=content_type, max_bytes=max_bytes)
        except BodyTooLarge as error:
            if max_bytes < self._max_file_bytes:
                raise storage_full(tenant) from error
            raise

    def room(self, tenant: Tenant, freed_bytes: int) -> int | None:
        """How many bytes the tenant may still store once `freed_bytes` are gone; None when there is no limit.

        Counted anew each time, as a counter would drift with every crash. Simultaneous uploads do not see each
        other, so a tenant may exceed its limit by what it sends at once. Decision: 0042-storage-limit.
        """
        limit = tenant.settings.max_storage_bytes
        return max(limit - self._records.stored_bytes(tenant) + freed_bytes, 0) if limit else None

    def discard(self, tenant: str, key: str | None) -> None:
        """Deletes a content that no metadata names. If that fails, the sweep will find it."""
        if key is not None:
            with suppress(Unavailable):
                self._blobs.delete(tenant, key)


def storage_full(tenant: Tenant) -> StorageFull:
    """The error for a content that the tenant has no room for."""
    limit = tenant.settings.max_storage_bytes
    return StorageFull(f"the files would take more than {limit} bytes", limit)


def new_blob_key(shelf: Shelf) -> str:
    """A key for a new content, which tells the sweep in which collection to look for its metadata."""
    return f"{shelf.collection}/{ids.new_id()}"


def collection_of(key: str) -> str:
    """In which collection the metadata are that may name a content."""
    return key.rpartition("/")[0]
