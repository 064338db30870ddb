"""The OpenIdClient port over HTTP, held against a provider on this machine and against what bad ones answer."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from chalicelib.core.errors import NotAuthenticated, TimedOut, Unavailable
from chalicelib.core.federation.ports import CodeGrant
from chalicelib.engines import openid_http
from chalicelib.engines.openid_http import MAX_ANSWER_BYTES, OpenIdHttp
from tests.openid_server import CLIENT_ID, CLIENT_SECRET, OpenIdServer

VERIFIER = "v" * 43
CHALLENGE = "7w_YNF9DSfIdPf_pRjSq646_kPr-2-o9NAl16JGghdM"
LANDING = "https://api.example.com/landing"


@pytest.fixture
def server() -> Iterator[OpenIdServer]:
    server = OpenIdServer()
    yield server
    server.close()


@pytest.fixture
def client() -> OpenIdHttp:
    return OpenIdHttp()


def code_of(server: OpenIdServer, client: OpenIdHttp) -> str:
    asked = {
        "client_id": CLIENT_ID,
        "response_type": "code",
        "code_challenge_method": "S256",
        "code_challenge": CHALLENGE,
        "redirect_uri": LANDING,
        "nonce": "n",
        "state": "s",
    }
    back = server.log_in(f"{client.metadata(server.issuer).authorization_endpoint}&{urlencode(asked)}")
    return parse_qs(urlsplit(back).query)["code"][0]


def grant(code: str, **change: Any) -> CodeGrant:
    return replace(CodeGrant(CLIENT_ID, CLIENT_SECRET, code, VERIFIER, LANDING), **change)


def test_a_provider_says_what_it_is_once(server: OpenIdServer, client: OpenIdHttp) -> None:
    said = client.metadata(server.issuer)
    assert client.metadata(server.issuer) is said
    assert said.issuer == server.issuer
    assert said.token_endpoint == f"{server.issuer}/token"
    assert said.scopes == ("openid", "profile", "email")
    assert server.asked == ["/.well-known/openid-configuration"]


@pytest.mark.parametrize("methods", [None, ["client_secret_basic"], ["client_secret_post"]])
def test_a_code_is_exchanged_once(server: OpenIdServer, client: OpenIdHttp, methods: list[str] | None) -> None:
    if methods is not None:
        server.metadata = {"token_endpoint_auth_methods_supported": methods}
    code, metadata = code_of(server, client), client.metadata(server.issuer)
    tokens = client.redeem(metadata, grant(code))
    assert tokens.access_token == "access"
    assert tokens.id_token.count(".") == 2
    with pytest.raises(NotAuthenticated):
        client.redeem(metadata, grant(code))


@pytest.mark.parametrize("change", [{"verifier": "w" * 43}, {"landing": "https://else"}])
def test_a_provider_that_refuses_is_believed(server: OpenIdServer, client: OpenIdHttp, change: dict[str, str]) -> None:
    code = code_of(server, client)
    with pytest.raises(NotAuthenticated):
        client.redeem(client.metadata(server.issuer), grant(code, **change))


@pytest.mark.parametrize("status", [400, 401])
@pytest.mark.parametrize("word", ["invalid_client", "unauthorized_client"])
def test_a_provider_that_does_not_know_us_is_for_the_operator(
    server: OpenIdServer, client: OpenIdHttp, status: int, word: str
) -> None:
    server.answers["/token"] = (status, json.dumps({"error": word}).encode())
    with pytest.raises(Unavailable) as refused:
        client.redeem(client.metadata(server.issuer), grant("any"))
    assert refused.value.code == word


@pytest.mark.parametrize("content", [b"", b"no", b"[]", b'{"error": []}', b'{"error": "invalid_grant"}'])
def test_a_code_that_a_provider_refuses_is_no_login(server: OpenIdServer, client: OpenIdHttp, content: bytes) -> None:
    server.answers["/token"] = (400, content)
    with pytest.raises(NotAuthenticated):
        client.redeem(client.metadata(server.issuer), grant("any"))


def test_a_provider_tells_of_the_user(server: OpenIdServer, client: OpenIdHttp) -> None:
    endpoint = client.metadata(server.issuer).userinfo_endpoint
    assert endpoint is not None
    assert client.userinfo(endpoint, "access") == {"sub": "outside-1", "name": "Ann"}
    with pytest.raises(NotAuthenticated):
        client.userinfo(endpoint, "another")


@pytest.mark.parametrize(
    "answer",
    [
        (200, b""),
        (200, b"\xff"),
        (200, b"[]"),
        (200, b"{}"),
        (200, b"[" * 100_000),
        (200, b'{"issuer": 1}'),
        (200, b" " * (MAX_ANSWER_BYTES + 1)),
        (404, b"{}"),
        (500, b"{}"),
        (302, b"http://127.0.0.1:9/elsewhere"),
    ],
)
def test_what_no_provider_would_answer_is_no_provider(
    server: OpenIdServer, client: OpenIdHttp, answer: tuple[int, bytes]
) -> None:
    server.answers["/.well-known/openid-configuration"] = answer
    with pytest.raises(Unavailable):
        client.metadata(server.issuer)


def test_a_provider_that_calls_itself_another_is_refused(server: OpenIdServer, client: OpenIdHttp) -> None:
    server.metadata = {"issuer": "https://accounts.example.com"}
    with pytest.raises(Unavailable):
        client.metadata(server.issuer)


def test_a_secret_is_sent_to_no_address_without_tls(server: OpenIdServer, client: OpenIdHttp) -> None:
    code = code_of(server, client)
    for endpoint in ("http://op.example.com/token", "file:///etc/hostname", "ftp://op.example.com", "//x", "http://[x"):
        metadata = replace(client.metadata(server.issuer), token_endpoint=endpoint)
        with pytest.raises(Unavailable):
            client.redeem(metadata, grant(code))


def test_tokens_that_are_missing_are_no_login(server: OpenIdServer, client: OpenIdHttp) -> None:
    server.answers["/token"] = (200, json.dumps({"access_token": "only"}).encode())
    with pytest.raises(Unavailable):
        client.redeem(client.metadata(server.issuer), grant("any"))


def test_a_provider_that_is_silent_is_not_waited_for(client: OpenIdHttp, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(openid_http, "TIMEOUT_SECONDS", 0.05)
    with socket.socket() as deaf:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen()
        with pytest.raises(TimedOut):
            client.metadata(f"http://127.0.0.1:{deaf.getsockname()[1]}")


def test_a_provider_that_is_not_there_is_unavailable(client: OpenIdHttp) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(Unavailable):
        client.metadata(f"http://127.0.0.1:{port}")


@pytest.mark.parametrize("start", [b"", b"HTTP/1.1 200 OK\r\nX-Slow: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_provider_that_never_comes_to_an_end_is_not_waited_for(
    client: OpenIdHttp, monkeypatch: pytest.MonkeyPatch, start: bytes
) -> None:
    monkeypatch.setattr(openid_http, "EXCHANGE_SECONDS", 0.2)
    with socket.socket() as slow:
        slow.bind(("127.0.0.1", 0))
        slow.listen()
        drips = threading.Thread(target=_drip, args=(slow, start))
        drips.start()
        with pytest.raises(TimedOut):
            client.metadata(f"http://127.0.0.1:{slow.getsockname()[1]}")
        drips.join()


def _drip(slow: socket.socket, start: bytes) -> None:
    """Answers one letter at a time until the other side has gone."""
    connection, _ = slow.accept()
    with connection, suppress(OSError):
        connection.sendall(start)
        while True:
            connection.sendall(b" ")
            threading.Event().wait(0.001)


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "userinfo_endpoint"])
def test_a_provider_elsewhere_has_nothing_on_this_machine(name: str) -> None:
    issuer = "https://op.example.com"
    said = {"issuer": issuer, "authorization_endpoint": f"{issuer}/a", "token_endpoint": f"{issuer}/t"}
    assert openid_http.metadata_of(said).issuer == issuer
    for endpoint in ("http://127.0.0.1:8080/", "http://localhost/", "http://[::1]/"):
        with pytest.raises(Unavailable):
            openid_http.metadata_of(said | {name: endpoint})


def test_a_token_endpoint_may_have_a_query(server: OpenIdServer, client: OpenIdHttp) -> None:
    server.answers["/token?tenant=1"] = (200, json.dumps({"id_token": "a", "access_token": "b"}).encode())
    metadata = replace(client.metadata(server.issuer), token_endpoint=f"{server.issuer}/token?tenant=1")
    assert client.redeem(metadata, grant("any")).id_token == "a"


def test_an_address_that_is_none_is_no_provider(client: OpenIdHttp) -> None:
    too_long = f"https://{'a' * 70}.invalid"
    for issuer in ("http://127.0.0.1:99999", "http://127.0.0.1:0", "https://\u0130.invalid", too_long):
        with pytest.raises(Unavailable):
            client.metadata(issuer)
