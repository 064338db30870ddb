"""Core errors to a status and a JSON body. Clients read the status only. Spec: nec-clients, 7.23."""

from __future__ import annotations

from chalicelib.core.errors import (
    AccessDenied,
    Conflict,
    CoreError,
    InvalidInput,
    LimitExceeded,
    NotAuthenticated,
    NotFound,
    PreconditionFailed,
    RangeNotSatisfiable,
    RateLimited,
    StorageFull,
    TimedOut,
    Unavailable,
)
from chalicelib.web.call import Reply, Request
from chalicelib.web.errors import InternalError, MethodNotAllowed, UnsupportedMediaType

STATUSES: dict[type[CoreError], int] = {
    CoreError: 500,
    InternalError: 500,
    InvalidInput: 400,
    NotAuthenticated: 401,
    AccessDenied: 403,
    NotFound: 404,
    MethodNotAllowed: 405,
    Conflict: 409,
    PreconditionFailed: 412,
    LimitExceeded: 413,
    UnsupportedMediaType: 415,
    RangeNotSatisfiable: 416,
    RateLimited: 429,
    StorageFull: 507,
    Unavailable: 503,
    # Clients come back after 503 and 504 alike.
    TimedOut: 504,
}

_CHALLENGE = ("WWW-Authenticate", 'Basic realm="events", charset="UTF-8"')
_SERVER_FAILED = "Internal Server Error"


def render_error(error: CoreError, request: Request) -> Reply:
    """`{"error"}`, without a word on what was unexpected; 401 says how to authenticate."""
    status = next(STATUSES[cls] for cls in type(error).__mro__ if cls in STATUSES)
    is_unexpected = isinstance(error, InternalError) or type(error) is CoreError
    body = {"error": _SERVER_FAILED if is_unexpected else error.message}
    return Reply(status, body, (_CHALLENGE,) if status == 401 else ())
