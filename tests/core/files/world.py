"""A tenant with a file bucket, over a file store in memory that can fail."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from chalicelib.core.access.acl import Acl
from chalicelib.core.access.caller import Caller
from chalicelib.core.buckets.model import BucketContents, BucketKind
from chalicelib.core.core import Core
from chalicelib.core.files.model import DownloadConditions, File, NewFile
from chalicelib.core.tenants.model import Tenant
from tests.contracts.blobs.memory import MemoryBlobs
from tests.core.site import FixedClock, WatchedDocuments

OPEN = Acl(r=("g:anonymous",), w=("g:anonymous",), admin=("g:anonymous",))
ANYTHING = DownloadConditions()


@dataclass
class FileWorld:
    """One tenant. What a test does not care about has a default."""

    core: Core
    documents: WatchedDocuments
    blobs: MemoryBlobs
    clock: FixedClock
    tenant_id: str

    @property
    def tenant(self) -> Tenant:
        return self.core.tenants.get(self.tenant_id)

    @property
    def guest(self) -> Caller:
        return Caller(self.tenant)

    @property
    def master(self) -> Caller:
        return Caller(self.tenant, is_master=True)

    def user(self, name: str) -> Caller:
        return Caller(self.tenant, user=name)

    def bucket(self, name: str = "box") -> None:
        contents = BucketContents("", OPEN, OPEN)
        self.core.buckets.put(self.master, BucketKind.FILES, name, contents)

    def create(self, name: str = "a", content: bytes = b"one", by: Caller | None = None, bucket: str = "box") -> File:
        new = NewFile("text/plain", OPEN)
        return self.core.files.create(by or self.guest, bucket, name, io.BytesIO(content), new)

    def replace(self, name: str = "a", content: bytes = b"two", **etags: Any) -> File:
        return self.core.files.replace(self.guest, "box", name, io.BytesIO(content), None, **etags)

    def read(self, name: str = "a") -> bytes:
        chunks = self.core.downloads.open(self.guest, "box", name, ANYTHING).chunks
        assert chunks is not None
        try:
            return b"".join(chunks)
        finally:
            chunks.close()

    def names(self) -> list[str]:
        return [file.name for file in self.core.files.list(self.guest, "box", include_deleted=True).files]

    @property
    def kept(self) -> list[bytes]:
        """Every content in the store, named or not."""
        return sorted(content for content, _ in self.blobs.contents.values())

    def age(self, **duration: float) -> None:
        """Lets time pass, also for what is in the store."""
        written = datetime(2020, 1, 1, tzinfo=UTC)
        self.blobs.contents = {place: (content, written) for place, (content, _) in self.blobs.contents.items()}
        self.clock.advance(**duration)
