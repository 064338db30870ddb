"""Contents that no metadata names, and uploads that nobody completes: found and deleted."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.files.ports import Blobs
from chalicelib.core.files.uploads import UPLOAD_EXPIRES_AFTER, UploadsService
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.tenants.model import Tenant
from chalicelib.core.tenants.service import TenantsService

SWEPT_AFTER = UPLOAD_EXPIRES_AFTER + timedelta(hours=24)
"""How old a content must be. A store may date a content by when its upload in parts began, and its metadata follow
before such an upload expires; the rest is margin. Our choice."""


class BlobSweep:
    """Deletes what crashes, deleted buckets and abandoned uploads have left behind in the store."""

    def __init__(
        self, documents: Documents, tenants: TenantsService, uploads: UploadsService, blobs: Blobs, clock: Clock
    ) -> None:
        self._documents = documents
        self._tenants = tenants
        self._uploads = uploads
        self._blobs = blobs
        self._clock = clock

    def run(self) -> int:
        """Goes through all tenants; returns how many contents and uploads it deleted. Safe to run twice at once."""
        return sum(self._uploads.sweep(tenant) + self._sweep(tenant) for tenant in self._tenants.list())

    def _sweep(self, tenant: Tenant) -> int:
        gone = 0
        for blob in self._blobs.sweep(tenant.id, self._clock.now() - SWEPT_AFTER):
            collection = blob.key.rpartition("/")[0]
            named = parse_filter({"blob": blob.key})
            if self._documents.find_one(tenant.id, collection, named) is None:
                self._blobs.delete(tenant.id, blob.key)
                gone += 1
        return gone
