from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core.accounts import logins
from chalicelib.core.accounts.memberships import Memberships
from chalicelib.core.accounts.model import GroupContents, SignUp, UserChange
from chalicelib.core.accounts.passwords import Passwords, ScryptCost
from chalicelib.core.accounts.users import AccountsService
from chalicelib.core.buckets.directory import BucketDirectory
from chalicelib.core.errors import AccountLocked, InvalidInput, InvalidSession, SessionRequired, WrongPassword
from chalicelib.core.mail.account_mail import AccountMail
from chalicelib.core.tenants.model import LockPolicy, TenantSettings
from chalicelib.engines.embedded.outbox_mail import OutboxMailer
from tests.core.site import PASSWORD, FixedClock, Site


def lock_after(site: Site, failures: int, minutes: int = 10) -> None:
    site.core.tenants.change_settings(site.tenant_id, lambda _: TenantSettings(lock=LockPolicy(failures, minutes)))


def fail(site: Site, times: int) -> None:
    for _ in range(times):
        with pytest.raises(WrongPassword):
            site.log_in(password="wrong horse")


def test_a_login_by_name_or_mail_address_opens_requests(site: Site) -> None:
    user = site.sign_up("ann", email="ann@mail.example")
    by_name = site.core.accounts.log_in(site.guest, PASSWORD, username="ann")
    by_mail = site.core.accounts.log_in(site.guest, PASSWORD, email="ann@mail.example")
    assert by_name.user.id == by_mail.user.id == user.id
    assert site.open(by_name.token).user == site.open(by_mail.token).user == user.id


def test_the_name_alone_decides_when_both_are_given(site: Site) -> None:
    site.sign_up("ann")
    login = site.core.accounts.log_in(site.guest, PASSWORD, username="ann", email="nobody@example.com")
    assert login.user.username == "ann"
    with pytest.raises(WrongPassword):
        site.core.accounts.log_in(site.guest, PASSWORD, username="bob", email="ann@example.com")


def test_a_login_needs_a_name_or_a_mail_address(site: Site) -> None:
    with pytest.raises(InvalidInput):
        site.core.accounts.log_in(site.guest, PASSWORD)


@pytest.mark.parametrize(
    "named",
    [
        {"username": "bob"},
        {"username": ""},
        {"username": "\ud800"},
        {"email": "bob@example.com"},
        {"email": ""},
        {"email": "\ud800"},
    ],
)
def test_an_unknown_user_and_a_wrong_password_are_the_same_error(site: Site, named: dict[str, Any]) -> None:
    site.sign_up("ann")
    with pytest.raises(WrongPassword) as unknown:
        site.core.accounts.log_in(site.guest, PASSWORD, **named)
    with pytest.raises(WrongPassword) as wrong:
        site.log_in(password="wrong horse")
    assert str(unknown.value) == str(wrong.value)
    assert type(unknown.value) is type(wrong.value)


def test_an_unknown_user_and_a_locked_account_cost_the_round_trips_of_a_wrong_password(site: Site) -> None:
    site.sign_up("ann")
    site.sign_up("locked")
    for _ in range(5):
        with pytest.raises(WrongPassword):
            site.log_in("locked", "wrong horse")
    guest = site.guest
    costs = []
    for username in ("ann", "bob", "locked"):
        site.documents.calls.clear()
        with pytest.raises((WrongPassword, AccountLocked)):
            site.core.accounts.log_in(guest, "wrong horse", username=username)
        costs.append([call.removesuffix("_one") for call in site.documents.calls])
    assert costs == [["find", "update"], ["find", "upsert"], ["find", "upsert"]]


def test_every_login_costs_one_password_hash_whatever_it_comes_to(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ann", "locked", "off"):
        site.sign_up(name)
    site.core.accounts.sign_up(site.guest, SignUp("device", uses_client_certificate=True))
    site.core.accounts.set_enabled(site.master, site.sign_up("disabled").id, False)
    for _ in range(5):
        with pytest.raises(WrongPassword):
            site.log_in("locked", "wrong horse")
    hashed: list[bytes] = []
    derive = hashlib.scrypt

    def counted(password: bytes, **cost: Any) -> bytes:
        hashed.append(password)
        return derive(password, **cost)

    monkeypatch.setattr(hashlib, "scrypt", counted)
    for name in ("ann", "nobody", "\ud800", "locked", "device", "disabled"):
        with pytest.raises((WrongPassword, AccountLocked)):
            site.log_in(name, "wrong horse")
    assert len(hashed) == 6


def test_a_login_takes_three_round_trips_with_the_opening(site: Site) -> None:
    site.sign_up("ann")
    site.log_in()
    site.documents.calls.clear()
    site.log_in()
    assert site.documents.calls == ["find", "find_one", "update_one"]


def test_a_user_of_a_client_certificate_cannot_log_in(site: Site) -> None:
    site.core.accounts.sign_up(site.guest, SignUp("device", password=PASSWORD, uses_client_certificate=True))
    with pytest.raises(WrongPassword):
        site.log_in("device")


def test_a_login_tells_the_login_before_and_leaves_the_version_alone(site: Site, clock: FixedClock) -> None:
    user = site.sign_up("ann")
    first = site.log_in()
    assert first.previous_login_at is None
    then = clock.now()
    clock.advance(minutes=5)
    second = site.log_in()
    assert second.previous_login_at == then
    assert (second.user.etag, second.user.updated_at) == (user.etag, user.updated_at)
    stored = site.stored_user("ann")
    assert stored is not None
    assert (stored["etag"], stored["updatedAt"], stored["lastLoginAt"]) == (user.etag, user.updated_at, clock.now())


def test_a_login_names_the_groups_of_the_user(site: Site) -> None:
    user = site.sign_up("ann")
    site.core.groups.create(site.master, "inner", GroupContents(users=[user.id]))
    site.core.groups.create(site.master, "outer", GroupContents(groups=["inner"]))
    assert site.log_in().groups == ("inner", "outer")


def test_sessions_last_as_long_as_the_tenant_says(site: Site, clock: FixedClock) -> None:
    site.sign_up("ann")
    site.core.tenants.change_settings(site.tenant_id, lambda _: TenantSettings(session_hours=2))
    login = site.log_in()
    assert login.expires_at == clock.now() + timedelta(hours=2)
    clock.advance(hours=2, seconds=-1)
    assert site.open(login.token).user == login.user.id
    clock.advance(seconds=1)
    with pytest.raises(InvalidSession):
        site.open(login.token)


def test_several_sessions_are_good_at_once_and_end_one_by_one(site: Site) -> None:
    site.sign_up("ann")
    first, second = site.log_in(), site.log_in()
    assert first.token != second.token
    assert site.core.accounts.log_out(site.open(first.token)) == first.user.id
    with pytest.raises(InvalidSession):
        site.open(first.token)
    assert site.open(second.token).user == first.user.id


def test_one_session_too_many_ends_the_oldest(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logins, "MAX_SESSIONS", 2)
    site.sign_up("ann")
    first, second, third = site.log_in(), site.log_in(), site.log_in()
    with pytest.raises(InvalidSession):
        site.open(first.token)
    assert site.open(second.token).user == site.open(third.token).user


def test_logging_out_needs_a_session(site: Site) -> None:
    with pytest.raises(SessionRequired):
        site.core.accounts.log_out(site.guest)


def test_who_came_with_a_certificate_has_no_session_to_log_out_of(site: Site) -> None:
    user = site.sign_up("ann")
    with pytest.raises(SessionRequired):
        site.core.accounts.log_out(replace(site.guest, user=user.id))


def test_logging_out_twice_at_once_ends_the_session_once(site: Site) -> None:
    site.sign_up("ann")
    caller = site.open(site.log_in().token)
    site.core.accounts.log_out(caller)
    with pytest.raises(InvalidSession):
        site.core.accounts.log_out(caller)


def test_only_a_hash_of_the_token_is_stored(site: Site) -> None:
    site.sign_up("ann")
    token = site.log_in().token
    stored = repr(site.stored_user("ann"))
    assert token not in stored
    assert token.split(".")[1] not in stored
    assert token not in repr(site.log_in())


def test_too_many_wrong_passwords_lock_the_account_even_for_the_right_one(site: Site, clock: FixedClock) -> None:
    site.sign_up("ann")
    lock_after(site, failures=3, minutes=10)
    fail(site, 3)
    for password in (PASSWORD, "wrong horse"):
        with pytest.raises(AccountLocked):
            site.log_in(password=password)
    clock.advance(minutes=10)
    assert site.log_in().user.username == "ann"


def test_a_success_starts_the_count_of_failures_again(site: Site) -> None:
    site.sign_up("ann")
    lock_after(site, failures=3)
    fail(site, 2)
    site.log_in()
    fail(site, 2)
    site.log_in()


def test_after_a_lock_the_count_starts_again(site: Site, clock: FixedClock) -> None:
    site.sign_up("ann")
    lock_after(site, failures=2, minutes=1)
    fail(site, 2)
    clock.advance(minutes=1)
    fail(site, 1)
    site.log_in()


def test_without_a_lock_policy_no_account_locks(site: Site) -> None:
    site.sign_up("ann")
    lock_after(site, failures=0)
    fail(site, 20)
    site.log_in()


def test_an_account_deleted_during_a_wrong_login_stays_unknown(site: Site) -> None:
    user = site.sign_up("ann")
    caller = site.guest
    site.documents.before("update_one", lambda: site.core.accounts.delete(site.master, user.id))
    with pytest.raises(WrongPassword):
        site.core.accounts.log_in(caller, "wrong horse", username="ann")


def test_a_password_changed_during_a_login_gives_the_old_one_no_session(site: Site) -> None:
    user = site.sign_up("ann")
    caller = site.guest
    change = UserChange(password="another horse")
    site.documents.before("update_one", lambda: site.core.accounts.update(site.master, user.id, change))
    with pytest.raises(WrongPassword):
        site.core.accounts.log_in(caller, PASSWORD, username="ann")
    stored = site.stored_user("ann")
    assert stored is not None
    assert stored["sessions"] == []


def test_a_user_disabled_during_a_login_gets_no_session(site: Site) -> None:
    user = site.sign_up("ann")
    caller = site.guest
    site.documents.before("update_one", lambda: site.core.accounts.set_enabled(site.master, user.id, False))
    with pytest.raises(WrongPassword):
        site.core.accounts.log_in(caller, PASSWORD, username="ann")
    site.core.accounts.set_enabled(site.master, user.id, True)
    stored = site.stored_user("ann")
    assert stored is not None
    assert stored["sessions"] == []


def test_a_success_between_the_last_failure_and_the_lock_prevents_the_lock(site: Site) -> None:
    site.sign_up("ann")
    lock_after(site, failures=1)
    caller = site.guest
    site.documents.before("update_one", lambda: None, site.log_in)
    with pytest.raises(WrongPassword):
        site.core.accounts.log_in(caller, "wrong horse", username="ann")
    site.log_in()


def test_the_right_one_of_many_guesses_gets_no_session_once_the_others_have_locked_the_account(site: Site) -> None:
    site.sign_up("ann")
    lock_after(site, failures=2)
    caller = site.guest
    site.documents.before("update_one", lambda: fail(site, 2))
    with pytest.raises(WrongPassword):
        site.core.accounts.log_in(caller, PASSWORD, username="ann")
    with pytest.raises(AccountLocked):
        site.log_in()


def test_a_login_renews_a_hash_of_another_cost(site: Site, clock: FixedClock) -> None:
    site.sign_up("ann")
    documents: Any = site.core.documents
    dearer = AccountsService(
        documents,
        clock,
        BucketDirectory(documents),
        Memberships(documents),
        site.core.tenants,
        AccountMail(OutboxMailer(Path("outbox"), ""), "", {}),
        Passwords(ScryptCost(n=4, r=1, p=1)),
    )
    dearer.log_in(site.guest, PASSWORD, username="ann")
    stored = site.stored_user("ann")
    assert stored is not None
    assert stored["password"].startswith("scrypt$4$1$1$")
    assert dearer.log_in(site.guest, PASSWORD, username="ann").user.username == "ann"


def test_expired_sessions_are_forgotten_and_others_kept(site: Site, clock: FixedClock) -> None:
    site.sign_up("ann")
    site.sign_up("bob")
    site.log_in("ann")
    clock.advance(hours=23)
    kept = site.log_in("ann")
    site.log_in("bob")
    clock.advance(hours=1)
    assert site.core.accounts.purge_expired_sessions(site.tenant) == 1
    stored = site.stored_user("ann")
    assert stored is not None
    assert len(stored["sessions"]) == 1
    assert site.open(kept.token).user == kept.user.id
    assert site.core.accounts.purge_expired_sessions(site.tenant) == 0
