from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.accounts.model import ClientCertificate, GroupContents, SignUp, UserChange
from chalicelib.core.accounts.stored import RATE
from chalicelib.core.accounts.tokens import new_token
from chalicelib.core.errors import (
    AccessDenied,
    InvalidSession,
    NotAuthenticated,
    RateLimited,
    TenantNotFound,
    WrongAppKey,
)
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.update import parse_update
from chalicelib.core.tenants.model import ClientCertificatePolicy, TenantSettings
from chalicelib.core.tenants.stored import ACCOUNTS, TENANT_RECORD
from tests.core.site import PASSWORD, FixedClock, Site


def test_an_app_key_opens_a_request_of_nobody(site: Site) -> None:
    caller = site.guest
    assert (caller.tenant.id, caller.user, caller.is_master, caller.session) == (site.tenant_id, None, False, None)
    assert caller.app == site.app.app


def test_the_master_key_opens_a_request_that_may_do_everything(site: Site) -> None:
    assert site.master.is_master


def test_the_tenants_name_stands_for_its_id(site: Site) -> None:
    caller = site.core.authentication.open("acme", site.app.app.id, site.app.key, None)
    assert caller.tenant.id == site.tenant_id


@pytest.mark.parametrize("reference", ["", "nobody", "0" * 24, "_system", "a/b", "\ud800", "@tenant"])
def test_an_unknown_tenant_is_not_found_whatever_the_key(site: Site, reference: str) -> None:
    with pytest.raises(TenantNotFound):
        site.core.authentication.open(reference, site.app.app.id, site.app.key, None)
    with pytest.raises(TenantNotFound):
        site.core.authentication.tenant(reference)


def test_a_tenant_is_shown_without_an_app_key(site: Site) -> None:
    assert site.core.authentication.tenant("acme") == site.tenant


def test_a_wrong_or_missing_app_key_opens_nothing(site: Site) -> None:
    app_id, key = site.app.app.id, site.app.key
    wrong = [(None, None), ("", ""), (app_id, None), (app_id, ""), (None, key), ("x", key), (app_id, key + "x")]
    wrong += [(app_id, "\ud800"), (app_id, "鍵"), (app_id, site.app.app.key_hash), ("0" * 24, "")]
    for given_id, given_key in wrong:
        with pytest.raises(WrongAppKey):
            site.core.authentication.open(site.tenant_id, given_id, given_key, None)


def test_an_app_of_another_tenant_opens_nothing(site: Site) -> None:
    other = site.core.tenants.create("other")
    app = site.core.tenants.create_app(other.id, "app")
    with pytest.raises(WrongAppKey):
        site.core.authentication.open(site.tenant_id, app.app.id, app.key, None)


def test_a_session_of_another_tenant_opens_nothing(site: Site) -> None:
    site.sign_up("ann")
    token = site.log_in().token
    other = site.core.tenants.create("other")
    app = site.core.tenants.create_app(other.id, "app")
    with pytest.raises(InvalidSession):
        site.core.authentication.open(other.id, app.app.id, app.key, token)


def test_a_session_counts_in_every_app_of_the_tenant(site: Site) -> None:
    token = (site.sign_up("ann"), site.log_in())[1].token
    second = site.core.tenants.create_app(site.tenant_id, "second")
    caller = site.core.authentication.open(site.tenant_id, second.app.id, second.key, token)
    assert caller.user == site.open(token).user


def test_an_app_switched_off_opens_nothing(site: Site) -> None:
    off = parse_update({"$set": {"apps.$[].enabled": False}})
    site.documents.update_one(site.tenant_id, ACCOUNTS, parse_filter({"_id": TENANT_RECORD}), off)
    with pytest.raises(WrongAppKey):
        site.open()


def test_a_disabled_tenant_admits_nobody_and_tells_only_who_has_a_key(site: Site) -> None:
    site.core.tenants.set_enabled(site.tenant_id, False)
    with pytest.raises(AccessDenied):
        site.open()
    with pytest.raises(WrongAppKey):
        site.core.authentication.open(site.tenant_id, site.app.app.id, "wrong", None)


def test_a_disabled_tenant_has_no_pages(site: Site) -> None:
    site.core.tenants.set_enabled(site.tenant_id, False)
    with pytest.raises(AccessDenied):
        site.core.authentication.open_page(site.tenant_id)


@pytest.mark.parametrize("make", [lambda user: "", lambda user: "x", new_token, lambda user: new_token("0" * 24)])
def test_an_unknown_session_token_is_refused(site: Site, make: Callable[[str], str]) -> None:
    user = site.sign_up("ann")
    site.log_in()
    with pytest.raises(InvalidSession):
        site.open(make(user.id))


def test_a_wrong_app_key_is_told_before_a_wrong_session(site: Site) -> None:
    with pytest.raises(WrongAppKey):
        site.core.authentication.open(site.tenant_id, site.app.app.id, "wrong", "wrong")


def test_a_token_is_good_for_its_own_user_only(site: Site) -> None:
    bob = site.sign_up("bob")
    site.sign_up("ann")
    token = site.log_in("ann").token
    with pytest.raises(InvalidSession):
        site.open(f"{bob.id}.{token.split('.')[1]}")


def test_changing_the_password_ends_all_sessions(site: Site) -> None:
    user = site.sign_up("ann")
    tokens = [site.log_in().token, site.log_in().token]
    site.core.accounts.update(site.open(tokens[0]), user.id, UserChange(password="another horse"))
    for token in tokens:
        with pytest.raises(InvalidSession):
            site.open(token)
    assert site.open(site.log_in(password="another horse").token).user == user.id


def test_disabling_a_user_ends_all_sessions_for_good(site: Site) -> None:
    user = site.sign_up("ann")
    token = site.log_in().token
    site.core.accounts.set_enabled(site.master, user.id, False)
    site.core.accounts.set_enabled(site.master, user.id, True)
    with pytest.raises(InvalidSession):
        site.open(token)


def test_deleting_a_user_ends_all_sessions(site: Site) -> None:
    user = site.sign_up("ann")
    token = site.log_in().token
    site.core.accounts.delete(site.open(token), user.id)
    with pytest.raises(InvalidSession):
        site.open(token)


def test_a_session_may_come_with_the_master_key(site: Site) -> None:
    user = site.sign_up("ann")
    token = site.log_in().token
    caller = site.core.authentication.open(site.tenant_id, site.app.app.id, site.app.master_key, token)
    assert (caller.user, caller.is_master) == (user.id, True)


def test_opening_takes_one_round_trip_when_warm_with_and_without_a_session(site: Site) -> None:
    user = site.sign_up("ann")
    site.core.groups.create(site.master, "staff", GroupContents(users=[user.id]))
    token = site.log_in().token
    for given in (None, token):
        site.open(given)
        site.documents.calls.clear()
        site.open(given)
        assert site.documents.calls == ["find"]


def test_a_caller_has_the_groups_of_its_user_and_a_guest_those_of_everybody(site: Site) -> None:
    site.core.groups.create(site.master, "all", GroupContents(groups=["anonymous"]))
    user = site.sign_up("ann")
    site.core.groups.create(site.master, "staff", GroupContents(users=[user.id]))
    assert site.guest.groups == {"all"}
    assert site.user("ann").groups == {"all", "staff"}
    assert site.guest.principals == {"g:all", "g:anonymous"}


# --- rate limit ---


def limit(site: Site, per_minute: int) -> None:
    site.core.tenants.change_settings(site.tenant_id, lambda _: TenantSettings(rate_limit_per_minute=per_minute))


def test_requests_are_limited_per_minute_and_the_error_says_until_when(site: Site, clock: FixedClock) -> None:
    limit(site, 2)
    clock.advance(seconds=42)
    site.open()
    site.open()
    with pytest.raises(RateLimited) as refused:
        site.open()
    assert (refused.value.limit, refused.value.retry_after_seconds) == (2, 18)
    clock.advance(seconds=18)
    site.open()


def test_browsers_have_a_limit_of_their_own_as_anybody_may_come(site: Site, clock: FixedClock) -> None:
    limit(site, 2)
    for _ in range(2):
        assert site.core.authentication.open_page(site.tenant_id).id == site.tenant_id
    with pytest.raises(RateLimited):
        site.core.authentication.open_page(site.tenant_id)
    site.open()
    site.open()
    clock.advance(minutes=1)
    site.core.authentication.open_page(site.tenant_id)
    site.open()
    assert len(site.stored("_rate")) == 2


def test_browsers_are_not_let_into_a_disabled_tenant(site: Site) -> None:
    site.core.tenants.set_enabled(site.tenant_id, False)
    with pytest.raises(AccessDenied):
        site.core.authentication.open_page(site.tenant_id)


def test_a_failed_app_authentication_is_not_counted(site: Site) -> None:
    limit(site, 1)
    for _ in range(3):
        with pytest.raises(WrongAppKey):
            site.core.authentication.open(site.tenant_id, site.app.app.id, "wrong", None)
    site.open()


def test_counts_of_past_minutes_do_not_pile_up(site: Site, clock: FixedClock) -> None:
    limit(site, 5)
    for _ in range(3):
        site.open()
        site.open()
        clock.advance(minutes=1)
    assert [(count["_id"], count["requests"]) for count in site.stored(RATE)] == [("2026-11-21T12:02", 2)]


def test_the_first_request_of_a_minute_clears_away_the_last_minute_and_the_others_do_not(site: Site) -> None:
    limit(site, 5)
    sweeps = []
    for _ in range(3):
        site.documents.calls.clear()
        site.open()
        sweeps.append(site.documents.calls.count("delete_many"))
    assert sweeps == [1, 0, 0]


# --- client certificates ---


def admit_certificates(site: Site, **policy: Any) -> None:
    made = ClientCertificatePolicy(enabled=True, **policy)
    site.core.tenants.change_settings(site.tenant_id, lambda settings: replace(settings, client_certificate=made))


def open_with(site: Site, certificate: ClientCertificate) -> Any:
    return site.core.authentication.open_with_certificate(site.tenant_id, site.app.app.id, site.app.key, certificate)


def device(site: Site, username: str) -> str:
    return site.core.accounts.sign_up(site.guest, SignUp(username, uses_client_certificate=True)).id


def test_a_certificate_opens_requests_of_its_user(site: Site) -> None:
    admit_certificates(site)
    user_id = device(site, "device1")
    caller = open_with(site, ClientCertificate(cn="device1"))
    assert (caller.user, caller.session, caller.is_master) == (user_id, None, False)


def test_the_user_name_is_joined_of_the_parts_that_the_tenant_names(site: Site) -> None:
    admit_certificates(site, username_from=("cn", "serial", "uid"), issuer_dns=("CN=Old", "CN=CA"))
    user_id = device(site, "device-7-x")
    certificate = ClientCertificate(serial="7", cn="device", uid="x", issuer_dn="CN=CA")
    assert open_with(site, certificate).user == user_id


def test_a_certificate_that_lacks_a_part_of_the_name_opens_nothing(site: Site) -> None:
    admit_certificates(site, username_from=("cn", "serial"))
    device(site, "device-")
    with pytest.raises(NotAuthenticated):
        open_with(site, ClientCertificate(cn="device"))


@pytest.mark.parametrize(
    "certificate",
    [
        ClientCertificate(cn="device1"),
        ClientCertificate(cn="device1", issuer_dn="CN=Other"),
        ClientCertificate(cn="device2", issuer_dn="CN=CA"),
        ClientCertificate(issuer_dn="CN=CA"),
        ClientCertificate(cn="", issuer_dn="CN=CA"),
        ClientCertificate(cn="\ud800", issuer_dn="CN=CA"),
        ClientCertificate(cn="ann", issuer_dn="CN=CA"),
        ClientCertificate(cn="off", issuer_dn="CN=CA"),
    ],
)
def test_other_certificates_open_nothing(site: Site, certificate: ClientCertificate) -> None:
    admit_certificates(site, issuer_dns=("CN=CA",))
    device(site, "device1")
    site.sign_up("ann")
    site.core.accounts.set_enabled(site.master, device(site, "off"), False)
    with pytest.raises(NotAuthenticated):
        open_with(site, certificate)


def test_a_tenant_admits_no_certificates_unless_told_to(site: Site) -> None:
    device(site, "device1")
    with pytest.raises(NotAuthenticated):
        open_with(site, ClientCertificate(cn="device1"))


def test_a_certificate_does_not_replace_the_app_key(site: Site) -> None:
    admit_certificates(site)
    device(site, "device1")
    with pytest.raises(WrongAppKey):
        site.core.authentication.open_with_certificate(
            site.tenant_id, site.app.app.id, PASSWORD, ClientCertificate(cn="device1")
        )
