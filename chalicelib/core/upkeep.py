"""What a new version needs in the data of an older one: the indexes that have been declared since.

New tenants and buckets get theirs at once; this is for those that exist. Nothing is dropped: an
index that is no longer declared only costs writes a little, and an older version may still run beside this one.
"""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.core.buckets.directory import BucketDirectory
from chalicelib.core.buckets.service import OWN_INDEXES
from chalicelib.core.documents import Documents, Index
from chalicelib.core.errors import CoreError, TenantNotFound
from chalicelib.core.tenants.model import Tenant
from chalicelib.core.tenants.service import SYSTEM_INDEXES, TenantsService

MissingIndex = tuple[str, Index]
"""A collection and an index that it lacks."""


class UpkeepService:
    """Finds and creates declared indexes that tenants lack."""

    def __init__(self, documents: Documents, tenants: TenantsService, directory: BucketDirectory) -> None:
        self._documents = documents
        self._tenants = tenants
        self._directory = directory

    def run(self) -> int:
        """Creates the missing indexes; returns how many. Safe to run twice, or twice at once.

        When one cannot be created (unique, but there are duplicates), the others are all the same.
        Raises: the first such failure, at the end.
        """
        return self._tenants.for_each(self._make_missing)

    def _make_missing(self, tenant: Tenant) -> int:
        failures: list[CoreError] = []
        missing = self.missing(tenant)
        for collection, index in missing:
            try:
                self._documents.create_index(tenant.id, collection, index)
            except CoreError as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return len(missing)

    def missing(self, tenant: Tenant) -> list[MissingIndex]:
        """The declared indexes that a tenant lacks; none when the tenant is deleted."""
        found: list[MissingIndex] = []
        for collection in dict.fromkeys(name for name, _ in SYSTEM_INDEXES):
            found += self._lacking(tenant, collection, [index for name, index in SYSTEM_INDEXES if name == collection])
        for stored in self._directory.object_buckets(tenant.id) + self._directory.file_buckets(tenant.id):
            bucket = stored.bucket
            lacking = self._lacking(tenant, stored.collection, OWN_INDEXES[bucket.kind])
            # Read again: a bucket that was just deleted must not come back as an empty collection.
            if lacking and self._directory.read(tenant.id, bucket.kind, bucket.name) is not None:
                found += lacking
        return found if found and self._is_there(tenant) else []

    def _lacking(self, tenant: Tenant, collection: str, declared: Sequence[Index]) -> list[MissingIndex]:
        made = self._documents.indexes(tenant.id, collection)
        return [(collection, index) for index in declared if index not in made]

    def _is_there(self, tenant: Tenant) -> bool:
        """Called last: a tenant that has been deleted meanwhile lacks everything, and must not come back."""
        try:
            self._tenants.get(tenant.id)
        except TenantNotFound:
            return False
        return True
