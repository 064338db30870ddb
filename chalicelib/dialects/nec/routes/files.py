"""Files: upload, replace, download, list; their metadata; delete; publish. Spec: nec-rest, 9."""

from __future__ import annotations

from chalicelib.dialects.nec.query import UNLIMITED, url_parameters, whole_number
from chalicelib.dialects.nec.wire import downloads, files_uploads
from chalicelib.dialects.nec.wire import files as wire
from chalicelib.dialects.nec.wire.body import object_body
from chalicelib.web.call import Call, Reply
from chalicelib.web.routing import RouteTable

routes = RouteTable()


@routes.post("/1/{tenant}/files/{bucket}/{name}", streams=True)
def create_file(call: Call, bucket: str, name: str) -> Reply:
    """Upload a new file; with `upload=presigned` begin to upload it in parts instead.

    Replies: 200 with the metadata; or with the upload and where its parts go.
    Raises: BucketNotFound; AccessDenied; InvalidName; InvalidInput without a Content-Type; InvalidAcl;
    InvalidDocument for options; DuplicateFile; FileLocked; BodyTooLarge; StorageFull; NotSupported for parts.
    Spec: nec-rest, 9.1. Decision: 0041-uploads-in-parts.
    """
    if files_uploads.is_asked(call):
        plan = files_uploads.upload_plan(call, object_body(call), replaces=False)
        return Reply(200, files_uploads.upload_json(call.core.uploads.begin(call.caller, bucket, name, plan)))
    file = call.core.files.create(call.caller, bucket, name, call.content, wire.new_file(call))
    return Reply(200, wire.file_json(file, call.request.base_url))


@routes.put("/1/{tenant}/files/{bucket}/{name}", streams=True)
def replace_file(call: Call, bucket: str, name: str) -> Reply:
    """Replace the content of a file; with `upload=presigned` begin to upload it in parts instead.

    Replies: 200 with the metadata, also without the right to read it; or with the upload and where its parts go.
    Raises: BucketNotFound, FileNotFound; AccessDenied; VersionMismatch; FileLocked; BodyTooLarge; StorageFull;
    NotSupported for parts.
    Spec: nec-rest, 9.2; nec-clients, 0.2 and 6.3.
    """
    if files_uploads.is_asked(call):
        plan = files_uploads.upload_plan(call, object_body(call), replaces=True)
        return Reply(200, files_uploads.upload_json(call.core.uploads.begin(call.caller, bucket, name, plan)))
    file = call.core.files.replace(
        call.caller,
        bucket,
        name,
        call.content,
        call.headers.get("content-type") or None,
        meta_etag=call.query.get("metaETag"),
        file_etag=call.query.get("fileETag"),
    )
    return Reply(200, wire.file_json(file, call.request.base_url))


@routes.get("/1/{tenant}/files/{bucket}/{name}")
def download_file(call: Call, bucket: str, name: str) -> Reply:
    """A file's content, or the part of it that Range asks for.

    Replies: 200; 206 for a part; 304 for If-None-Match; 302 to the file store for what is too large here.
    Raises: BucketNotFound, FileNotFound; AccessDenied; InvalidInput for several parts; PreconditionFailed;
    RangeNotSatisfiable.
    Spec: nec-rest, 9.3; nec-clients, 6.2 and 6.12.
    """
    service = call.core.downloads
    fetch = service.describe if call.request.method == "HEAD" else service.open
    return downloads.private_reply(fetch(call.caller, bucket, name, downloads.conditions(call.headers)))


@routes.get("/1/{tenant}/files/{bucket}")
def list_files(call: Call, bucket: str) -> Reply:
    """The files of a bucket that the caller may read, by name.

    `published=1` leaves only those with a public URL; `deleteMark=1` adds those with a delete mark. `skip` and `limit`,
    our own, ask for a part of the list.

    Replies: 200 with `currentTime` and `results`.
    Raises: BucketNotFound; AccessDenied; InvalidInput.
    Spec: nec-rest, 9.4; nec-clients, 6.11. Decision: 0097-long-lists-of-files.
    """
    page = url_parameters(call.query)
    limit = whole_number(page, "limit", UNLIMITED, smallest=UNLIMITED)
    found = call.core.files.list(
        call.caller,
        bucket,
        published_only=wire.parameter_flag(call, "published"),
        include_deleted=wire.parameter_flag(call, "deleteMark"),
        skip=whole_number(page, "skip", 0, smallest=0),
        limit=None if limit == UNLIMITED else limit,
    )
    return Reply(200, wire.files_json(found, call.request.base_url))


@routes.get("/1/{tenant}/files/{bucket}/{name}/meta")
def get_file_metadata(call: Call, bucket: str, name: str) -> Reply:
    """A file's metadata; with `deleteMark=1` also those of a file with a delete mark.

    Replies: 200 with the metadata.
    Raises: BucketNotFound, FileNotFound; AccessDenied; InvalidInput.
    Spec: nec-rest, 9.5; nec-clients, 6.1.
    """
    include_deleted = wire.parameter_flag(call, "deleteMark")
    file = call.core.files.get(call.caller, bucket, name, include_deleted=include_deleted)
    return Reply(200, wire.file_json(file, call.request.base_url))


@routes.put("/1/{tenant}/files/{bucket}/{name}/meta")
def update_file_metadata(call: Call, bucket: str, name: str) -> Reply:
    """Rename a file, or change its type, ACL, cache switch or options; what is left out stays as it is.

    Replies: 200 with the metadata, also without the right to read it.
    Raises: BucketNotFound, FileNotFound; AccessDenied; InvalidName, InvalidAcl, InvalidDocument; VersionMismatch;
    DuplicateFile; FileLocked.
    Spec: nec-rest, 9.6; nec-clients, 0.2, 0.3 and 6.5.
    """
    change = wire.file_change(object_body(call))
    file = call.core.files.change(call.caller, bucket, name, change, meta_etag=call.query.get("metaETag"))
    return Reply(200, wire.file_json(file, call.request.base_url))


@routes.delete("/1/{tenant}/files/{bucket}/{name}")
def delete_file(call: Call, bucket: str, name: str) -> Reply:
    """Delete a file for good, or with `deleteMark=1` only its content, and mark the metadata.

    Replies: 200 with `{}`, or with the marked metadata.
    Raises: BucketNotFound, FileNotFound; AccessDenied; VersionMismatch; FileLocked.
    Spec: nec-rest, 9.7; nec-clients, 6.7.
    """
    etags = {"meta_etag": call.query.get("metaETag"), "file_etag": call.query.get("fileETag")}
    if wire.parameter_flag(call, "deleteMark"):
        marked = call.core.files.mark_deleted(call.caller, bucket, name, **etags)
        return Reply(200, wire.file_json(marked, call.request.base_url))
    call.core.files.delete(call.caller, bucket, name, **etags)
    return Reply(200, {})


@routes.put("/1/{tenant}/files/{bucket}/{name}/publish")
def publish_file(call: Call, bucket: str, name: str) -> Reply:
    """Give a file a public URL; publishing again gives the same one.

    Replies: 200 with the metadata and its `publicUrl`, also without the right to read it.
    Raises: BucketNotFound, FileNotFound; AccessDenied without the file's admin right; VersionMismatch; FileLocked.
    Spec: nec-rest, 9.8; nec-clients, 6.9.
    """
    file = call.core.files.publish(call.caller, bucket, name, meta_etag=call.query.get("metaETag"))
    return Reply(200, wire.file_json(file, call.request.base_url))


@routes.delete("/1/{tenant}/files/{bucket}/{name}/publish")
def unpublish_file(call: Call, bucket: str, name: str) -> Reply:
    """End a file's public URL; a file without one stays as it is.

    Replies: 200 with the metadata, also without the right to read it.
    Raises: as for publishing.
    Spec: nec-rest, 9.9; nec-clients, 6.9.
    """
    file = call.core.files.unpublish(call.caller, bucket, name, meta_etag=call.query.get("metaETag"))
    return Reply(200, wire.file_json(file, call.request.base_url))
