"""Contents that no metadata names: found and deleted."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.files.ports import Blobs
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.tenants.service import TenantsService

SWEPT_AFTER = timedelta(hours=24)
"""How old a content must be: longer than any upload takes between writing it and naming it. Our choice."""


class BlobSweep:
    """Deletes what crashes, deleted buckets and abandoned uploads have left in the store."""

    def __init__(self, documents: Documents, tenants: TenantsService, blobs: Blobs, clock: Clock) -> None:
        self._documents = documents
        self._tenants = tenants
        self._blobs = blobs
        self._clock = clock

    def run(self) -> int:
        """Goes over all tenants; returns how many contents went. Safe to run twice at once."""
        gone = 0
        before = self._clock.now() - SWEPT_AFTER
        for tenant in self._tenants.list():
            for blob in self._blobs.sweep(tenant.id, before):
                collection = blob.key.rpartition("/")[0]
                named = parse_filter({"blob": blob.key})
                if self._documents.find_one(tenant.id, collection, named) is None:
                    self._blobs.delete(tenant.id, blob.key)
                    gone += 1
        return gone
