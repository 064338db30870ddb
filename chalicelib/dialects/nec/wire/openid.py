"""Logins through OpenID providers, as URLs, cookies and JSON. Spec: nec-rest, 5.2 and 5.11 to 5.13."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import urlsplit

from chalicelib.core.errors import InvalidInput
from chalicelib.core.federation.model import Departure, Landing, Link, LoginStart
from chalicelib.core.federation.service import LOGIN_LASTS
from chalicelib.core.tenants.model import Tenant
from chalicelib.dialects.nec.wire.body import optional_text
from chalicelib.web.call import Call, Reply

COOKIE = "yorozu_openid"
"""What ties a login to the browser that began it."""

_FLAGS = {"true": True, "1": True, "false": False, "0": False, "": False}

_PRIVATE = (("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer"))
"""The addresses hold secrets: nobody keeps them, and no other site learns them."""


def login_start(call: Call, tenant: Tenant) -> LoginStart:
    """What the URL asks. Raises: InvalidInput without `redirect` or `op`, or when `createUser` is no boolean.

    Spec: nec-rest, 5.11.
    """
    creates_user = _FLAGS.get((call.query.get("createUser") or "").lower())
    if creates_user is None:
        raise InvalidInput("createUser is true or false")
    return LoginStart(
        provider=required(call, "op"),
        redirect=required(call, "redirect"),
        landing=f"{call.request.base_url}/1/{tenant.id}/auth/oidc/auth_resp",
        scope=call.query.get("scope") or None,
        creates_user=creates_user,
        session_token=call.query.get("sessionToken") or None,
    )


def landing(call: Call) -> Landing:
    """What the browser brings back, in the URL and in its cookie."""
    cookies: SimpleCookie = SimpleCookie()
    try:
        cookies.load(call.request.headers.get("cookie") or "")
    except CookieError:
        cookies = SimpleCookie()
    kept = cookies.get(COOKIE)
    query = call.query
    return Landing(query.get("state"), kept.value if kept else None, query.get("code"), query.get("error"))


def departure_reply(departure: Departure, start: LoginStart) -> Reply:
    """302 to the provider, and the cookie that has to come back from there."""
    cookie = _cookie(departure.state, start.landing, int(LOGIN_LASTS.total_seconds()))
    return Reply(302, None, (("Location", departure.url), ("Set-Cookie", cookie), *_PRIVATE))


def arrival_reply(url: str) -> Reply:
    """302 to the app."""
    return Reply(302, None, (("Location", url), *_PRIVATE))


def one_time_token(body: dict[str, Any]) -> str | None:
    """The one-time token of a login, if there is one. Raises: InvalidInput unless it is text. Spec: nec-rest, 5.2."""
    return optional_text(body, "token") or None


def links_json(links: list[Link]) -> dict[str, Any]:
    """`{"results": [...]}`. Spec: nec-rest, 5.12."""
    return {
        "results": [{"_id": link.id, "iss": link.issuer, "sub": link.subject, "op": link.provider} for link in links]
    }


def required(call: Call, name: str) -> str:
    """A parameter of the URL. Raises: InvalidInput when it is missing or empty."""
    value = call.query.get(name)
    if not value:
        raise InvalidInput(f"{name} is missing")
    return value


def _cookie(state: str, landing_url: str, max_age_seconds: int) -> str:
    """Sent back only to where the provider sends the browser; `Lax`, for that is another site's link to us."""
    parts = urlsplit(landing_url)
    secure = "; Secure" if parts.scheme == "https" else ""
    return f"{COOKIE}={state}; Max-Age={max_age_seconds}; Path={parts.path}; HttpOnly; SameSite=Lax{secure}"
