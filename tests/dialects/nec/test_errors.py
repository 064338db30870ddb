from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from chalicelib.core import errors as core_errors
from chalicelib.core.access.acl import Acl
from chalicelib.core.accounts.model import Group, User, UserView
from chalicelib.core.errors import (
    BodyTooLarge,
    BucketNotEmpty,
    Conflict,
    CoreError,
    DuplicateBucket,
    DuplicateGroup,
    DuplicateKey,
    DuplicateUser,
    RateLimited,
    RequestConflict,
    VersionMismatch,
)
from chalicelib.dialects.nec.errors import MAX_ERROR_LENGTH, reason_code, render_error, status_of
from chalicelib.web import errors as web_errors
from chalicelib.web.call import Headers, QueryParameters, Request
from tests.dialects.nec.world import Nec

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

STATUSES = {
    "CoreError": 500,
    "InvalidInput": 400,
    "InvalidName": 400,
    "InvalidId": 400,
    "InvalidEmail": 400,
    "InvalidPassword": 400,
    "InvalidAcl": 400,
    "InvalidDocument": 400,
    "UnknownMember": 400,
    "InvalidQuery": 400,
    "OperatorMisused": 500,
    "InvalidUpdate": 400,
    "ImmutableField": 500,
    "NotSharded": 400,
    "NotAuthenticated": 401,
    "WrongAppKey": 401,
    "WrongPassword": 401,
    "InvalidSession": 401,
    "SessionRequired": 401,
    "AccountLocked": 401,
    "AccessDenied": 403,
    "NotFound": 404,
    "TenantNotFound": 404,
    "UserNotFound": 404,
    "GroupNotFound": 404,
    "BucketNotFound": 404,
    "DocumentNotFound": 404,
    "RouteNotFound": 404,
    "Conflict": 409,
    "DuplicateUser": 409,
    "DuplicateGroup": 409,
    "DuplicateBucket": 409,
    "DuplicateId": 409,
    "DuplicateKey": 409,
    "VersionMismatch": 409,
    "RequestConflict": 409,
    "BucketNotEmpty": 409,
    "LimitExceeded": 413,
    "DocumentTooLarge": 413,
    "BodyTooLarge": 413,
    "StorageFull": 507,
    "RangeNotSatisfiable": 416,
    "PreconditionFailed": 412,
    "DuplicateFile": 409,
    "FileLocked": 409,
    "FileNotFound": 404,
    "UploadNotFound": 404,
    "NotSupported": 400,
    "TooMany": 403,
    "RateLimited": 429,
    "Unavailable": 503,
    "TimedOut": 504,
    "MalformedBody": 400,
    "MethodNotAllowed": 405,
    "UnsupportedMediaType": 415,
    "InternalError": 500,
}
"""What the reference says of each error that this API can meet. Spec: nec-rest, 4.4.1 and each call's codes."""


def request(method: str = "GET", path: str = "/1/acme/objects/box") -> Request:
    return Request(method, path, {"tenant": "acme"}, QueryParameters({}), Headers({}), b"", "id")


def classes(cls: type[CoreError] = CoreError) -> Iterator[type[CoreError]]:
    yield cls
    for child in cls.__subclasses__():
        if child.__module__ in (core_errors.__name__, web_errors.__name__):
            yield from classes(child)


def example(cls: type[CoreError]) -> CoreError:
    """An error of the class, as far as rendering looks at it."""
    error = cls.__new__(cls, "what happened")
    Exception.__init__(error, "what happened")
    error.message = "what happened"
    error.__dict__.update(current={"_id": "x", "etag": "e"}, retry_after_seconds=30, limit=1, action="Updating")
    return error


def test_the_table_above_names_only_errors_that_exist() -> None:
    assert STATUSES.keys() <= {cls.__name__ for cls in classes()}


@pytest.mark.parametrize("cls", list(dict.fromkeys(classes())), ids=lambda cls: cls.__name__)
def test_every_error_has_a_status_and_a_body(cls: type[CoreError]) -> None:
    error = example(cls)
    reply = render_error(error, request())
    assert reply.status == STATUSES.get(cls.__name__, reply.status)
    assert 400 <= reply.status < 600
    assert isinstance(reply.body, dict)
    assert json.loads(json.dumps(reply.body)) == reply.body
    told = "reasonCode" if isinstance(error, Conflict) and "error" not in reply.body else "error"
    assert isinstance(reply.body[told], str)
    if isinstance(error, Conflict):
        assert status_of(error) == 409
        assert reason_code(error) in {
            "unspecified",
            "request_conflicted",
            "duplicate_key",
            "duplicate_id",
            "etag_mismatch",
            "duplicate_filename",
            "file_locked",
        }


def test_what_nobody_expected_is_not_described() -> None:
    for error in (CoreError("secret"), web_errors.InternalError()):
        reply = render_error(error, request())
        assert (reply.status, reply.body) == (500, {"error": "Internal Server Error"})


@pytest.mark.parametrize(
    ("error", "body"),
    [
        (DuplicateKey("name_key"), {"reasonCode": "duplicate_key", "detail": "Duplicate Key"}),
        (core_errors.DuplicateId("x"), {"reasonCode": "duplicate_id", "detail": "Duplicate ID"}),
        (RequestConflict(), {"reasonCode": "request_conflicted", "detail": "Updating conflicted"}),
        (RequestConflict("Deleting"), {"reasonCode": "request_conflicted", "detail": "Deleting conflicted"}),
        (
            DuplicateBucket("twice"),
            {"error": "twice", "reasonCode": "request_conflicted", "detail": "Updating conflicted"},
        ),
        (DuplicateGroup("twice"), {"error": "twice", "reasonCode": "duplicate_key", "detail": "Duplicate Key"}),
        (BucketNotEmpty("full"), {"error": "full", "reasonCode": "unspecified", "detail": "Conflicted"}),
    ],
)
def test_bodies_of_conflicts(error: CoreError, body: dict[str, str]) -> None:
    assert render_error(error, request()).body == body


def test_a_duplicate_user_is_an_error_at_sign_up_and_a_duplicate_key_later() -> None:
    error = DuplicateUser("exists")
    assert render_error(error, request("POST")).body == {"error": "exists"}
    assert render_error(error, request("PUT")).body == {"reasonCode": "duplicate_key", "detail": "Duplicate Key"}


def test_a_version_mismatch_shows_the_stored_thing_as_the_api_does() -> None:
    user = User("u", "ann", None, None, NOW, NOW, None, "e")
    group = Group("g", "staff", (), (), Acl(), NOW, NOW, "e")
    document = {"_id": "o", "createdAt": NOW, "updatedAt": NOW, "etag": "e", "when": NOW}
    shown = [
        render_error(VersionMismatch(current), request("PUT")).body for current in (UserView(user, ()), group, document)
    ]
    details = [body["detail"] for body in shown if isinstance(body, dict)]
    assert [detail["_id"] for detail in details] == ["u", "g", "o"]
    assert details[1]["users"] == []
    assert details[2]["createdAt"] == "2026-01-02T03:04:05.000Z"
    assert details[2]["when"] == {"$date": "2026-01-02T03:04:05.000Z"}


def test_a_rate_limit_says_when_to_come_again() -> None:
    reply = render_error(RateLimited(10, 30), request())
    assert (reply.status, dict(reply.headers)) == (429, {"Retry-After": "30"})


@pytest.mark.parametrize("error", [BodyTooLarge(1), CoreError("x"), core_errors.TenantNotFound("x")])
def test_browser_pages_show_errors_as_html(error: CoreError) -> None:
    reply = render_error(error, request(path="/1/acme/auth/saml/init"))
    assert isinstance(reply.body, str)
    assert reply.body.startswith("<html>")


@pytest.mark.parametrize(
    "path",
    [
        "/objects/confirmations/514af36644f9cb2eb8000002",
        "/objects/request_password_reset/514af36644f9cb2eb8000002",
        "/files/confirmations/cat.png",
        "/groups/confirmations/addMembers",
    ],
)
def test_errors_are_json_also_where_something_is_named_like_a_page(nec: Nec, path: str) -> None:
    answer = nec.send("PUT" if path.endswith("addMembers") else "GET", path, {}, by=nec.master)
    assert answer.status == 404
    assert isinstance(answer.json["error"], str)


def test_a_reason_that_quotes_a_long_body_is_cut() -> None:
    reply = render_error(core_errors.UnknownMember(["x" * 100_000]), request())
    assert isinstance(reply.body, dict)
    assert len(reply.body["error"]) == MAX_ERROR_LENGTH
