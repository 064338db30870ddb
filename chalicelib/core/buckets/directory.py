"""Which buckets a tenant has, remembered per process for as long as the tenant's record says nothing changed."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock

from chalicelib.core.access.acl import Acl
from chalicelib.core.buckets.model import SPECIAL_BUCKETS, BucketKind
from chalicelib.core.buckets.stored import BUCKETS, StoredBucket, bucket_from_document, record_id
from chalicelib.core.documents import Documents
from chalicelib.core.errors import BucketNotFound
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.query import Query
from chalicelib.core.tenants.model import Tenant

REMEMBERED_BUCKETS = 4096
"""Buckets of all tenants that a process remembers; beyond that, it forgets those not used for longest."""


class BucketDirectory:
    """Finds bucket records. A warm process needs no round trip: every change raises `tenant.buckets_version`."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._lock = Lock()
        self._known: OrderedDict[tuple[str, int, str], StoredBucket | None] = OrderedDict()

    def find(self, tenant: Tenant, kind: BucketKind, name: str) -> StoredBucket | None:
        """The bucket's record, or None; special buckets only once somebody has changed them."""
        key = (tenant.id, tenant.buckets_version, record_id(kind, name))
        with self._lock:
            if key in self._known:
                self._known.move_to_end(key)
                return self._known[key]
        stored = self.read(tenant.id, kind, name)
        with self._lock:
            self._known[key] = stored
            if len(self._known) > REMEMBERED_BUCKETS:
                self._known.popitem(last=False)
        return stored

    def get(self, tenant: Tenant, kind: BucketKind, name: str) -> StoredBucket:
        """The bucket's record. Raises: BucketNotFound; special buckets hold no objects and are not found."""
        stored = None if name in SPECIAL_BUCKETS else self.find(tenant, kind, name)
        if stored is None:
            raise BucketNotFound(name)
        return stored

    def still_holds(self, tenant_id: str, kind: BucketKind, name: str, collection: str) -> bool:
        """Whether, at this moment, there is a bucket of that name with its contents in that collection.

        Whoever adds to a collection asks this afterwards, and takes back what was added when the answer is no: the
        bucket may have been deleted since it was looked up, and then nobody would find the contents again.
        """
        record = self._documents.find_one(tenant_id, BUCKETS, parse_filter({"_id": record_id(kind, name)}))
        return record is not None and record["collection"] == collection

    def content_acl(self, tenant: Tenant, name: str) -> Acl:
        """Who may do what with users, groups or buckets: the content ACL of a special bucket."""
        stored = self.find(tenant, BucketKind.OBJECTS, name)
        return SPECIAL_BUCKETS[name].content_acl if stored is None else stored.bucket.content_acl

    def object_buckets(self, tenant_id: str) -> list[StoredBucket]:
        """Every object bucket of a tenant, as stored at this moment, without the special ones."""
        condition = {"kind": BucketKind.OBJECTS.value, "name": {"$nin": sorted(SPECIAL_BUCKETS)}}
        records = self._documents.find(tenant_id, BUCKETS, Query(filter=parse_filter(condition)))
        return [bucket_from_document(record) for record in records]

    def file_buckets(self, tenant_id: str) -> list[StoredBucket]:
        """Every file bucket of a tenant, as stored at this moment."""
        records = self._documents.find(tenant_id, BUCKETS, Query(filter=parse_filter({"kind": BucketKind.FILES.value})))
        return [bucket_from_document(record) for record in records]

    def read(self, tenant_id: str, kind: BucketKind, name: str) -> StoredBucket | None:
        """The bucket's record as it is stored at this moment, or None."""
        record = self._documents.find_one(tenant_id, BUCKETS, parse_filter({"_id": record_id(kind, name)}))
        return None if record is None else bucket_from_document(record)
