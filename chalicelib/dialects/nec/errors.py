"""Core errors to this API's status and body: one table, looked up through a class's ancestors. Spec: nec-rest, 4.4."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from chalicelib.core.accounts.model import Group, UserView
from chalicelib.core.errors import (
    AccessDenied,
    Conflict,
    CoreError,
    DuplicateBucket,
    DuplicateFile,
    DuplicateGroup,
    DuplicateId,
    DuplicateKey,
    DuplicateUser,
    FileLocked,
    ImmutableField,
    InvalidInput,
    LimitExceeded,
    NotAuthenticated,
    NotFound,
    OperatorMisused,
    PreconditionFailed,
    RangeNotSatisfiable,
    RateLimited,
    RequestConflict,
    StorageFull,
    TimedOut,
    TooMany,
    Unavailable,
    VersionMismatch,
)
from chalicelib.core.files.model import File
from chalicelib.dialects.nec.wire.files import file_json
from chalicelib.dialects.nec.wire.groups import group_json
from chalicelib.dialects.nec.wire.objects import object_json
from chalicelib.dialects.nec.wire.users import conflicting_user_json
from chalicelib.web.call import Reply, Request
from chalicelib.web.errors import InternalError, MethodNotAllowed, UnsupportedMediaType

STATUSES: dict[type[CoreError], int] = {
    CoreError: 500,
    InternalError: 500,
    InvalidInput: 400,
    # The reference and its clients expect a server's failure for these two. Spec: nec-clients, 5.2 and 5.25.
    OperatorMisused: 500,
    ImmutableField: 500,
    NotAuthenticated: 401,
    AccessDenied: 403,
    NotFound: 404,
    MethodNotAllowed: 405,
    Conflict: 409,
    LimitExceeded: 413,
    StorageFull: 507,
    RangeNotSatisfiable: 416,
    PreconditionFailed: 412,
    TooMany: 403,
    RateLimited: 429,
    UnsupportedMediaType: 415,
    Unavailable: 503,
    TimedOut: 504,
}

CONFLICTS: dict[type[CoreError], tuple[str, str]] = {
    Conflict: ("unspecified", "Conflicted"),
    DuplicateKey: ("duplicate_key", "Duplicate Key"),
    DuplicateUser: ("duplicate_key", "Duplicate Key"),
    DuplicateGroup: ("duplicate_key", "Duplicate Key"),
    DuplicateId: ("duplicate_id", "Duplicate ID"),
    DuplicateBucket: ("request_conflicted", "Updating conflicted"),
    DuplicateFile: ("duplicate_filename", "Duplicate File Name"),
    FileLocked: ("file_locked", "File is locked"),
    VersionMismatch: ("etag_mismatch", ""),
    RequestConflict: ("request_conflicted", "Updating conflicted"),
}
"""`reasonCode` and the text of `detail`. Spec: nec-rest, 5.4, 6.2, 8.1 and 9.1."""

_SERVER_FAILED = "Internal Server Error"

MAX_ERROR_LENGTH = 1_000
"""Characters of `error`, included: a reason may quote what was sent, and that may be as long as a body. Our choice."""

_PAGE_PARAMETERS = {"tenant", "token"}
"""What paths of the pages that links in mails lead to have, and no others; a bucket may be called like their words."""

_WAYS_ELSEWHERE = ("/auth/saml/init", "/auth/oidc/start", "/auth/oidc/auth_resp")
"""Where browsers are sent to other parties and come back."""


def status_of(error: CoreError) -> int:
    """The status of an error in a call of its own."""
    return next(STATUSES[cls] for cls in type(error).__mro__ if cls in STATUSES)


def reason_code(error: CoreError) -> str:
    """The code by which clients tell conflicts apart."""
    return _conflict(error)[0]


def render_error(error: CoreError, request: Request) -> Reply:
    """The reply to an error; for browser pages as HTML. Nothing unexpected is described."""
    status = status_of(error)
    if isinstance(error, RateLimited):
        wait = (("Retry-After", str(error.retry_after_seconds)),)
        return _page(status, wait) if _is_page(request) else Reply(status, {"error": _told(error)}, wait)
    if _is_page(request):
        return _page(status)
    if isinstance(error, RangeNotSatisfiable):
        return Reply(status, {"error": error.message}, (("Content-Range", f"bytes */{error.limit}"),))
    if isinstance(error, Conflict):
        return Reply(status, _conflict_body(error, request))
    return Reply(status, {"error": _told(error)})


def _told(error: CoreError) -> str:
    is_unexpected = isinstance(error, InternalError) or type(error) is CoreError
    return _SERVER_FAILED if is_unexpected else error.message[:MAX_ERROR_LENGTH]


def _conflict(error: CoreError) -> tuple[str, str]:
    return next(CONFLICTS[cls] for cls in type(error).__mro__ if cls in CONFLICTS)


def _conflict_body(error: Conflict, request: Request) -> dict[str, Any]:
    """`{"reasonCode", "detail"}`; `error` too where the caller may look for it. Spec: nec-clients, 0.9 and 2.2."""
    code, detail = _conflict(error)
    if isinstance(error, VersionMismatch):
        return {"reasonCode": code, "detail": _current_json(error.current, request)}
    if isinstance(error, RequestConflict):
        return {"reasonCode": code, "detail": error.message}
    if isinstance(error, DuplicateUser) and request.method == "POST":
        return {"error": _told(error)}
    if isinstance(error, DuplicateKey | DuplicateId | DuplicateUser | DuplicateFile | FileLocked):
        return {"reasonCode": code, "detail": detail}
    return {"error": _told(error), "reasonCode": code, "detail": detail}


def _current_json(current: Any, request: Request) -> dict[str, Any]:
    """What is stored when an etag does not match, as this API shows it."""
    if isinstance(current, UserView):
        return conflicting_user_json(current.user)
    if isinstance(current, Group):
        return group_json(current)
    if isinstance(current, File):
        return file_json(current, request.base_url)
    return object_json(current)


def _is_page(request: Request) -> bool:
    """Whether a browser asks: for a page, or on its way to another party's. Spec: nec-rest, 5.10 and 5.11."""
    is_elsewhere = request.path.rstrip("/").endswith(_WAYS_ELSEWHERE)
    return is_elsewhere or request.path_parameters.keys() == _PAGE_PARAMETERS


def _page(status: int, headers: tuple[tuple[str, str], ...] = ()) -> Reply:
    title = HTTPStatus(status).phrase
    html = f"<html><head><title>{status} Error</title></head><body><h1>{status} {title}</h1></body></html>"
    return Reply(status, html, (("Content-Type", "text/html; charset=utf-8"), *headers))
