"""API Gateway's proxy event (payload 1.0) to a Request. The one place where a path is decoded."""

from __future__ import annotations

import base64
import re
import uuid
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import unquote

from chalicelib.core.errors import InvalidInput
from chalicelib.web.call import Feed, Headers, QueryParameters, Request, Stream

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
"""The request ids that clients and proxies may choose; anything else could forge log lines and is replaced."""

STREAMS = "yorozu.streams"
"""The key in an event under which a host that can stream puts its Streams."""

_HOST = re.compile(r"[A-Za-z0-9._-]{1,253}(:\d{1,5})?|\[[0-9A-Fa-f:.]{2,45}\](:\d{1,5})?")


@dataclass(slots=True)
class Streams:
    """How a host and the bridge pass each other bodies beside an event and its answer, where only text could stand.

    `request` was sent, seekable and at its beginning, None when the body is in the event. In the place of an empty body
    `content`, `reply` or `feed` is to be sent.
    """

    request: BinaryIO | None = None
    content: bytes = b""
    reply: Stream | None = None
    feed: Feed | None = None


def request_of(event: dict[str, Any], parameters: dict[str, str] | None = None) -> Request:
    """The request in an event; its path parameters are decoded before, by `path_parameters`."""
    context = event["requestContext"]
    headers = Headers(event.get("headers") or {})
    return Request(
        method=context["httpMethod"],
        path=event.get("path") or context.get("path") or "",
        path_parameters=parameters or {},
        query=QueryParameters(event.get("multiValueQueryStringParameters") or {}),
        headers=headers,
        body=_body(event),
        request_id=_request_id(headers.get("x-request-id"), context.get("requestId")),
        stream=event[STREAMS].request if STREAMS in event else None,
        base_url=_base_url(headers, context, event.get("path")),
    )


def path_parameters(template: str, event: dict[str, Any]) -> dict[str, str]:
    """The values of a template's `{names}`, decoded once.

    They are cut from the end of the path as sent, because a stage or a base path may come before it. The gateway's
    own `pathParameters` are used only when the path does not fit the template: some gateways decode them and some do
    not, and decoding twice would break a name with a percent sign.

    Raises: InvalidInput when a value is not UTF-8.
    """
    names = template.strip("/").split("/")
    path: str = event.get("path") or event["requestContext"].get("path") or ""
    values = path.removesuffix("/").split("/")[-len(names) :]
    if len(values) < len(names) or any(
        name != value for name, value in zip(names, values, strict=True) if not name.startswith("{")
    ):
        return dict(event.get("pathParameters") or {})
    return {name[1:-1]: _decode(value) for name, value in zip(names, values, strict=True) if name.startswith("{")}


def check_query(query: QueryParameters) -> None:
    """Raises: InvalidInput when a name or value was not UTF-8; the local server marks such bytes as surrogates."""
    try:
        for name in query:
            for text in (name, *query.all(name)):
                if not text.isascii():
                    text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput("the query is not valid UTF-8") from error


def _decode(value: str) -> str:
    if "%" not in value:
        return value
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError as error:
        raise InvalidInput("the path is not valid UTF-8") from error


def _base_url(headers: Headers, context: dict[str, Any], path: str | None) -> str:
    """How the client addressed us; empty when it does not say. Only ever used in answers to the same client."""
    host = headers.get("host") or ""
    if not _HOST.fullmatch(host):
        return ""
    scheme = "https" if headers.get("x-forwarded-proto") == "https" else "http"
    asked: str = context.get("path") or ""
    stage = asked.removesuffix(path) if path and asked.endswith(path) else ""
    return f"{scheme}://{host}{stage}"


def _body(event: dict[str, Any]) -> bytes:
    body = event.get("body")
    if not body:
        return b""
    if event.get("isBase64Encoded"):
        return base64.b64decode(body)
    return body if isinstance(body, bytes) else str(body).encode()


def _request_id(sent: str | None, given: str | None) -> str:
    for name in (sent, given):
        if name and _REQUEST_ID.fullmatch(name):
            return name
    return uuid.uuid4().hex
