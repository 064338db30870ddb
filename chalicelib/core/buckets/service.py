"""Buckets: made, changed, listed and deleted, with their indexes and shard keys."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from chalicelib.core import ids
from chalicelib.core.access.acl import Acl, Action
from chalicelib.core.access.caller import Caller
from chalicelib.core.access.defaults import acl_for_new_bucket, content_acl_for_new_bucket
from chalicelib.core.access.rules import may_in_bucket, may_with_bucket, require
from chalicelib.core.buckets.directory import BucketDirectory
from chalicelib.core.buckets.leftovers import Leftovers
from chalicelib.core.buckets.model import ROOT, SPECIAL_BUCKETS, Bucket, BucketContents, BucketKind, ShardKey
from chalicelib.core.buckets.stored import (
    BUCKETS,
    StoredBucket,
    bucket_from_document,
    bucket_to_document,
    collection_for,
    record_id,
)
from chalicelib.core.documents import Documents, Index
from chalicelib.core.errors import (
    BucketNotEmpty,
    BucketNotFound,
    DuplicateBucket,
    DuplicateId,
    IndexNotFound,
    InvalidInput,
    InvalidName,
    NotSharded,
    RequestConflict,
    TooMany,
)
from chalicelib.core.files.stored import FILE_INDEXES
from chalicelib.core.query.filter import EVERYTHING, Filter, parse_filter
from chalicelib.core.query.order import parse_order
from chalicelib.core.query.query import Query
from chalicelib.core.query.stored_form import bson_size
from chalicelib.core.query.values import Document
from chalicelib.core.tenants.model import Tenant
from chalicelib.core.tenants.service import TenantsService

MAX_NAME_LENGTH = 40
"""Characters of a bucket's name, included. Spec: nec-rest, 7.1."""

MAX_BUCKET_BYTES = 262_144
"""Bytes of BSON of a bucket's own record, included: description and ACLs. Our choice: what an object may have, for
records are read at every call and remembered by every process."""

MAX_BUCKETS = 1000
"""Buckets of one kind in a tenant. Spec: nec-clients, 10."""

OBJECT_INDEXES = (
    Index("owner_idx", (("ACL.owner", 1),)),
    Index("read_idx", (("ACL.r", 1),)),
    Index("updated_at_idx", (("updatedAt", 1), ("_id", 1))),
    # Costs nothing for objects without a mark, and lets a count leave out the marked ones without reading any.
    Index("deleted_idx", (("_deleted", 1),), sparse=True),
)
"""Indexes that every object bucket has and that are not listed: access rule, sync, marks. Spec: nec-clients, 9."""

OWN_INDEXES = {BucketKind.OBJECTS: OBJECT_INDEXES, BucketKind.FILES: FILE_INDEXES}

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_]*")
_RESERVED_INDEX_NAMES = {index.name for index in OBJECT_INDEXES} | {"_id_"}


class BucketsService:
    """What a caller may do with buckets. Their contents are the business of objects and files."""

    def __init__(
        self, documents: Documents, tenants: TenantsService, directory: BucketDirectory, *, is_sharded: bool = False
    ) -> None:
        self._documents = documents
        self._tenants = tenants
        self._directory = directory
        self._leftovers = Leftovers(documents)
        self._is_sharded = is_sharded

    # --- buckets ---

    def put(self, caller: Caller, kind: BucketKind, name: str, contents: BucketContents) -> Bucket:
        """Creates a bucket, or changes one: a change must give description, ACL and content ACL.

        Creating needs the create right of `_ROOT`; changing the description needs the update right on the bucket,
        changing an ACL its admin right. Raises: InvalidName, InvalidInput, AccessDenied, TooMany, DuplicateBucket,
        RequestConflict. Spec: nec-rest, 7.1.
        """
        stored = self._directory.read(caller.tenant.id, kind, name)
        if stored is None and name in SPECIAL_BUCKETS and kind is BucketKind.OBJECTS:
            stored = self._materialised(caller, name)
        if stored is None:
            return self._create(caller, kind, name, contents)
        return self._update(caller, stored, contents)

    def list(self, caller: Caller, kind: BucketKind) -> list[Bucket]:
        """The buckets that the caller may read, by name; never the special ones. Spec: nec-rest, 7.2."""
        visible = _of_kind(kind) & parse_filter(_readable(caller))
        records = self._documents.find(
            caller.tenant.id, BUCKETS, Query(filter=visible, order=parse_order([("name", 1)]))
        )
        return [bucket_from_document(record).bucket for record in records]

    def get(self, caller: Caller, kind: BucketKind, name: str) -> Bucket:
        """One bucket. Raises: BucketNotFound; AccessDenied without its read right. Spec: nec-rest, 7.3."""
        stored = self._directory.find(caller.tenant, kind, name)
        if stored is None and kind is BucketKind.OBJECTS and name in SPECIAL_BUCKETS:
            bucket = SPECIAL_BUCKETS[name]
        elif stored is None:
            raise BucketNotFound(name)
        else:
            bucket = stored.bucket
        require(may_with_bucket(caller, Action.READ, bucket.acl), "read the bucket")
        return bucket

    def delete(self, caller: Caller, kind: BucketKind, name: str) -> None:
        """Deletes a bucket; with the master key even one that is not empty, with all that it holds.

        Raises: BucketNotFound, AccessDenied, BucketNotEmpty, RequestConflict. Spec: nec-rest, 7.4.
        """
        stored = self._directory.read(caller.tenant.id, kind, name)
        if stored is None or name in SPECIAL_BUCKETS:
            raise BucketNotFound(name)
        require(may_with_bucket(caller, Action.DELETE, stored.bucket.acl), "delete the bucket")
        self._require_empty(caller, stored)
        if caller.is_master:
            self._leftovers.note(caller.tenant.id, stored.collection)
        unchanged = parse_filter({"_id": record_id(kind, name), "etag": stored.etag})
        record = self._documents.delete_one(caller.tenant.id, BUCKETS, unchanged)
        if record is None:
            raise RequestConflict("Deleting")
        self._tenants.count_bucket_change(caller.tenant.id)
        try:
            # A request that began before the record was deleted may have written since: look again before the drop.
            self._require_empty(caller, stored)
        except BucketNotEmpty:
            self._documents.insert(caller.tenant.id, BUCKETS, record)
            self._tenants.count_bucket_change(caller.tenant.id)
            raise
        self._leftovers.drop(caller.tenant.id, stored.collection)

    def purge_leftovers(self, tenant: Tenant) -> int:
        """Drops the contents of buckets whose delete failed half-way; returns of how many."""
        return self._leftovers.purge(tenant)

    def content_acl(self, tenant: Tenant, name: str) -> Acl:
        """The content ACL of a special bucket."""
        return self._directory.content_acl(tenant, name)

    # --- indexes and shard keys ---

    def indexes(self, caller: Caller, name: str) -> Sequence[Index]:
        """The indexes made for an object bucket. Raises: BucketNotFound, AccessDenied. Spec: nec-rest, 7.5."""
        stored = self._administered(caller, name)
        made = self._documents.indexes(caller.tenant.id, stored.collection)
        return [index for index in made if index.name not in _RESERVED_INDEX_NAMES]

    def create_index(self, caller: Caller, name: str, index: Index) -> None:
        """Makes and fills an index. Raises: BucketNotFound, AccessDenied, InvalidName for a reserved name,
        DuplicateKey when stored objects break uniqueness, Conflict when the name stands for other keys."""
        if not index.name or index.name in _RESERVED_INDEX_NAMES:
            raise InvalidName(f"an index cannot be named {index.name!r}")
        parse_order(index.keys)
        self._documents.create_index(caller.tenant.id, self._administered(caller, name).collection, index)

    def drop_index(self, caller: Caller, name: str, index_name: str) -> None:
        """Raises: BucketNotFound, AccessDenied, IndexNotFound."""
        if index_name in _RESERVED_INDEX_NAMES:
            raise IndexNotFound(index_name)
        self._documents.drop_index(caller.tenant.id, self._administered(caller, name).collection, index_name)

    def shard_key(self, caller: Caller, name: str) -> ShardKey | None:
        """The bucket's shard key, None when it has none.

        Raises: BucketNotFound, AccessDenied, NotSharded when the engine has no shards. Spec: nec-rest, 7.6.
        """
        stored = self._administered(caller, name)
        if not self._is_sharded:
            raise NotSharded("the database has no shards")
        return stored.shard_key

    def set_shard_key(self, caller: Caller, name: str, key: ShardKey) -> None:
        """Records the shard key that the operator has set in the database.

        Raises: BucketNotFound, AccessDenied, InvalidQuery for wrong keys, RequestConflict.
        """
        parse_order(key.keys)
        stored = self._administered(caller, name)
        self._write(caller, stored, replace(stored, shard_key=key, etag=ids.new_etag()))

    # --- inside ---

    def _create(self, caller: Caller, kind: BucketKind, name: str, contents: BucketContents) -> Bucket:
        if not _NAME.fullmatch(name) or len(name) > MAX_NAME_LENGTH:
            raise InvalidName(
                f"a bucket's name has 1 to {MAX_NAME_LENGTH} letters, digits and underscores, the first no underscore"
            )
        require(may_in_bucket(caller, Action.CREATE, self.content_acl(caller.tenant, ROOT)), "make buckets")
        if self._documents.count(caller.tenant.id, BUCKETS, _of_kind(kind)) >= MAX_BUCKETS:
            raise TooMany(f"a tenant has at most {MAX_BUCKETS} buckets of a kind", MAX_BUCKETS)
        bucket = Bucket(
            kind,
            name,
            contents.description or "",
            acl_for_new_bucket(caller, contents.acl),
            content_acl_for_new_bucket(caller, contents.content_acl),
        )
        stored = StoredBucket(bucket, ids.new_etag(), collection_for(kind, name))
        record = _record(stored)
        # Indexes first: the record makes the bucket visible, and by then nothing may be missing.
        for index in OWN_INDEXES[kind]:
            self._documents.create_index(caller.tenant.id, stored.collection, index)
        try:
            self._documents.insert(caller.tenant.id, BUCKETS, record)
        except DuplicateId as error:
            self._documents.drop_collection(caller.tenant.id, stored.collection)
            raise DuplicateBucket(f"a bucket named {name} was made at the same moment") from error
        self._tenants.count_bucket_change(caller.tenant.id)
        return bucket

    def _materialised(self, caller: Caller, name: str) -> StoredBucket:
        """A special bucket's record, stored with its defaults just before its first change."""
        default = SPECIAL_BUCKETS[name]
        require(may_with_bucket(caller, Action.ADMIN, default.acl), "change the bucket")
        stored = StoredBucket(default, ids.new_etag(), collection_for(default.kind, name))
        try:
            self._documents.insert(caller.tenant.id, BUCKETS, bucket_to_document(stored))
        except DuplicateId as error:
            raise RequestConflict from error
        return stored

    def _update(self, caller: Caller, stored: StoredBucket, contents: BucketContents) -> Bucket:
        bucket = stored.bucket
        if contents.description is None or contents.acl is None or contents.content_acl is None:
            raise InvalidInput("changing a bucket takes description, ACL and contentACL")
        acl = contents.acl if contents.acl.owner is not None else replace(contents.acl, owner=bucket.acl.owner)
        changed = replace(bucket, description=contents.description, acl=acl, content_acl=contents.content_acl)
        changes_acl = (changed.acl, changed.content_acl) != (bucket.acl, bucket.content_acl)
        if changes_acl:
            require(may_with_bucket(caller, Action.ADMIN, bucket.acl), "change the bucket's ACLs")
        if not changes_acl or changed.description != bucket.description:
            require(may_with_bucket(caller, Action.UPDATE, bucket.acl), "change the bucket")
        self._write(caller, stored, replace(stored, bucket=changed, etag=ids.new_etag()))
        return changed

    def _write(self, caller: Caller, before: StoredBucket, after: StoredBucket) -> None:
        """Replaces exactly the version of the record that the rights were checked against."""
        document = _record(after)
        unchanged = parse_filter({"_id": document["_id"], "etag": before.etag})
        if self._documents.replace_one(caller.tenant.id, BUCKETS, unchanged, document) is None:
            raise RequestConflict
        self._tenants.count_bucket_change(caller.tenant.id)

    def _administered(self, caller: Caller, name: str) -> StoredBucket:
        stored = self._directory.get(caller.tenant, BucketKind.OBJECTS, name)
        require(may_with_bucket(caller, Action.ADMIN, stored.bucket.acl), "administer the bucket")
        return stored

    def _require_empty(self, caller: Caller, stored: StoredBucket) -> None:
        if caller.is_master:
            return
        if self._documents.find_one(caller.tenant.id, stored.collection, EVERYTHING) is not None:
            raise BucketNotEmpty(f"the bucket {stored.bucket.name} is not empty")


def _record(stored: StoredBucket) -> Document:
    """The document to store for a bucket. Raises: InvalidInput when it is too large."""
    document = bucket_to_document(stored)
    if bson_size(document) > MAX_BUCKET_BYTES:
        raise InvalidInput(f"a bucket's description and ACLs take at most {MAX_BUCKET_BYTES} bytes together")
    return document


def _of_kind(kind: BucketKind) -> Filter:
    """The buckets of a kind, without the special ones."""
    return parse_filter({"kind": kind.value, "name": {"$nin": sorted(SPECIAL_BUCKETS)}})


def _readable(caller: Caller) -> dict[str, object]:
    """The condition on buckets that the caller may read; owning one is not enough."""
    return {} if caller.is_master else {"ACL.r": {"$in": sorted(caller.principals)}}
