"""OpenID providers over HTTPS, the same for every engine. Spec: oidc-discovery, 4; oidc-core, 3.1.3 and 5.3."""

from __future__ import annotations

import base64
import json
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from http.client import HTTPException
from typing import Any
from urllib.parse import quote_plus, urlencode

from chalicelib.core.errors import NotAuthenticated, TimedOut, Unavailable
from chalicelib.core.federation.ports import CodeGrant, ProviderMetadata, Tokens, is_provider_url

TIMEOUT_SECONDS = 5.0
"""How long a provider may be silent: three requests end before API Gateway gives up at 29 seconds. Our choice."""

MAX_ANSWER_BYTES = 256 * 1024
"""The largest answer that is read, included. Our choice: some kilobytes are usual."""

REMEMBERED_SECONDS = 3600.0
"""How long a provider's word about itself is trusted."""

_REFUSALS = (400, 401, 403)


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A provider answers at its own address; a redirect could lead anywhere."""

    def redirect_request(self, *_: Any) -> None:
        return None


class OpenIdHttp:
    """The OpenIdClient port. Used by many threads at once."""

    def __init__(self) -> None:
        # No proxy of the environment either: the secret is for the provider alone.
        self._opener = urllib.request.build_opener(_NoRedirect, urllib.request.ProxyHandler({}))
        self._known: dict[str, tuple[ProviderMetadata, float]] = {}

    def metadata(self, issuer: str) -> ProviderMetadata:
        known = self._known.get(issuer)
        if known is not None and known[1] > time.monotonic():
            return known[0]
        said = self._ask(issuer.rstrip("/") + "/.well-known/openid-configuration", {})
        metadata = _metadata(said)
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
        request = urllib.request.Request(url, body, headers | {"Accept": "application/json"})  # noqa: S310 - see above
        try:
            with self._opener.open(request, timeout=TIMEOUT_SECONDS) as answer:
                content = answer.read(MAX_ANSWER_BYTES + 1)
        except urllib.error.HTTPError as error:
            with error:
                if error.code in _REFUSALS:
                    raise NotAuthenticated(f"the OpenID provider refuses: {error.code}") from error
                raise Unavailable(f"the OpenID provider failed: {error.code}") from error
        except TimeoutError as error:
            raise TimedOut("the OpenID provider did not answer in time") from error
        except (OSError, HTTPException, ValueError) as error:
            raise Unavailable("the OpenID provider cannot be reached") from error
        return _object(content)


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


def _metadata(said: Mapping[str, Any]) -> ProviderMetadata:
    userinfo = said.get("userinfo_endpoint")
    return ProviderMetadata(
        issuer=_text(said, "issuer"),
        authorization_endpoint=_text(said, "authorization_endpoint"),
        token_endpoint=_text(said, "token_endpoint"),
        userinfo_endpoint=userinfo if isinstance(userinfo, str) else None,
        scopes=_texts(said.get("scopes_supported")),
        token_auth_methods=_texts(said.get("token_endpoint_auth_methods_supported")),
        names_itself=said.get("authorization_response_iss_parameter_supported") is True,
    )


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or not value:
        raise Unavailable(f"the OpenID provider's answer has no {name}")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
