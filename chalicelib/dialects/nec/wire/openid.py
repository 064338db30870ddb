"""Logins through OpenID providers, as URLs, cookies and JSON. Spec: nec-rest, 5.2 and 5.11 to 5.13."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from chalicelib.core.errors import InvalidInput
from chalicelib.core.federation.model import Arrival, Departure, Landing, Link, LoginStart
from chalicelib.core.federation.service import LOGIN_LASTS
from chalicelib.core.tenants.model import Tenant
from chalicelib.dialects.nec.wire.body import optional_text
from chalicelib.web.call import Call, Reply

COOKIE = "yorozu_openid_"
"""How the cookies begin that tie logins to the browser that began them; each login has its own, for tabs' sake."""

_STATE_IN_NAME = 12
"""Characters of the state in a cookie's name: enough to tell a browser's logins apart."""

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
        landing=_landing_url(call, tenant),
        scope=call.query.get("scope") or None,
        creates_user=creates_user,
        session_token=call.query.get("sessionToken") or None,
    )


def landing(call: Call) -> Landing:
    """What the browser brings back, in the URL and in its cookie."""
    query = call.query
    state = query.get("state")
    # Not http.cookies: it drops all of them when another site's of this host are written oddly.
    sent = [pair.strip().partition("=") for pair in (call.request.headers.get("cookie") or "").split(";")]
    kept = {name: value for name, _, value in sent}.get(_cookie_name(state or ""))
    return Landing(state, kept, query.get("code"), query.get("error"), query.get("iss"))


def departure_reply(departure: Departure, start: LoginStart) -> Reply:
    """302 to the provider, and the cookie that has to come back from there."""
    cookie = _cookie(departure.state, departure.state, start.landing, int(LOGIN_LASTS.total_seconds()))
    return Reply(302, None, (("Location", departure.url), ("Set-Cookie", cookie), *_PRIVATE))


def arrival_reply(call: Call, tenant: Tenant, arrival: Arrival) -> Reply:
    """302 to the app; the login's cookie is gone."""
    ended = _cookie(call.query.get("state") or "", "", _landing_url(call, tenant), 0)
    headers = (("Location", arrival.url), ("Set-Cookie", ended), *_PRIVATE)
    return Reply(302, None, headers, arrival.failure)


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


def _landing_url(call: Call, tenant: Tenant) -> str:
    """Where the provider sends the browser: the same for a tenant's name and id, as it is registered there."""
    return f"{call.request.base_url}/1/{tenant.id}/auth/oidc/auth_resp"


def _cookie_name(state: str) -> str:
    return COOKIE + state[:_STATE_IN_NAME]


def _cookie(state: str, value: str, landing_url: str, max_age_seconds: int) -> str:
    """Sent back only to where the provider sends the browser; `Lax`, for that is another site's link to us."""
    parts = urlsplit(landing_url)
    secure = "; Secure" if parts.scheme == "https" else ""
    name = _cookie_name(state)
    return f"{name}={value}; Max-Age={max_age_seconds}; Path={parts.path}; HttpOnly; SameSite=Lax{secure}"
