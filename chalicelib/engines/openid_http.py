"""OpenID providers over HTTPS, the same for every engine. Spec: oidc-discovery, 4; oidc-core, 3.1.3 and 5.3."""

from __future__ import annotations

import base64
import json
import socket
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit, urlunsplit

from chalicelib.core.errors import NotAuthenticated, TimedOut, Unavailable
from chalicelib.core.federation.ports import CodeGrant, ProviderMetadata, Tokens, is_provider_url

TIMEOUT_SECONDS = 4.0
"""How long a provider may be silent, and how long connecting may take. Our choice."""

EXCHANGE_SECONDS = 5.0
"""How long one request and its whole answer may take: three, with their connections, end before API Gateway gives up
at 29 seconds. Our choice."""

MAX_ANSWER_BYTES = 256 * 1024
"""The largest answer that is read, included. Our choice: some kilobytes are usual."""

REMEMBERED_SECONDS = 3600.0
"""How long a provider's word about itself is trusted."""

_REFUSALS = (400, 401, 403)


class OpenIdHttp:
    """The OpenIdClient port. Used by many threads at once."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[ProviderMetadata, float]] = {}

    def metadata(self, issuer: str) -> ProviderMetadata:
        known = self._known.get(issuer)
        if known is not None and known[1] > time.monotonic():
            return known[0]
        said = self._ask(issuer.rstrip("/") + "/.well-known/openid-configuration", {})
        metadata = metadata_of(said)
        if metadata.issuer.rstrip("/") != issuer.rstrip("/"):
            raise Unavailable("the OpenID provider says that it is another one")
        self._known[issuer] = (metadata, time.monotonic() + REMEMBERED_SECONDS)
        return metadata

    def redeem(self, metadata: ProviderMetadata, grant: CodeGrant) -> Tokens:
        form = {
            "grant_type": "authorization_code",
            "code": grant.code,
            "redirect_uri": grant.landing,
            "code_verifier": grant.verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        methods = metadata.token_auth_methods or ("client_secret_basic",)
        if "client_secret_basic" in methods:
            pair = f"{quote_plus(grant.client_id)}:{quote_plus(grant.client_secret)}"
            headers["Authorization"] = "Basic " + base64.b64encode(pair.encode()).decode("ascii")
        else:
            form |= {"client_id": grant.client_id, "client_secret": grant.client_secret}
        body = urlencode(form).encode("ascii")
        said = self._ask(metadata.token_endpoint, headers, body)
        return Tokens(_text(said, "id_token"), _text(said, "access_token"))

    def userinfo(self, endpoint: str, access_token: str) -> dict[str, Any]:
        return self._ask(endpoint, {"Authorization": f"Bearer {access_token}"})

    def _ask(self, url: str, headers: dict[str, str], body: bytes | None = None) -> dict[str, Any]:
        if not is_provider_url(url):
            raise Unavailable("the OpenID provider names an address without TLS")
        try:
            status, content = _exchange(url, headers | {"Accept": "application/json"}, body)
        except TimeoutError as error:
            raise TimedOut("the OpenID provider did not answer in time") from error
        except (OSError, HTTPException, ValueError) as error:
            raise Unavailable("the OpenID provider cannot be reached") from error
        if status in _REFUSALS:
            raise _refusal(status, content)
        if status != HTTPStatus.OK:
            raise Unavailable("the OpenID provider failed", str(status))
        return _object(content)


def _refusal(status: int, content: bytes) -> NotAuthenticated | Unavailable:
    """The error for a refusal: for the operator if it is about us, not about who logs in. Spec: rfc6749, 5.2."""
    for word in ("invalid_client", "unauthorized_client"):
        if f'"{word}"'.encode() in content:
            return Unavailable("the OpenID provider refuses the client id or secret", word)
    return NotAuthenticated(f"the OpenID provider refuses: {status}")


def _exchange(url: str, headers: dict[str, str], body: bytes | None) -> tuple[int, bytes]:
    """Status and content of an answer, read as far as it may be long.

    Plain connections follow no redirect, which could lead anywhere, and know no proxy: secrets are for the provider
    alone. Raises: TimeoutError, OSError, HTTPException, ValueError.
    """
    parts = urlsplit(url)
    scheme = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    with closing(scheme(parts.hostname or "", parts.port, timeout=TIMEOUT_SECONDS)) as connection:
        connection.connect()
        with _at_most(EXCHANGE_SECONDS, connection.sock):
            target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
            connection.request("GET" if body is None else "POST", target, body, headers)
            with connection.getresponse() as answer:
                return answer.status, answer.read(MAX_ANSWER_BYTES + 1)


@contextmanager
def _at_most(seconds: float, connected: socket.socket) -> Iterator[None]:
    """Cuts the connection off when what is inside takes longer: a socket's timeout begins anew with each byte.

    Raises: TimeoutError then, whatever the cut looked like inside.
    """
    is_over = threading.Event()

    def cut() -> None:
        is_over.set()
        with suppress(OSError):
            # Below TLS, which another thread is reading.
            socket.socket.shutdown(connected, socket.SHUT_RDWR)

    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    except (OSError, HTTPException, ValueError):
        if not is_over.is_set():
            raise
    finally:
        timer.cancel()
    if is_over.is_set():
        raise TimeoutError("the exchange takes too long")


def _object(content: bytes) -> dict[str, Any]:
    if len(content) > MAX_ANSWER_BYTES:
        raise Unavailable("the OpenID provider's answer is too long")
    try:
        said = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise Unavailable("the OpenID provider's answer is not JSON") from error
    if not isinstance(said, dict):
        raise Unavailable("the OpenID provider's answer is not an object")
    return said


def metadata_of(said: Mapping[str, Any]) -> ProviderMetadata:
    """What a provider says about itself. Raises: Unavailable for what cannot be true, or would lead to this machine."""
    userinfo = said.get("userinfo_endpoint")
    metadata = ProviderMetadata(
        issuer=_text(said, "issuer"),
        authorization_endpoint=_text(said, "authorization_endpoint"),
        token_endpoint=_text(said, "token_endpoint"),
        userinfo_endpoint=userinfo if isinstance(userinfo, str) else None,
        scopes=_texts(said.get("scopes_supported")),
        token_auth_methods=_texts(said.get("token_endpoint_auth_methods_supported")),
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
    )
    endpoints = (metadata.authorization_endpoint, metadata.token_endpoint, metadata.userinfo_endpoint or "https:")
    if metadata.issuer.startswith("https:") and not all(endpoint.startswith("https:") for endpoint in endpoints):
        raise Unavailable("the OpenID provider names an address without TLS")
    return metadata


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not value:
        raise Unavailable(f"the OpenID provider's answer has no {name}")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
