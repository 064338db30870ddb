"""How a bucket is kept: one record in the tenant's space, which names the collection of its contents."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.core import ids
from chalicelib.core.access.acl import parse_acl
from chalicelib.core.buckets.model import Bucket, BucketKind, ShardKey
from chalicelib.core.query.values import Document

BUCKETS = "_buckets"
"""The collection of bucket records; `_id` is `kind/name`, so that a name is taken once per kind."""


@dataclass(frozen=True, slots=True)
class StoredBucket:
    """A bucket, with its version and the collection of its contents.

    Part of the collection's name is new for each bucket, so that a bucket created again under an old name never
    shows what was written to the old one.
    """

    bucket: Bucket
    etag: str
    collection: str
    shard_key: ShardKey | None = None


def record_id(kind: BucketKind, name: str) -> str:
    """The id of a bucket's record."""
    return f"{kind.value}/{name}"


def collection_for(kind: BucketKind, name: str) -> str:
    """A collection name for the contents of a new bucket."""
    return f"{kind.value}.{name}.{ids.new_id()}"


def bucket_to_document(stored: StoredBucket) -> Document:
    """The stored form of a bucket."""
    bucket, key = stored.bucket, stored.shard_key
    return {
        "_id": record_id(bucket.kind, bucket.name),
        "kind": bucket.kind.value,
        "name": bucket.name,
        "description": bucket.description,
        "ACL": bucket.acl.to_document(),
        "contentACL": bucket.content_acl.to_content_document(),
        "etag": stored.etag,
        "collection": stored.collection,
        "shardKey": None if key is None else {"keys": [list(pair) for pair in key.keys], "unique": key.unique},
    }


def bucket_from_document(document: Document) -> StoredBucket:
    """The bucket that a stored record describes."""
    key = document["shardKey"]
    bucket = Bucket(
        kind=BucketKind(document["kind"]),
        name=document["name"],
        description=document["description"],
        acl=parse_acl(document["ACL"]),
        content_acl=parse_acl(document["contentACL"]),
    )
    shard_key = None if key is None else ShardKey(tuple((path, way) for path, way in key["keys"]), key["unique"])
    return StoredBucket(bucket, document["etag"], document["collection"], shard_key)
