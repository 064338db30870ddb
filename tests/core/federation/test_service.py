from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.errors import (
    AccessDenied,
    CoreError,
    InvalidInput,
    InvalidSession,
    NotAuthenticated,
    RequestConflict,
    TimedOut,
    Unavailable,
)
from chalicelib.core.federation.model import Landing
from chalicelib.core.federation.stored import LINKS, LOGINS, PROVIDERS
from chalicelib.core.tenants.stored import ACCOUNTS
from tests.core.federation.conftest import ISSUER, LANDING, REDIRECT, Openid
from tests.core.site import FixedClock, Site


def users(site: Site) -> list[dict[str, Any]]:
    return [record for record in site.stored(ACCOUNTS) if record["kind"] == "user"]


# --- out ---


def test_the_browser_is_sent_with_all_that_protects_the_login(openid: Openid) -> None:
    asked = openid.start()
    assert asked["client_id"] == "our id"
    assert asked["redirect_uri"] == LANDING
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["kept"] == asked["state"]
    again = openid.start()
    for name in ("state", "nonce", "code_challenge"):
        assert len(asked[name]) == 43
        assert asked[name] != again[name]


@pytest.mark.parametrize(
    ("supported", "scope"),
    [
        ((), "openid profile email"),
        (("openid", "email", "phone", "offline_access"), "openid email phone"),
        (("email",), "openid email"),
    ],
)
def test_without_a_scope_all_is_asked_that_the_provider_tells(
    openid: Openid, supported: tuple[str, ...], scope: str
) -> None:
    openid.provider.scopes = supported
    assert openid.start()["scope"] == scope


def test_a_scope_is_asked_as_it_is_given(openid: Openid) -> None:
    assert openid.start(scope="email openid extra")["scope"] == "email openid extra"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"provider": "adfs"}, InvalidInput),
        ({"provider": "@redirects"}, InvalidInput),
        ({"provider": "\ud800"}, InvalidInput),
        ({"redirect": "https://app.example.com/other"}, InvalidInput),
        ({"redirect": "https://app.example.com"}, InvalidInput),
        ({"scope": "email"}, InvalidInput),
        ({"scope": " "}, InvalidInput),
        ({"session_token": "wrong"}, InvalidSession),
        ({"session_token": "a" * 24 + "." + "b" * 43}, InvalidSession),
    ],
)
def test_what_cannot_begin_leaves_nothing(openid: Openid, change: dict[str, Any], error: type[CoreError]) -> None:
    with pytest.raises(error):
        openid.start(**change)
    assert openid.site.stored(LOGINS) == []


def test_a_login_page_without_tls_is_not_gone_to(openid: Openid) -> None:
    openid.provider.login_page = "http://op.example.com/login"
    with pytest.raises(Unavailable):
        openid.start()


def test_a_tenant_without_providers_sends_nobody(site: Site, openid: Openid) -> None:
    site.core.openid_providers.remove(site.tenant_id, "google")
    with pytest.raises(AccessDenied):
        openid.start()


def test_a_disabled_tenant_sends_nobody(site: Site, openid: Openid) -> None:
    site.core.tenants.set_enabled(site.tenant_id, False)
    with pytest.raises(AccessDenied):
        openid.start()


# --- back ---


def test_the_code_is_exchanged_with_what_only_we_know(openid: Openid) -> None:
    asked = openid.start(creates_user=True)
    openid.finish(asked, code="this code")
    (grant,) = openid.provider.grants
    digest = hashlib.sha256(grant.verifier.encode()).digest()
    assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == asked["code_challenge"]
    assert (grant.client_id, grant.client_secret, grant.code, grant.landing) == (
        "our id",
        "our secret",
        "this code",
        LANDING,
    )


@pytest.mark.parametrize("change", [{"kept_state": None}, {"kept_state": "x" * 43}, {"state": None}, {"state": "い"}])
def test_another_browser_cannot_finish_a_login(openid: Openid, change: dict[str, Any]) -> None:
    asked = openid.start(creates_user=True)
    with pytest.raises(InvalidInput):
        openid.finish(asked, **change)
    assert openid.provider.grants == []
    assert "token" in openid.finish(asked)


def test_a_login_is_finished_once(openid: Openid) -> None:
    asked = openid.start(creates_user=True)
    openid.finish(asked)
    with pytest.raises(InvalidInput):
        openid.finish(asked)


def test_a_login_waits_ten_minutes(openid: Openid, clock: FixedClock) -> None:
    late, later = openid.start(creates_user=True), openid.start(creates_user=True)
    nonce = openid.provider.nonce
    clock.advance(minutes=9, seconds=59)
    openid.provider.nonce = late["nonce"]
    openid.finish(late)
    clock.advance(seconds=1)
    openid.provider.nonce = nonce
    with pytest.raises(InvalidInput):
        openid.finish(later)


def test_a_login_is_not_finished_in_another_tenant(site: Site, openid: Openid) -> None:
    asked = openid.start(creates_user=True)
    other = site.core.tenants.create("other")
    with pytest.raises(InvalidInput):
        Openid(replace(site, tenant_id=other.id), openid.provider).finish(asked)


@pytest.mark.parametrize(
    ("landing", "error"),
    [
        ({"error": "access_denied"}, "access_denied"),
        ({"error": "login_required"}, "authentication_failed"),
        ({"error": "access_denied", "code": None}, "access_denied"),
        ({"code": None}, "authentication_failed"),
    ],
)
def test_the_app_learns_that_nobody_logged_in(openid: Openid, landing: dict[str, Any], error: str) -> None:
    assert openid.finish(openid.start(creates_user=True), **landing) == {"error": error}
    assert openid.provider.grants == []


@pytest.mark.parametrize(
    ("failure", "error"),
    [
        (NotAuthenticated("no"), "authentication_failed"),
        (Unavailable("gone"), "temporarily_unavailable"),
        (TimedOut("slow"), "temporarily_unavailable"),
        (RequestConflict(), "server_error"),
    ],
)
def test_the_app_learns_that_the_provider_failed(openid: Openid, failure: CoreError, error: str) -> None:
    openid.provider.fails = failure
    assert openid.come(creates_user=True) == {"error": error}
    assert users(openid.site) == []


@pytest.mark.parametrize("claims", [{"nonce": "another"}, {"aud": "another"}, {"sub": ""}])
def test_a_token_for_another_login_is_no_login(openid: Openid, claims: dict[str, Any]) -> None:
    openid.provider.claims |= claims
    assert openid.come(creates_user=True) == {"error": "authentication_failed"}


def test_a_provider_that_tells_of_somebody_else_is_not_believed(openid: Openid) -> None:
    openid.provider.told = {"sub": "outside-2"}
    assert openid.come(creates_user=True) == {"error": "authentication_failed"}


def test_a_provider_that_was_removed_meanwhile_is_not_believed(site: Site, openid: Openid) -> None:
    asked = openid.start(creates_user=True)
    site.core.openid_providers.remove(site.tenant_id, "google")
    assert openid.finish(asked) == {"error": "authentication_failed"}


@pytest.mark.parametrize(
    ("said", "issuer", "told"),
    [
        (False, None, "token"),
        (False, ISSUER, "token"),
        (False, "https://other.example.com", "error"),
        (True, ISSUER, "token"),
        (True, None, "error"),
        (True, f"{ISSUER}/", "error"),
    ],
)
def test_an_answer_says_whose_it_is_where_the_provider_promised(
    openid: Openid, said: bool, issuer: str | None, told: str
) -> None:
    openid.provider.names_itself = said
    assert list(openid.finish(openid.start(creates_user=True), issuer=issuer)) == [told]
    assert len(openid.provider.grants) == (told == "token")


@pytest.mark.parametrize("claims", [{"name": "\ud800"}, {"sub": "\udfff"}, {"exp": 10**400}, {"iat": -(10**400)}])
def test_claims_that_cannot_be_stored_are_no_login(openid: Openid, claims: dict[str, Any]) -> None:
    openid.provider.told = None
    openid.provider.claims |= claims
    assert openid.come(creates_user=True) == {"error": "authentication_failed"}


@pytest.mark.parametrize(
    ("redirect", "before"),
    [
        ("myapp://", "myapp://?"),
        ("myapp:///back", "myapp:///back?"),
        ("https://app.example.com", "https://app.example.com?"),
        ("https://app.example.com/?", "https://app.example.com/?"),
        ("https://app.example.com/?a=%20b", "https://app.example.com/?a=%20b&"),
    ],
)
def test_the_redirect_stays_as_it_is_registered(openid: Openid, redirect: str, before: str) -> None:
    openid.site.core.openid_providers.set_redirects(openid.site.tenant_id, [redirect])
    asked = openid.start(redirect=redirect, creates_user=True)
    landing = Landing(asked["state"], asked["kept"], "the code")
    assert openid.site.core.federation.finish(openid.site.tenant, landing).url.startswith(f"{before}token=")


def test_more_claims_than_a_user_can_hold_are_refused(openid: Openid) -> None:
    openid.provider.claims["long"] = "x" * 100_000
    assert openid.come(creates_user=True) == {"error": "claims_too_large"}


# --- one-time tokens ---


def test_a_token_is_good_once(site: Site, openid: Openid) -> None:
    token = openid.token(creates_user=True)
    login = site.core.federation.log_in(site.guest, token)
    assert login is not None
    assert site.open(login.token).user == login.user.id
    with pytest.raises(NotAuthenticated):
        site.core.federation.log_in(site.guest, token)


def test_a_token_is_good_for_five_minutes(site: Site, openid: Openid, clock: FixedClock) -> None:
    token = openid.token(creates_user=True)
    clock.advance(minutes=5)
    with pytest.raises(NotAuthenticated):
        site.core.federation.log_in(site.guest, token)


@pytest.mark.parametrize("token", ["", "x", "\ud800", "a" * 100_000])
def test_other_texts_are_no_tokens(site: Site, openid: Openid, token: str) -> None:
    with pytest.raises(NotAuthenticated):
        site.core.federation.log_in(site.guest, token)


def test_the_state_of_a_login_is_no_token(site: Site, openid: Openid) -> None:
    asked = openid.start(creates_user=True)
    with pytest.raises(NotAuthenticated):
        site.core.federation.log_in(site.guest, asked["state"])


def test_a_disabled_user_is_not_let_in_by_a_token(site: Site, openid: Openid) -> None:
    user = openid.log_in(creates_user=True).user
    token = openid.token()
    site.core.accounts.set_enabled(site.master, user.id, False)
    with pytest.raises(NotAuthenticated):
        site.core.federation.log_in(site.guest, token)


def test_tokens_mean_nothing_to_a_tenant_without_providers(site: Site) -> None:
    assert site.core.federation.log_in(site.guest, "any") is None


def test_what_came_to_nothing_is_purged(site: Site, openid: Openid, clock: FixedClock) -> None:
    openid.start()
    openid.token(creates_user=True)
    clock.advance(minutes=5)
    assert site.core.purge.run() == 1
    clock.advance(minutes=5)
    assert site.core.purge.run() == 1
    assert site.stored(LOGINS) == []


def test_no_secret_is_stored_as_it_is(site: Site, openid: Openid) -> None:
    asked = openid.start(creates_user=True)
    token = openid.token(creates_user=True)
    stored = repr([site.stored(name) for name in (PROVIDERS, LINKS, LOGINS)])
    for secret in ("our secret", asked["state"], token):
        assert secret not in stored
    assert REDIRECT in stored
