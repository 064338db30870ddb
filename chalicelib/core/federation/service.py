"""Logging in through an OpenID provider: out to it, back from it, and in with a one-time token.

    app          browser              here                          provider
     | opens      |--- start -------->| remembers state, nonce, PKCE
     |            |<-- 302 ------------|
     |            |--- logs in there ------------------------------->|
     |            |<-- 302 with code and state ----------------------|
     |            |--- finish -------->|--- code, verifier ---------->|
     |            |                    |<-- ID token, access token ---|
     |            |<-- 302, token -----| links or finds the user
     |<- token ---|
     |--- log_in with the token ------>| begins a session

Spec: oidc-core, 3.1; rfc7636; nec-rest, 5.2 and 5.11 to 5.13. Decision: 0106-openid-connect.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any
from urllib.parse import urlencode

from chalicelib.core import ids
from chalicelib.core.access.caller import Caller
from chalicelib.core.access.rules import require
from chalicelib.core.accounts.logins import Logins
from chalicelib.core.accounts.memberships import Memberships
from chalicelib.core.accounts.model import Login
from chalicelib.core.accounts.stored import has_session
from chalicelib.core.accounts.tokens import SessionToken, parse_token
from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.errors import (
    AccessDenied,
    CoreError,
    InvalidInput,
    InvalidSession,
    NotAuthenticated,
    SessionRequired,
    Unavailable,
    UserNotFound,
)
from chalicelib.core.federation.id_tokens import checked_claims
from chalicelib.core.federation.links import Links
from chalicelib.core.federation.model import Arrival, Departure, Landing, Link, LoginStart, Provider
from chalicelib.core.federation.ports import CodeGrant, OpenIdClient, ProviderMetadata, is_provider_url
from chalicelib.core.federation.providers import OpenIdProviders
from chalicelib.core.federation.stored import LOGINS, link_id, login_to_document
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.values import Document
from chalicelib.core.tenants.model import Tenant
from chalicelib.core.tenants.stored import ACCOUNTS

LOGIN_LASTS = timedelta(minutes=10)
"""How long somebody may take to log in at the provider. Our choice."""

TOKEN_LASTS = timedelta(minutes=5)
"""How long a one-time token works. Our choice."""

MAX_CLAIMS_BYTES = 64 * 1024
"""Bytes of JSON of what a provider tells of a user, included: several accounts fit into one user. Our choice."""

ALL_SCOPES = ("openid", "profile", "email", "address", "phone")
"""Everything that a provider may tell about a user. Spec: oidc-core, 5.4."""

NOT_USED = "the tenant does not use OpenID Connect"


class FederationService:
    """Logins through OpenID providers, and the links between users and their accounts there."""

    def __init__(
        self,
        documents: Documents,
        providers: OpenIdProviders,
        client: OpenIdClient,
        logins: Logins,
        memberships: Memberships,
        clock: Clock,
    ) -> None:
        self._documents = documents
        self._providers = providers
        self._client = client
        self._logins = logins
        self._memberships = memberships
        self._links = Links(documents, clock)
        self._clock = clock

    # --- out and back ---

    def start(self, tenant: Tenant, start: LoginStart) -> Departure:
        """Where to send the browser.

        Raises: AccessDenied for a tenant that trusts no provider; InvalidInput for an unknown provider, a redirect
        that is not registered, a scope without `openid`; InvalidSession; Unavailable.
        """
        self._require_used(tenant)
        provider = self._providers.get(tenant.id, start.provider)
        if provider is None:
            raise InvalidInput(f"no such OpenID provider: {start.provider}")
        if start.redirect not in self._providers.redirects(tenant.id):
            raise InvalidInput("redirect is not registered")
        if start.scope is not None and "openid" not in start.scope.split():
            raise InvalidInput("scope must include openid")
        session = None if start.session_token is None else self._signed_in(tenant, start.session_token)
        metadata = self._client.metadata(provider.issuer)
        if not is_provider_url(metadata.authorization_endpoint):
            raise Unavailable("the OpenID provider would have users log in without TLS")
        state, nonce, verifier = ids.new_secret(), ids.new_secret(), ids.new_secret()
        secrets = {"_id": ids.hash_secret(state), "nonce": nonce, "verifier": verifier}
        expires_at = self._clock.now() + LOGIN_LASTS
        self._documents.insert(tenant.id, LOGINS, login_to_document(start, session, secrets, expires_at))
        asked = {
            "response_type": "code",
            "client_id": provider.client_id,
            "redirect_uri": start.landing,
            "scope": start.scope or _all_scopes(metadata),
            "state": state,
            "nonce": nonce,
            "code_challenge": _challenge(verifier),
            "code_challenge_method": "S256",
        }
        return Departure(_with_query(metadata.authorization_endpoint, asked), state)

    def finish(self, tenant: Tenant, landing: Landing) -> Arrival:
        """Where to send the browser after all: with a one-time `token`, or with an `error`.

        Raises: InvalidInput when it is not known where, for the login was not begun by this browser, or too long ago.
        """
        begun = self._take_login(tenant, landing)
        redirect: str = begun["redirect"]
        try:
            user_id = self._identify(tenant, begun, landing)
            return Arrival(_with_query(redirect, {"token": self._issue_token(tenant, user_id)}))
        except _Refused as refused:
            return _came_to_nothing(redirect, str(refused))
        except NotAuthenticated:
            return _came_to_nothing(redirect, "authentication_failed")
        except UserNotFound:
            return _came_to_nothing(redirect, "user_not_found")
        except Unavailable as error:
            return _came_to_nothing(redirect, "temporarily_unavailable", error)
        except CoreError as error:
            return _came_to_nothing(redirect, "server_error", error)

    def log_in(self, caller: Caller, token: str) -> Login | None:
        """A new session for the user of a one-time token, which is good no more; None in a tenant that trusts no
        provider, where such tokens mean nothing. Raises: NotAuthenticated.
        """
        if not self._providers.in_use(caller.tenant.id):
            return None
        wanted = {"_id": ids.hash_secret(token), "kind": "token", "expiresAt": {"$gt": self._clock.now()}}
        found = self._documents.delete_one(caller.tenant.id, LOGINS, parse_filter(wanted))
        session = None if found is None else self._logins.admit(caller.tenant, found["userId"])
        if session is None:
            raise NotAuthenticated("the one-time token is wrong, used or expired")
        user = session.user
        groups = tuple(sorted(self._memberships.of(caller.tenant, user.id)))
        return Login(user, groups, session.token, session.expires_at, user.last_login_at)

    def purge(self, tenant: Tenant) -> int:
        """Forgets logins and tokens that were never used; returns how many."""
        expired = parse_filter({"expiresAt": {"$lte": self._clock.now()}})
        return self._documents.delete_many(tenant.id, LOGINS, expired)

    # --- links ---

    def links(self, caller: Caller, user_id: str) -> list[Link]:
        """The outside accounts of oneself, or with the master key of anybody.

        Raises: SessionRequired, AccessDenied, UserNotFound. Spec: nec-rest, 5.12.
        """
        self._require_own(caller, user_id)
        return self._links.of_user(caller.tenant.id, user_id)

    def unlink(self, caller: Caller, user_id: str, link: str) -> None:
        """Unlinks an outside account, but not the one that the user was made for.

        Raises: SessionRequired, AccessDenied, UserNotFound, AccountLinkNotFound. Spec: nec-rest, 5.13.
        """
        self._require_own(caller, user_id)
        self._links.remove(caller.tenant.id, user_id, link)

    def release(self, caller: Caller, user_id: str) -> None:
        """Unlinks all outside accounts of a user, who can then be changed and deleted as any other.

        Raises: AccessDenied without the master key, UserNotFound.
        """
        require(caller.is_master, "release users")
        self._links.release(caller.tenant.id, user_id)

    # --- inside ---

    def _require_used(self, tenant: Tenant) -> None:
        if not tenant.enabled:
            raise AccessDenied("the tenant is disabled")
        if not self._providers.in_use(tenant.id):
            raise AccessDenied(NOT_USED)

    def _require_own(self, caller: Caller, user_id: str) -> None:
        if caller.user is None and not caller.is_master:
            raise SessionRequired("links are shown to the user who is signed in")
        self._require_used(caller.tenant)
        if not caller.is_master and caller.user != user_id:
            raise AccessDenied("users see and remove only their own links")

    def _signed_in(self, tenant: Tenant, session_token: str) -> SessionToken:
        token = parse_token(session_token)
        if token is None or not self._is_signed_in(tenant, token.user_id, token.session_id):
            raise InvalidSession("the session token is unknown or has expired")
        return token

    def _is_signed_in(self, tenant: Tenant, user_id: str, session_id: str) -> bool:
        user = self._documents.find_one(tenant.id, ACCOUNTS, parse_filter({"_id": user_id}))
        return user is not None and has_session(user, session_id, self._clock.now())

    def _take_login(self, tenant: Tenant, landing: Landing) -> Document:
        """The login that this browser began, which is no longer under way."""
        state, kept = landing.state or "", landing.kept_state or ""
        begun = None
        if tenant.enabled and state and hmac.compare_digest(state.encode(), kept.encode()):
            wanted = {"_id": ids.hash_secret(state), "kind": "login", "expiresAt": {"$gt": self._clock.now()}}
            begun = self._documents.delete_one(tenant.id, LOGINS, parse_filter(wanted))
        if begun is None:
            raise InvalidInput("this login was not begun in this browser, or too long ago: begin again")
        return begun

    def _identify(self, tenant: Tenant, begun: Document, landing: Landing) -> str:
        """The id of the user who has logged in at the provider. Raises: _Refused, CoreError."""
        provider = self._providers.get(tenant.id, begun["op"])
        if provider is None:
            raise _Refused("authentication_failed")
        metadata = self._client.metadata(provider.issuer)
        _require_asked(metadata, landing)
        if landing.error or not landing.code:
            raise _Refused("access_denied" if landing.error == "access_denied" else "authentication_failed")
        if begun["userId"] and not self._is_signed_in(tenant, begun["userId"], begun["sessionId"]):
            raise _Refused("authentication_failed")
        claims = self._claims(tenant, provider, metadata, begun, landing.code)
        text = _claims_text(claims)
        account = link_id(metadata.issuer, claims["sub"])
        known = self._links.user_of(tenant.id, account)
        user_id = begun["userId"] or known
        made = None
        if user_id is None:
            if not begun["createsUser"]:
                raise _Refused("user_not_found")
            user_id = made = self._links.make_user(tenant.id, account)
        link = Link(account, user_id, metadata.issuer, claims["sub"], provider.name)
        if self._links.add(tenant.id, link, text):
            return str(user_id)
        if made is None:
            raise _Refused("linked_to_another_user")
        # Somebody was logged in twice at once for the first time: the other one's user is theirs.
        self._links.discard_user(tenant.id, made)
        return self._links.user_of(tenant.id, account) or made

    def _claims(
        self, tenant: Tenant, provider: Provider, metadata: ProviderMetadata, begun: Document, code: str
    ) -> dict[str, Any]:
        """All that the provider tells of the user: in the ID token, and when asked. Spec: oidc-core, 5.3."""
        secret = self._providers.client_secret(tenant.id, provider)
        grant = CodeGrant(provider.client_id, secret, code, begun["verifier"], begun["landing"])
        tokens = self._client.redeem(metadata, grant)
        claims = checked_claims(
            tokens.id_token,
            issuer=metadata.issuer,
            client_id=provider.client_id,
            nonce=begun["nonce"],
            now=self._clock.now(),
        )
        if metadata.userinfo_endpoint is None:
            return claims
        told = self._client.userinfo(metadata.userinfo_endpoint, tokens.access_token)
        if told.get("sub") != claims["sub"]:
            raise NotAuthenticated("the provider tells of another user than the one who has logged in")
        return told | claims

    def _issue_token(self, tenant: Tenant, user_id: str) -> str:
        token = ids.new_secret()
        expires_at = self._clock.now() + TOKEN_LASTS
        entry = {"_id": ids.hash_secret(token), "kind": "token", "userId": user_id, "expiresAt": expires_at}
        self._documents.insert(tenant.id, LOGINS, entry)
        return token


class _Refused(Exception):
    """Why a login ends without a user: a word for the app."""


def _came_to_nothing(redirect: str, why: str, failure: CoreError | None = None) -> Arrival:
    return Arrival(_with_query(redirect, {"error": why}), failure)


def _require_asked(metadata: ProviderMetadata, landing: Landing) -> None:
    """Raises: _Refused for the answer of another provider: this one would get a code not meant for it.

    Spec: rfc9207, 2.4; rfc9700, 4.4.
    """
    is_silent = landing.issuer is None and not metadata.names_itself
    if not is_silent and landing.issuer != metadata.issuer:
        raise _Refused("authentication_failed")


def _claims_text(claims: dict[str, Any]) -> str:
    """The claims as they are kept. Raises: _Refused for too many, and for those that are no text."""
    text = json.dumps(claims, ensure_ascii=False, sort_keys=True)
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise _Refused("authentication_failed") from error
    if size > MAX_CLAIMS_BYTES:
        raise _Refused("claims_too_large")
    return text


def _all_scopes(metadata: ProviderMetadata) -> str:
    known = metadata.scopes or ALL_SCOPES[:3]
    return " ".join(scope for scope in ALL_SCOPES if scope == "openid" or scope in known)


def _challenge(verifier: str) -> str:
    """Spec: rfc7636, 4.2."""
    digest = hashlib.sha256(verifier.encode("ascii")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _with_query(url: str, parameters: dict[str, str]) -> str:
    """The URL, which has no fragment, with more parameters behind those it has; otherwise letter by letter."""
    mark = "" if url.endswith(("?", "&")) else "&" if "?" in url else "?"
    return f"{url}{mark}{urlencode(parameters)}"
