"""Objects: create, read, query, change, delete; batches and aggregates. Spec: nec-rest, 8."""

from __future__ import annotations

import re

from chalicelib.core.errors import DocumentNotFound, InvalidInput
from chalicelib.dialects.nec import query
from chalicelib.dialects.nec.wire import batch
from chalicelib.dialects.nec.wire import objects as wire
from chalicelib.dialects.nec.wire.body import object_body
from chalicelib.web.call import Call, Reply
from chalicelib.web.routing import RouteTable

routes = RouteTable()

_SAYS_NOTHING = re.compile(rb"\s*(?:\{\s*\}|null)?\s*")
"""Bodies that some clients send where none is needed."""


@routes.post("/1/{tenant}/objects/{bucket}")
def create_object(call: Call, bucket: str) -> Reply:
    """Create an object. A `requestToken` sent again gets the first answer again.

    Replies: 200 with the object.
    Raises: BucketNotFound; AccessDenied; InvalidId, InvalidDocument, InvalidAcl; DuplicateId, DuplicateKey;
    DocumentTooLarge.
    Spec: nec-rest, 8.1; nec-clients, 5.13.
    """
    document = wire.new_object(object_body(call))
    token = call.query.get("requestToken") or None
    made = call.core.objects.create(call.caller, bucket, document, request_token=token)
    return Reply(200, wire.object_json(made))


@routes.get("/1/{tenant}/objects/{bucket}/{object_id}")
def get_object(call: Call, bucket: str, object_id: str) -> Reply:
    """One object; one with a delete mark only for `deleteMark=1`.

    Replies: 200 with the object.
    Raises: BucketNotFound, DocumentNotFound; AccessDenied.
    Spec: nec-rest, 8.2.
    """
    include_deleted = query.flag(query.url_parameters(call.query), "deleteMark")
    found = call.core.objects.get(call.caller, bucket, object_id, include_deleted=include_deleted)
    return Reply(200, wire.object_json(found))


@routes.get("/1/{tenant}/objects/{bucket}")
def query_objects(call: Call, bucket: str) -> Reply:
    """One page of the objects that match and that the caller may read.

    Replies: 200 with `results`, `currentTime`, and `count` when asked for.
    Raises: BucketNotFound; AccessDenied; InvalidQuery, OperatorMisused; TimedOut.
    Spec: nec-rest, 8.3.
    """
    asked = query.object_query(query.url_parameters(call.query), call.caller.tenant.settings.max_query_limit)
    page = call.core.objects.query(call.caller, bucket, asked)
    return Reply(200, wire.page_json(page))


@routes.post("/1/{tenant}/objects/{bucket}/_query")
def query_objects_by_body(call: Call, bucket: str) -> Reply:
    """The same query, for conditions that are too long or too private for a URL.

    Replies: 200 with `results`, `currentTime`, and `count` when asked for.
    Raises: BucketNotFound; AccessDenied; InvalidQuery, OperatorMisused; TimedOut.
    Spec: nec-rest, 8.4; nec-clients, 5.20.
    """
    asked = query.object_query(object_body(call), call.caller.tenant.settings.max_query_limit)
    page = call.core.objects.query(call.caller, bucket, asked)
    return Reply(200, wire.page_json(page))


@routes.put("/1/{tenant}/objects/{bucket}/{object_id}")
def update_object(call: Call, bucket: str, object_id: str) -> Reply:
    """Change parts of an object, or with `$full_update` replace it as a whole.

    Replies: 200 with the object, also without the right to read it; the etag is new even when nothing changed.
    Raises: BucketNotFound, DocumentNotFound; AccessDenied; VersionMismatch; InvalidUpdate, ImmutableField,
    InvalidAcl; DuplicateKey; DocumentTooLarge.
    Spec: nec-rest, 8.5; nec-clients, 5.1 to 5.6.
    """
    body, etag = object_body(call), call.query.get("etag")
    document = wire.full_update(body)
    if document is not None:
        changed = call.core.objects.overwrite(call.caller, bucket, object_id, document, etag=etag)
    else:
        changed = call.core.objects.update(call.caller, bucket, object_id, wire.partial_update(body), etag=etag)
    return Reply(200, wire.object_json(changed))


@routes.delete("/1/{tenant}/objects/{bucket}/{object_id}")
def delete_object(call: Call, bucket: str, object_id: str) -> Reply:
    """Delete an object for good, or with `deleteMark=1` only mark it.

    Replies: 200 with `{}`, or with the marked object.
    Raises: BucketNotFound, DocumentNotFound; AccessDenied; VersionMismatch.
    Spec: nec-rest, 8.6; nec-clients, 5.7.
    """
    etag = call.query.get("etag")
    if query.flag(query.url_parameters(call.query), "deleteMark"):
        marked = call.core.objects.mark_deleted(call.caller, bucket, object_id, etag=etag)
        return Reply(200, wire.object_json(marked))
    call.core.objects.delete(call.caller, bucket, object_id, etag=etag)
    return Reply(200, {})


@routes.delete("/1/{tenant}/objects/{bucket}")
def delete_objects(call: Call, bucket: str) -> Reply:
    """Delete, or mark, every object that matches and that the caller may delete.

    Replies: 200 with how many.
    Raises: BucketNotFound; DocumentNotFound for a path with an empty id; InvalidInput for a body; AccessDenied;
    InvalidQuery, OperatorMisused; TimedOut.
    Spec: nec-rest, 8.7; nec-clients, 5.8.
    """
    _refuse_slips(call)
    parameters = query.url_parameters(call.query)
    condition, mark_only = query.condition(parameters), query.flag(parameters, "deleteMark")
    count = call.core.objects.delete_many(call.caller, bucket, condition, mark_only=mark_only)
    return Reply(200, wire.deleted_json(count))


@routes.post("/1/{tenant}/objects/{bucket}/_batch")
def run_batch(call: Call, bucket: str) -> Reply:
    """Many inserts, updates and deletes, in order, each succeeding or failing by itself.

    Replies: 200 with one entry per request, whether it succeeded or not.
    Raises: InvalidInput when `requests` is not a list, or is longer than a batch may be.
    Spec: nec-rest, 8.8; nec-clients, 5.30 to 5.35.
    """
    operations = batch.operations(object_body(call))
    mark_only = query.flag(query.url_parameters(call.query), "deleteMark")
    token = call.query.get("requestToken") or None
    outcomes = call.core.objects.batch(call.caller, bucket, operations, mark_only=mark_only, request_token=token)
    return Reply(200, batch.outcomes_json(outcomes))


@routes.post("/1/{tenant}/objects/{bucket}/_aggregate")
def aggregate_objects(call: Call, bucket: str) -> Reply:
    """What a pipeline makes of the objects that the caller may read; of marked ones only with `deleteMark: 1`.

    Replies: 200 with `results`.
    Raises: BucketNotFound and AccessDenied, also for a looked-up bucket; InvalidInput for options of a wrong type;
    InvalidQuery, OperatorMisused; TimedOut.
    Spec: nec-rest, 8.9; nec-clients, 5.40 to 5.44. Decision: 0005-aggregates-leave-out-marked-objects.
    """
    asked = query.aggregation(object_body(call))
    rows = call.core.objects.aggregate(
        call.caller, bucket, asked.pipeline, include_deleted=asked.include_deleted, timeout_ms=asked.timeout_ms
    )
    return Reply(200, wire.rows_json(rows))


def _refuse_slips(call: Call) -> None:
    """Keeps what is meant for one object, or for some, from deleting everything. Decision: 0016-nec-strict-parameters.

    A client that has lost the id of an object sends a path that ends in a slash, which hosts take for the path of the
    bucket. Another sends its condition in the body, as a query's. Raises: DocumentNotFound, InvalidInput.
    """
    if call.request.path.endswith("/"):
        raise DocumentNotFound("")
    if not _SAYS_NOTHING.fullmatch(call.body):
        raise InvalidInput("objects are deleted by the parameters where and deleteMark, not by a body")
