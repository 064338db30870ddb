from __future__ import annotations

import pytest

from chalicelib.core.tenants.model import CorsPolicy
from chalicelib.web.call import Headers, QueryParameters, Request
from chalicelib.web.cors import MAX_AGE_SECONDS, cors_headers

ORIGIN = "https://app.example"


def headers(policy: CorsPolicy, method: str = "GET", origin: str = ORIGIN, exposed: str = "") -> dict[str, str]:
    request = Request(method, "/", {}, QueryParameters({}), Headers({"Origin": origin}), b"", "")
    return dict(cors_headers(policy, request, methods="GET, PUT", headers=("Accept", "X-Key"), exposed=exposed))


def test_without_a_list_of_origins_any_browser_may_read() -> None:
    assert headers(CorsPolicy()) == {"Access-Control-Allow-Origin": "*"}


def test_a_listed_origin_is_named_and_caches_are_told_so() -> None:
    assert headers(CorsPolicy(origins=(ORIGIN,))) == {"Access-Control-Allow-Origin": ORIGIN, "Vary": "Origin"}


@pytest.mark.parametrize("origin", ["https://evil.example", "null", ""])
def test_an_unlisted_origin_is_told_nothing_but_that_answers_differ(origin: str) -> None:
    assert headers(CorsPolicy(origins=(ORIGIN,)), origin=origin) == {"Vary": "Origin"}


def test_credentials_are_never_allowed_beside_a_star() -> None:
    assert headers(CorsPolicy(credentials=True)) == {
        "Access-Control-Allow-Origin": ORIGIN,
        "Vary": "Origin",
        "Access-Control-Allow-Credentials": "true",
    }


def test_a_preflight_is_told_what_may_be_sent() -> None:
    assert headers(CorsPolicy(), "OPTIONS", exposed="ETag") == {
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Allow-Methods": "GET, PUT",
        "Access-Control-Allow-Headers": "Accept, X-Key",
        "Access-Control-Max-Age": str(MAX_AGE_SECONDS),
    }


def test_an_answer_tells_what_may_be_read() -> None:
    assert headers(CorsPolicy(), exposed="ETag")["Access-Control-Expose-Headers"] == "ETag"


def test_a_policy_that_is_off_adds_nothing() -> None:
    assert headers(CorsPolicy(enabled=False), "OPTIONS") == {}
