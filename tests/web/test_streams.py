"""Streams where the host has none, as in Lambda: bodies are whole, limits are the handler's."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from chalice.test import Client

from chalicelib.core.installation import Installation
from chalicelib.web.call import MAX_READ_BYTES
from chalicelib.web.chalice_bridge import YorozuApp, mount
from tests.web.hose import PIECE, Water, dialect
from tests.web.parrot import ParrotCore


@pytest.fixture
def core() -> Any:
    return ParrotCore()


@pytest.fixture
def client(core: Any) -> Any:
    app = YorozuApp("hose")
    mount(app, dialect, lambda: core)
    return Client(app).http


def test_a_body_is_read_piece_by_piece_however_it_came(client: Any) -> None:
    body = bytes(range(256)) * 1000
    told = client.put("/h/acme/sink/x", body=body).json_body
    assert told == {"name": "x", "length": 256_000, "sha256": hashlib.sha256(body).hexdigest()}


def test_the_limit_of_small_bodies_is_not_that_of_streams(client: Any) -> None:
    assert client.put("/h/acme/sink/x", body=b"x" * (MAX_READ_BYTES + 1)).status_code == 200


def test_a_body_on_a_streaming_route_may_be_json(client: Any) -> None:
    told = client.post("/h/acme/sink/x", body=b'{"a": 1}', headers={"Content-Type": "application/json"}).json_body
    assert told == {"name": "x", "sent": {"a": 1}, "length": 8}


def test_a_stream_is_answered_whole_and_closed(client: Any) -> None:
    reply = client.get("/h/acme/tap/3")
    assert (reply.status_code, reply.body) == (200, PIECE * 3)
    assert reply.headers["Content-Type"] == "x/water"
    assert Water.open_now == 0


def test_a_head_request_opens_the_stream_and_closes_it_unread(client: Any) -> None:
    reply = client.request("HEAD", "/h/acme/tap/3", headers={}, body=b"")
    assert (reply.body, reply.headers["Content-Length"], reply.headers["ETag"]) == (b"", str(3 * len(PIECE)), '"w"')
    assert Water.open_now == 0


@pytest.mark.parametrize(
    ("headers", "base"),
    [
        ({"Host": "a.example"}, "http://a.example"),
        ({"Host": "a.example:8080", "X-Forwarded-Proto": "https"}, "https://a.example:8080"),
        ({"Host": "[::1]:80"}, "http://[::1]:80"),
        ({"Host": "a.example", "X-Forwarded-Proto": "javascript"}, "http://a.example"),
        ({"Host": "a.example/path?x=<script>"}, ""),
        ({"Host": "a b"}, ""),
        ({"Host": ""}, ""),
    ],
)
def test_the_base_url_is_where_the_client_asked(client: Any, headers: dict[str, str], base: str) -> None:
    assert client.get("/h/acme/base", headers=headers).json_body == {"base": base}
    assert client.get("/h/acme/base?fail=1", headers=headers).json_body["base"] == base


def test_the_base_url_that_the_operator_set_wins(core: Any, client: Any) -> None:
    core.installation = Installation(public_base_url="https://files.example/api")
    for path in ("/h/acme/base", "/h/acme/base?fail=1"):
        assert client.get(path, headers={"Host": "a.example"}).json_body["base"] == "https://files.example/api"


def test_the_base_url_has_the_stage_in_it(core: Any) -> None:
    app = YorozuApp("hose")
    mount(app, dialect, lambda: core)
    where = {"resourcePath": "/h/{tenant}/base", "httpMethod": "GET", "path": "/prod/h/acme/base"}
    sent = {"path": "/h/acme/base", "headers": {"Host": "a.example"}, "pathParameters": {"tenant": "acme"}}
    answer = app(sent | {"requestContext": where}, None)
    assert "http://a.example/prod" in str(client_body(answer))


def client_body(answer: dict[str, Any]) -> bytes:
    return base64.b64decode(answer["body"])
