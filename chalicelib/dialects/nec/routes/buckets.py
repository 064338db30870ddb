"""Buckets for objects and files: create, change, list, read, delete; indexes and shard keys. Spec: nec-rest, 7."""

from __future__ import annotations

from chalicelib.core.buckets.model import BucketKind
from chalicelib.dialects.nec.wire import buckets as wire
from chalicelib.dialects.nec.wire.body import object_body
from chalicelib.web.call import Call, Reply
from chalicelib.web.routing import RouteTable

routes = RouteTable()


@routes.put("/1/{tenant}/buckets/object/{bucket}")
def put_object_bucket(call: Call, bucket: str) -> Reply:
    """Create or change an object bucket; special buckets hold the rules for users, groups and buckets.

    Replies: 200 with the bucket, also without the right to read it.
    Raises: InvalidName; InvalidInput for a change without description, ACL and contentACL; AccessDenied; TooMany.
    Spec: nec-rest, 7.1; nec-clients, 4.1 and 1.2.
    """
    return _put(call, BucketKind.OBJECTS, bucket)


@routes.put("/1/{tenant}/buckets/file/{bucket}")
def put_file_bucket(call: Call, bucket: str) -> Reply:
    """Create or change a file bucket.

    Replies: 200 with the bucket, also without the right to read it.
    Raises: InvalidName; InvalidInput for a change without description, ACL and contentACL; AccessDenied; TooMany.
    Spec: nec-rest, 7.1.
    """
    return _put(call, BucketKind.FILES, bucket)


@routes.get("/1/{tenant}/buckets/object")
def list_object_buckets(call: Call) -> Reply:
    """The object buckets that the caller may read, by name, without the special ones.

    Replies: 200 with `results`.
    Spec: nec-rest, 7.2.
    """
    return Reply(200, wire.buckets_json(call.core.buckets.list(call.caller, BucketKind.OBJECTS)))


@routes.get("/1/{tenant}/buckets/file")
def list_file_buckets(call: Call) -> Reply:
    """The file buckets that the caller may read, by name.

    Replies: 200 with `results`.
    Spec: nec-rest, 7.2.
    """
    return Reply(200, wire.buckets_json(call.core.buckets.list(call.caller, BucketKind.FILES)))


@routes.get("/1/{tenant}/buckets/object/{bucket}")
def get_object_bucket(call: Call, bucket: str) -> Reply:
    """One object bucket.

    Replies: 200 with the bucket.
    Raises: AccessDenied; BucketNotFound.
    Spec: nec-rest, 7.3.
    """
    return Reply(200, wire.bucket_json(call.core.buckets.get(call.caller, BucketKind.OBJECTS, bucket)))


@routes.get("/1/{tenant}/buckets/file/{bucket}")
def get_file_bucket(call: Call, bucket: str) -> Reply:
    """One file bucket.

    Replies: 200 with the bucket.
    Raises: AccessDenied; BucketNotFound.
    Spec: nec-rest, 7.3.
    """
    return Reply(200, wire.bucket_json(call.core.buckets.get(call.caller, BucketKind.FILES, bucket)))


@routes.delete("/1/{tenant}/buckets/object/{bucket}")
def delete_object_bucket(call: Call, bucket: str) -> Reply:
    """Delete an empty object bucket; with the master key any object bucket, with all that it holds.

    Replies: 200 with `{"result": "ok"}`.
    Raises: AccessDenied; BucketNotFound; BucketNotEmpty.
    Spec: nec-rest, 7.4; nec-clients, 4.4.
    """
    return _delete(call, BucketKind.OBJECTS, bucket)


@routes.delete("/1/{tenant}/buckets/file/{bucket}")
def delete_file_bucket(call: Call, bucket: str) -> Reply:
    """Delete an empty file bucket; with the master key any file bucket, with all that it holds.

    Replies: 200 with `{"result": "ok"}`.
    Raises: AccessDenied; BucketNotFound; BucketNotEmpty.
    Spec: nec-rest, 7.4; nec-clients, 4.4.
    """
    return _delete(call, BucketKind.FILES, bucket)


@routes.get("/1/{tenant}/buckets/object/{bucket}/index")
def list_indexes(call: Call, bucket: str) -> Reply:
    """The indexes made for an object bucket, without those that every bucket has.

    Replies: 200 with `results`.
    Raises: AccessDenied without the bucket's admin right; BucketNotFound.
    Spec: nec-rest, 7.5.
    """
    indexes = call.core.buckets.indexes(call.caller, bucket)
    return Reply(200, wire.indexes_json(indexes))


@routes.get("/1/{tenant}/buckets/object/{bucket}/shardkey")
def get_shard_key(call: Call, bucket: str) -> Reply:
    """The shard key of an object bucket.

    Replies: 200 with the key, `{}` when none is set.
    Raises: NotSharded; AccessDenied without the bucket's admin right; BucketNotFound.
    Spec: nec-rest, 7.6. Decision: 0007-shard-keys.
    """
    key = call.core.buckets.shard_key(call.caller, bucket)
    return Reply(200, wire.shard_key_json(key))


def _put(call: Call, kind: BucketKind, bucket: str) -> Reply:
    contents = wire.bucket_contents(object_body(call))
    changed = call.core.buckets.put(call.caller, kind, bucket, contents)
    return Reply(200, wire.bucket_json(changed))


def _delete(call: Call, kind: BucketKind, bucket: str) -> Reply:
    call.core.buckets.delete(call.caller, kind, bucket)
    return Reply(200, {"result": "ok"})
