"""Contents that no metadata names, and uploads that nobody completes: found and deleted."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice

from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.files.contents import collection_of
from chalicelib.core.files.ports import Blobs
from chalicelib.core.files.uploads import UPLOAD_EXPIRES_AFTER, UploadsService
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.projection import parse_projection
from chalicelib.core.query.query import Query
from chalicelib.core.tenants.model import Tenant
from chalicelib.core.tenants.service import TenantsService

SWEPT_AFTER = UPLOAD_EXPIRES_AFTER + timedelta(hours=24)
"""How old a content must be. A store may date a content by when its upload in parts began, and its metadata follow
before such an upload expires; the rest is margin. Our choice."""

ASKED_AT_ONCE = 500
"""Contents in one question to the metadata: nearly all are named, and a question for each would take a sweep of a
million files beyond the 15 minutes that a Lambda has. Our choice."""

_KEY_ONLY = parse_projection({"blob": 1})


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
        return self._tenants.for_each(lambda tenant: self._uploads.sweep(tenant) + self._sweep(tenant))

    def _sweep(self, tenant: Tenant) -> int:
        gone = 0
        old = self._blobs.sweep(tenant.id, self._clock.now() - SWEPT_AFTER)
        while keys := [blob.key for blob in islice(old, ASKED_AT_ONCE)]:
            named = self._named(tenant.id, keys)
            for key in keys:
                if key not in named:
                    self._blobs.delete(tenant.id, key)
                    gone += 1
        return gone

    def _named(self, tenant: str, keys: list[str]) -> set[str]:
        """Those of the keys that metadata name."""
        by_collection: dict[str, list[str]] = {}
        for key in keys:
            by_collection.setdefault(collection_of(key), []).append(key)
        named: set[str] = set()
        for collection, some in by_collection.items():
            asked = Query(filter=parse_filter({"blob": {"$in": some}}), projection=_KEY_ONLY)
            named.update(document["blob"] for document in self._documents.find(tenant, collection, asked))
        return named
