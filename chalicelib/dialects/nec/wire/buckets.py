"""Buckets, their indexes and shard keys as JSON. Spec: nec-rest, 7; nec-clients, 4."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chalicelib.core.buckets.model import Bucket, BucketContents, ShardKey
from chalicelib.core.documents import Index
from chalicelib.dialects.nec.acl import acl_json, content_acl_json, optional_acl, optional_content_acl
from chalicelib.dialects.nec.wire.body import optional_text


def bucket_contents(body: dict[str, Any]) -> BucketContents:
    """What a body says about a bucket; other keys, such as `noAcl` of newer clients, are ignored.

    Raises: InvalidInput, InvalidAcl. Spec: nec-clients, 4.5.
    """
    return BucketContents(optional_text(body, "description"), optional_acl(body), optional_content_acl(body))


def bucket_json(bucket: Bucket) -> dict[str, Any]:
    """One bucket."""
    return {
        "name": bucket.name,
        "description": bucket.description,
        "ACL": acl_json(bucket.acl),
        "contentACL": content_acl_json(bucket.content_acl),
    }


def buckets_json(buckets: Iterable[Bucket]) -> dict[str, Any]:
    """`{"results": [...]}`."""
    return {"results": [bucket_json(bucket) for bucket in buckets]}


def indexes_json(indexes: Iterable[Index]) -> dict[str, Any]:
    """`{"results": [{"name", "keys": [{"name", "type": 1 or -1}]}]}`. Spec: nec-rest, 7.5."""
    return {"results": [{"name": index.name, "keys": _keys_json(index.keys)} for index in indexes]}


def shard_key_json(key: ShardKey | None) -> dict[str, Any]:
    """`{"key": [{"name", "type"}], "unique"}`, empty when none is set. Decision: 0007-shard-keys."""
    return {} if key is None else {"key": _keys_json(key.keys), "unique": key.unique}


def _keys_json(keys: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"name": path, "type": direction} for path, direction in keys]
