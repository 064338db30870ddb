"""What deletes by force have begun on: noted before, so that a failure between two steps leaves nothing behind."""

from __future__ import annotations

from chalicelib.core.buckets.model import BucketKind
from chalicelib.core.buckets.stored import BUCKETS
from chalicelib.core.documents import Documents
from chalicelib.core.errors import DuplicateId
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.query import Query
from chalicelib.core.tenants.model import Tenant

_KIND = "leftover"
"""The kind of a note among the bucket records."""


class Leftovers:
    """Notes of collections to drop as soon as no bucket names them any more."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def note(self, tenant_id: str, collection: str) -> None:
        """Writes down that the bucket of this collection is about to go."""
        try:
            self._documents.insert(
                tenant_id, BUCKETS, {"_id": _id(collection), "kind": _KIND, "collection": collection}
            )
        except DuplicateId:
            return  # an earlier delete noted it and came no further

    def drop(self, tenant_id: str, collection: str) -> None:
        """Drops a collection whose bucket is gone, and then its note."""
        self._documents.drop_collection(tenant_id, collection)
        self._documents.delete_one(tenant_id, BUCKETS, parse_filter({"_id": _id(collection)}))

    def purge(self, tenant: Tenant) -> int:
        """Drops what deletes have left behind; returns how many collections. Where the bucket is still there, the
        delete failed before it went, and nothing is touched."""
        notes = Query(filter=parse_filter({"kind": _KIND}))
        noted = [note["collection"] for note in self._documents.find(tenant.id, BUCKETS, notes)]
        left = [collection for collection in noted if not self._is_named(tenant.id, collection)]
        for collection in left:
            self.drop(tenant.id, collection)
        return len(left)

    def _is_named(self, tenant_id: str, collection: str) -> bool:
        kinds = [kind.value for kind in BucketKind]
        named = parse_filter({"kind": {"$in": kinds}, "collection": collection})
        return self._documents.find_one(tenant_id, BUCKETS, named) is not None


def _id(collection: str) -> str:
    return f"{_KIND}/{collection}"
