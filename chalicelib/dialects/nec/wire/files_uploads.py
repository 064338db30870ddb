"""Uploads in parts as JSON. Decision: 0041-uploads-in-parts."""

from __future__ import annotations

from typing import Any

from chalicelib.core.errors import InvalidInput
from chalicelib.core.files.model import NewFile, Upload, UploadPlan
from chalicelib.core.files.ports import SignedRequest
from chalicelib.dialects.nec.acl import optional_acl
from chalicelib.dialects.nec.wire.body import optional_bool, optional_text
from chalicelib.dialects.nec.wire.files import optional_options
from chalicelib.dialects.nec.wire.values import date_text
from chalicelib.web.call import Call


def is_asked(call: Call) -> bool:
    """Whether the file is to come in parts. Raises: InvalidInput for any kind of upload but `presigned`."""
    kind = call.query.get("upload")
    if kind not in (None, "presigned"):
        raise InvalidInput("upload must be presigned")
    return kind is not None


def upload_plan(call: Call, body: dict[str, Any], *, replaces: bool) -> UploadPlan:
    """What a body says about a file that will come in parts: `size`, `contentType`, and for a new file `ACL`, `options`
    and `cacheDisabled`. Raises: InvalidInput, InvalidAcl."""
    size, content_type = body.get("size"), optional_text(body, "contentType")
    if not isinstance(size, int) or isinstance(size, bool):
        raise InvalidInput("size must be a number of bytes")
    if not content_type:
        raise InvalidInput("contentType is missing")
    new = NewFile(
        content_type=content_type,
        acl=optional_acl(body),
        options=optional_options(body),
        cache_disabled=optional_bool(body, "cacheDisabled") or False,
    )
    return UploadPlan(size, new, replaces, call.query.get("metaETag"), call.query.get("fileETag"))


def upload_json(upload: Upload) -> dict[str, Any]:
    """An upload in parts: what is still to be sent, and how. Decision: 0041-uploads-in-parts."""
    return {
        "uploadId": upload.id,
        "filename": upload.name,
        "size": upload.length,
        "partSize": upload.part_bytes,
        "expiresAt": date_text(upload.expires_at),
        "arrived": [{"number": part.number, "tag": part.tag} for part in upload.arrived],
        "parts": [_part_json(number, request) for number, request in sorted(upload.missing.items())],
    }


def _part_json(number: int, request: SignedRequest) -> dict[str, Any]:
    return {
        "number": number,
        "method": request.method,
        "url": request.url,
        "headers": request.headers,
        "expiresAt": date_text(request.expires_at),
    }
