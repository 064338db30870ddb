"""Uploads in parts, our extension for files too large for one request: see, complete, abort.

They begin with `POST` or `PUT` of the file and `?upload=presigned`. Decision: 0041-uploads-in-parts.
"""

from __future__ import annotations

from chalicelib.dialects.nec.wire.files import file_json
from chalicelib.dialects.nec.wire.files_uploads import upload_json
from chalicelib.web.call import Call, Reply
from chalicelib.web.routing import RouteTable

routes = RouteTable()


@routes.get("/1/{tenant}/files/{bucket}/{name}/uploads/{upload}")
def get_upload(call: Call, bucket: str, name: str, upload: str) -> Reply:
    """Which parts have arrived, and where the others go: how a client resumes.

    Replies: 200 with the upload.
    Raises: UploadNotFound, also for another user's.
    Spec: decisions, 0041.
    """
    return Reply(200, upload_json(call.core.uploads.get(call.caller, bucket, name, upload)))


@routes.post("/1/{tenant}/files/{bucket}/{name}/uploads/{upload}/complete")
def complete_upload(call: Call, bucket: str, name: str, upload: str) -> Reply:
    """Make the parts a file.

    Replies: 200 with the metadata.
    Raises: UploadNotFound; InvalidInput while parts are missing; as for uploading in one request.
    Spec: decisions, 0041.
    """
    file = call.core.uploads.complete(call.caller, bucket, name, upload)
    return Reply(200, file_json(file, call.request.base_url))


@routes.delete("/1/{tenant}/files/{bucket}/{name}/uploads/{upload}")
def abort_upload(call: Call, bucket: str, name: str, upload: str) -> Reply:
    """Throw an upload and its parts away.

    Replies: 200 with `{}`.
    Raises: UploadNotFound.
    Spec: decisions, 0041.
    """
    call.core.uploads.abort(call.caller, bucket, name, upload)
    return Reply(200, {})
