"""Files and their metadata as headers and JSON; contents are in downloads.py. Spec: nec-rest, 9; nec-clients, 6."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import quote

from chalicelib.core.access.acl import parse_acl
from chalicelib.core.errors import InvalidInput
from chalicelib.core.files.model import File, FileChange, FileList, NewFile
from chalicelib.dialects.nec.acl import acl_json, optional_acl
from chalicelib.dialects.nec.query import flag
from chalicelib.dialects.nec.wire.body import json_in_text, optional_bool, optional_text
from chalicelib.dialects.nec.wire.values import date_text, from_json, to_json
from chalicelib.web.call import Call, Headers

# --- from headers and JSON ---


def parameter_flag(call: Call, name: str) -> bool:
    """A query parameter that is 0, 1, true or false; absent is false. Raises: InvalidInput."""
    return flag({name: call.query.get(name)}, name)


def new_file(call: Call) -> NewFile:
    """What the headers say about a new file. Raises: InvalidInput, InvalidAcl. Spec: nec-rest, 9.1."""
    content_type = call.headers.get("content-type")
    if not content_type:
        raise InvalidInput("Content-Type is missing")
    acl, options = _json_header(call.headers, "X-ACL"), _json_header(call.headers, "X-Meta-Options")
    return NewFile(
        content_type=content_type,
        acl=None if acl is None else parse_acl(acl),
        options=None if options is None else _options(options, "X-Meta-Options"),
        cache_disabled=parameter_flag(call, "cacheDisabled"),
    )


def file_change(body: dict[str, Any]) -> FileChange:
    """What a body changes; other metadata in it, such as etags, are ignored.

    Raises: InvalidInput, InvalidAcl. Spec: nec-rest, 9.6; nec-clients, 0.3 and 6.5.
    """
    return FileChange(
        name=optional_text(body, "filename"),
        content_type=optional_text(body, "contentType"),
        acl=optional_acl(body),
        cache_disabled=optional_bool(body, "cacheDisabled"),
        options=optional_options(body),
    )


def _json_header(headers: Headers, name: str) -> Any:
    """The JSON in a header; None when it is absent or empty. Raises: InvalidInput.

    Hosts read headers as Latin-1; clients send UTF-8, or escapes.
    """
    value = headers.get(name)
    if not value:
        return None
    with suppress(UnicodeError):  # Some gateways have decoded it already.
        value = value.encode("latin-1").decode()
    return json_in_text(value, name)


def optional_options(body: dict[str, Any]) -> dict[str, Any] | None:
    """An object or, as one SDK sends it, an object's JSON in a string. Spec: nec-clients, 0.3."""
    options = body.get("options")
    if isinstance(options, str):
        options = json_in_text(options, "options")
    return None if options is None else _options(options, "options")


def _options(source: Any, name: str) -> dict[str, Any]:
    options = from_json(source)
    if not isinstance(options, dict):
        raise InvalidInput(f"{name} must be an object")
    return options


# --- to JSON ---


def file_json(file: File, base_url: str) -> dict[str, Any]:
    """One file's metadata. `publicUrl` only while it is published, `options` only when given, `_deleted` only when set.

    Spec: nec-rest, 9.4; nec-clients, 6.1.
    """
    fields: dict[str, Any] = {
        "_id": file.id,
        "filename": file.name,
        "contentType": file.content_type,
        "length": file.length,
        "ACL": acl_json(file.acl),
        "createdAt": date_text(file.created_at),
        "updatedAt": date_text(file.updated_at),
        "metaETag": file.meta_etag,
        "fileETag": file.file_etag,
        "cacheDisabled": file.cache_disabled,
    }
    if file.deleted:
        fields["_deleted"] = True
    if file.is_published:
        fields["publicUrl"] = public_url(file, base_url)
    if file.options is not None:
        fields["options"] = to_json(file.options)
    return fields


def public_url(file: File, base_url: str) -> str:
    """Where anybody finds a published file. Only the token counts; the name is for people. Spec: nec-rest, 9.8."""
    return f"{base_url}/1/{file.tenant}/public/{file.bucket}/{file.public_token}/{quote(file.name, safe='')}"


def files_json(found: FileList, base_url: str) -> dict[str, Any]:
    """`{"currentTime", "results": [...]}`. Spec: nec-rest, 9.4."""
    results = [file_json(file, base_url) for file in found.files]
    return {"currentTime": date_text(found.current_time), "results": results}
