"""The metadata of files as documents: found, written and removed by exact version. Decides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.core.access.acl import Action
from chalicelib.core.access.caller import Caller
from chalicelib.core.access.rules import may_in_bucket, require
from chalicelib.core.buckets.directory import BucketDirectory
from chalicelib.core.buckets.model import BucketKind
from chalicelib.core.documents import Documents
from chalicelib.core.errors import BucketNotFound
from chalicelib.core.files.model import File
from chalicelib.core.files.stored import file_from_document, file_to_document
from chalicelib.core.query.filter import Filter, parse_filter
from chalicelib.core.query.order import parse_order
from chalicelib.core.query.pipeline import parse_pipeline
from chalicelib.core.query.query import Query
from chalicelib.core.query.values import Document
from chalicelib.core.tenants.model import Tenant

_BY_NAME = parse_order([("filename", 1)])
_STORED_BYTES = parse_pipeline(
    [{"$match": {"blob": {"$exists": True}}}, {"$group": {"_id": None, "bytes": {"$sum": "$length"}}}]
)


@dataclass(frozen=True, slots=True)
class Shelf:
    """Where the files of a bucket are: the tenant's id, the bucket's name, and the collection of their metadata."""

    tenant: str
    bucket: str
    collection: str


class FileRecords:
    """Metadata by shelf. A change names the version it is based on, and fails when that is no longer stored."""

    def __init__(self, documents: Documents, directory: BucketDirectory) -> None:
        self._documents = documents
        self._directory = directory

    def shelf(self, tenant: Tenant, bucket: str) -> Shelf:
        """Raises: BucketNotFound."""
        return Shelf(tenant.id, bucket, self._directory.get(tenant, BucketKind.FILES, bucket).collection)

    def shelf_for(self, caller: Caller, bucket: str, action: Action) -> Shelf:
        """The shelf, if the bucket lets the caller act on its files. Raises: BucketNotFound, AccessDenied."""
        stored = self._directory.get(caller.tenant, BucketKind.FILES, bucket)
        allowed = may_in_bucket(caller, action, stored.bucket.content_acl)
        require(allowed, f"{action.name.lower()} files in the bucket {bucket}")
        return Shelf(caller.tenant.id, bucket, stored.collection)

    def find(self, shelf: Shelf, name: str) -> File | None:
        return self._one(shelf, parse_filter({"filename": name}))

    def find_published(self, shelf: Shelf, token: str) -> File | None:
        """The file whose public URL has this token and works."""
        return self._one(shelf, parse_filter({"publicToken": token, "published": True, "_deleted": {"$ne": True}}))

    def list(self, shelf: Shelf, conditions: Iterable[Document], skip: int, limit: int | None) -> list[File]:
        """The files for which every condition holds, by name."""
        asked = Query(filter=parse_filter({"$and": list(conditions)}), order=_BY_NAME, skip=skip, limit=limit)
        found = self._documents.find(shelf.tenant, shelf.collection, asked)
        return [file_from_document(shelf.tenant, shelf.bucket, document) for document in found]

    def insert(self, shelf: Shelf, file: File) -> None:
        """Raises: DuplicateKey when the name is taken; BucketNotFound when the bucket was deleted meanwhile."""
        self._documents.insert(shelf.tenant, shelf.collection, file_to_document(file))
        if not self._directory.still_holds(shelf.tenant, BucketKind.FILES, shelf.bucket, shelf.collection):
            self.remove(shelf, file)
            raise BucketNotFound(shelf.bucket)

    def replace(self, shelf: Shelf, before: File, after: File) -> bool:
        """Whether `before` was still the stored version, which `after` has now replaced. Raises: DuplicateKey."""
        document = file_to_document(after)
        return self._documents.replace_one(shelf.tenant, shelf.collection, _version(before), document) is not None

    def remove(self, shelf: Shelf, file: File) -> bool:
        """Whether this was still the stored version, which is now gone."""
        return self._documents.delete_one(shelf.tenant, shelf.collection, _version(file)) is not None

    def stored_bytes(self, tenant: Tenant) -> int:
        """How many bytes the contents of all of a tenant's files have together."""
        return sum(self._bytes(tenant.id, stored.collection) for stored in self._directory.file_buckets(tenant.id))

    def purge_deleted(self, tenant: Tenant, before: datetime) -> int:
        """Removes the metadata of files that were marked as deleted before a moment; returns how many."""
        expired = parse_filter({"_deleted": True, "updatedAt": {"$lt": before}})
        collections = [stored.collection for stored in self._directory.file_buckets(tenant.id)]
        return sum(self._documents.delete_many(tenant.id, collection, expired) for collection in collections)

    def _bytes(self, tenant_id: str, collection: str) -> int:
        rows: Iterator[Document] = self._documents.aggregate(tenant_id, collection, _STORED_BYTES)
        return sum(row["bytes"] for row in rows)

    def _one(self, shelf: Shelf, wanted: Filter) -> File | None:
        document = self._documents.find_one(shelf.tenant, shelf.collection, wanted)
        return None if document is None else file_from_document(shelf.tenant, shelf.bucket, document)


def _version(file: File) -> Filter:
    return parse_filter({"_id": file.id, "etag": file.meta_etag})
