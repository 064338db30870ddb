from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.core.errors import NotAuthenticated
from chalicelib.core.federation.id_tokens import checked_claims
from tests.openid_server import id_token

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
SECONDS = NOW.timestamp()
GOOD = {"iss": "https://op", "aud": "me", "nonce": "n", "sub": "s", "iat": SECONDS, "exp": SECONDS + 60}


def check(token: str) -> dict[str, Any]:
    return checked_claims(token, issuer="https://op", client_id="me", nonce="n", now=NOW)


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"aud": ["me"]},
        {"aud": ["me", "another"], "azp": "me"},
        {"azp": "me"},
        {"iat": SECONDS + 59, "exp": SECONDS - 59},
        {"sub": "s" * 255},
        {"anything": [1, {"else": None}]},
    ],
)
def test_a_token_for_this_login_gives_its_claims(change: dict[str, Any]) -> None:
    assert check(id_token(GOOD | change)) == GOOD | change


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://another"},
        {"iss": None},
        {"aud": "another"},
        {"aud": ["another"]},
        {"aud": []},
        {"aud": None},
        {"aud": ["me", "another"]},
        {"azp": "another"},
        {"aud": ["me", "another"], "azp": "another"},
        {"nonce": "m"},
        {"nonce": None},
        {"nonce": ["n"]},
        {"nonce": "ん"},
        {"exp": SECONDS - 61},
        {"exp": None},
        {"exp": True},
        {"exp": "4000000000"},
        {"iat": SECONDS + 61},
        {"iat": None},
        {"sub": ""},
        {"sub": None},
        {"sub": 7},
        {"sub": "s" * 256},
    ],
)
def test_a_token_for_anything_else_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(NotAuthenticated):
        check(id_token(GOOD | change))


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b",
        "a.b.c.d",
        "a.!!!!.c",
        "a.ん.c",
        "a." + base64.urlsafe_b64encode(b"{").decode() + ".c",
        "a." + base64.urlsafe_b64encode(b"\xff\xff").decode() + ".c",
        "a." + base64.urlsafe_b64encode(b"[" * 100_000).decode() + ".c",
        id_token([]),
        id_token("text"),
    ],
)
def test_what_is_no_token_is_refused(token: str) -> None:
    with pytest.raises(NotAuthenticated):
        check(token)
