from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.access.acl import Acl
from chalicelib.core.accounts import users as module
from chalicelib.core.accounts.model import GroupContents, SignUp, UserChange
from chalicelib.core.accounts.users import MAX_OPTIONS_BYTES
from chalicelib.core.buckets.model import USERS
from chalicelib.core.errors import (
    AccessDenied,
    DocumentTooLarge,
    DuplicateId,
    DuplicateKey,
    DuplicateUser,
    InvalidDocument,
    InvalidEmail,
    InvalidId,
    InvalidName,
    InvalidPassword,
    InvalidSession,
    RequestConflict,
    SessionRequired,
    UserNotFound,
    VersionMismatch,
    WrongPassword,
)
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.stored_form import bson_size
from chalicelib.core.query.update import parse_update
from chalicelib.core.tenants.model import PasswordPolicy, TenantSettings
from chalicelib.core.tenants.stored import ACCOUNTS
from tests.core.site import PASSWORD, FixedClock, Site

# --- sign up ---


def test_anybody_may_sign_up_and_is_not_signed_in(site: Site, clock: FixedClock) -> None:
    new = SignUp("ann", "ann@example.com", PASSWORD, {"displayName": "日電 太郎"})
    user = site.core.accounts.sign_up(site.guest, new)
    assert (user.username, user.email, user.options) == ("ann", "ann@example.com", {"displayName": "日電 太郎"})
    assert user.created_at == user.updated_at == clock.now()
    assert user.last_login_at is None
    assert user.enabled
    assert (user.is_federated, user.uses_client_certificate, user.primary_link) == (False, False, None)
    stored = site.stored_user("ann")
    assert stored is not None
    assert stored["sessions"] == []


def test_the_password_is_kept_as_a_hash_and_shown_by_no_value(site: Site) -> None:
    site.sign_up("ann", options={"a": 1})
    view = site.core.accounts.get(site.master, str(site.user("ann").user))
    assert PASSWORD not in repr(site.stored_user("ann"))
    assert "scrypt" not in repr(view)
    assert PASSWORD not in repr(SignUp(password=PASSWORD)) + repr(UserChange(password=PASSWORD))


def test_signing_up_needs_the_create_right_for_users(site: Site) -> None:
    site.allow(USERS, Acl(c=("g:authenticated",)))
    with pytest.raises(AccessDenied):
        site.core.accounts.sign_up(site.guest, SignUp("", "", ""))
    site.sign_up("ann")
    assert site.core.accounts.sign_up(site.user("ann"), SignUp("bob", "b@c.d", PASSWORD)).username == "bob"


def test_a_user_without_a_name_gets_one(site: Site) -> None:
    user = site.core.accounts.sign_up(site.guest, SignUp(None, "a@b.c", PASSWORD))
    assert len(user.username) == 8
    assert site.log_in(user.username).user.id == user.id


def test_a_made_up_name_that_is_taken_is_made_up_again(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    site.sign_up("taken")
    names = iter(["taken", "taken", "free"])
    monkeypatch.setattr(module, "random_username", lambda: next(names))
    assert site.core.accounts.sign_up(site.guest, SignUp(None, "a@b.c", PASSWORD)).username == "free"
    monkeypatch.setattr(module, "random_username", lambda: "taken")
    with pytest.raises(DuplicateUser):
        site.core.accounts.sign_up(site.guest, SignUp(None, "d@e.f", PASSWORD))


def test_a_name_and_a_mail_address_are_taken_once(site: Site) -> None:
    site.sign_up("ann", email="ann@example.com")
    for new in (
        SignUp("ann", "other@example.com", PASSWORD),
        SignUp("other", "ann@example.com", PASSWORD),
        SignUp(None, "ann@example.com", PASSWORD),
    ):
        with pytest.raises(DuplicateUser):
            site.core.accounts.sign_up(site.guest, new)


def test_another_tenant_may_have_a_user_of_the_same_name(site: Site) -> None:
    site.sign_up("ann")
    other = site.core.tenants.create("other")
    app = site.core.tenants.create_app(other.id, "app")
    caller = site.core.authentication.open(other.id, app.app.id, app.key, None)
    site.core.accounts.sign_up(caller, SignUp("ann", "ann@example.com", PASSWORD))
    master = site.core.authentication.open(other.id, app.app.id, app.master_key, None)
    ann = str(site.user("ann").user)
    with pytest.raises(UserNotFound):
        site.core.accounts.get(master, ann)


@pytest.mark.parametrize(
    ("wrong", "error"),
    [
        ({"username": ""}, InvalidName),
        ({"username": "あ"}, InvalidName),
        ({"email": None}, InvalidEmail),
        ({"email": ""}, InvalidEmail),
        ({"password": None}, InvalidPassword),
        ({"password": "short"}, InvalidPassword),
        ({"password": ""}, InvalidPassword),
        ({"options": {"$a": 1}}, InvalidDocument),
        ({"options": {"a": "\ud800"}}, InvalidDocument),
        ({"options": {"a": "x" * MAX_OPTIONS_BYTES}}, DocumentTooLarge),
        ({"id": "a b"}, InvalidId),
        ({"username": None, "uses_client_certificate": True}, InvalidName),
    ],
)
def test_wrong_sign_ups_are_refused(site: Site, wrong: dict[str, Any], error: type[Exception]) -> None:
    given: dict[str, Any] = {"username": "ann", "email": "a@b.c", "password": PASSWORD} | wrong
    with pytest.raises(error):
        site.core.accounts.sign_up(site.guest, SignUp(**given))


def test_options_may_be_as_large_as_the_limit(site: Site) -> None:
    options = {"a": "x" * (MAX_OPTIONS_BYTES - bson_size({"a": ""}))}
    assert site.sign_up("ann", options=options).options == options
    with pytest.raises(DocumentTooLarge):
        site.sign_up("bob", options={"a": options["a"] + "x"})


def test_a_user_of_a_client_certificate_needs_neither_mail_address_nor_password(site: Site) -> None:
    first = site.core.accounts.sign_up(site.guest, SignUp("one", uses_client_certificate=True))
    second = site.core.accounts.sign_up(site.guest, SignUp("two", uses_client_certificate=True))
    assert first.uses_client_certificate
    assert (first.email, second.email) == (None, None)


def test_an_api_may_do_without_mail_addresses(site: Site) -> None:
    for name in ("ann", "bob"):
        user = site.core.accounts.sign_up(site.guest, SignUp(name, password=PASSWORD, needs_email=False))
        assert user.email is None


def test_a_dialect_may_choose_the_id_once(site: Site) -> None:
    new = SignUp("ann", "a@b.c", PASSWORD, id="epaKcaYZqsREdSMY")
    assert site.core.accounts.sign_up(site.guest, new).id == "epaKcaYZqsREdSMY"
    with pytest.raises(DuplicateId):
        site.core.accounts.sign_up(site.guest, SignUp("bob", "b@b.c", PASSWORD, id="epaKcaYZqsREdSMY"))


def test_the_tenants_password_policy_counts(site: Site) -> None:
    site.core.tenants.change_settings(site.tenant_id, lambda _: TenantSettings(password=PasswordPolicy(min_length=4)))
    site.sign_up("ann", password="pass")


# --- reading ---


def test_reading_users_needs_the_read_right_for_users_also_for_oneself(site: Site) -> None:
    user = site.sign_up("ann")
    assert site.core.accounts.get(site.user("ann"), user.id).user.username == "ann"
    with pytest.raises(AccessDenied):
        site.core.accounts.get(site.guest, user.id)
    with pytest.raises(AccessDenied):
        site.core.accounts.search(site.guest)
    site.allow(USERS, Acl())
    with pytest.raises(AccessDenied):
        site.core.accounts.get(site.user("ann"), user.id)
    assert site.core.accounts.current(site.user("ann")).user.id == user.id


@pytest.mark.parametrize("user_id", ["dummy", "0" * 24, "", "@tenant", "\ud800"])
def test_an_unknown_user_is_not_found(site: Site, user_id: str) -> None:
    master, ann = site.master, site.user("ann")
    with pytest.raises(UserNotFound):
        site.core.accounts.get(master, user_id)
    for caller in (master, ann):
        with pytest.raises(UserNotFound):
            site.core.accounts.update(caller, user_id, UserChange())
        with pytest.raises(UserNotFound):
            site.core.accounts.delete(caller, user_id)
    with pytest.raises(UserNotFound):
        site.core.accounts.set_enabled(master, user_id, True)


def test_getting_a_user_takes_two_round_trips_with_the_opening(site: Site) -> None:
    user_id = str(site.user("ann").user)
    site.core.accounts.get(site.user("ann"), user_id)
    site.documents.calls.clear()
    caller = site.open(site.tokens["ann"])
    site.core.accounts.get(caller, user_id)
    site.core.accounts.current(caller)
    assert site.documents.calls == ["find", "find_one", "find_one"]


def test_the_last_login_shows_to_the_master_key_and_to_oneself(site: Site, clock: FixedClock) -> None:
    ann = site.user("ann")
    user_id, accounts = str(ann.user), site.core.accounts
    assert accounts.get(ann, user_id).user.last_login_at is None
    assert accounts.search(ann).users[0].last_login_at is None
    assert accounts.search(ann, username="ann").users[0].last_login_at is None
    assert accounts.update(ann, user_id, UserChange()).user.last_login_at is None
    assert accounts.get(site.master, user_id).user.last_login_at == clock.now()
    assert accounts.search(site.master).users[0].last_login_at == clock.now()
    assert accounts.current(ann).user.last_login_at == clock.now()


def test_a_view_names_all_groups_sorted(site: Site) -> None:
    user = site.sign_up("ann")
    for name, contents in (("z", GroupContents(users=[user.id])), ("a", GroupContents(groups=["z"]))):
        site.core.groups.create(site.master, name, contents)
    assert site.core.accounts.get(site.master, user.id).groups == ("a", "z")
    assert site.core.accounts.current(site.user("ann")).groups == ("a", "z")


def test_the_current_user_needs_a_session(site: Site) -> None:
    with pytest.raises(SessionRequired):
        site.core.accounts.current(site.guest)


def test_the_current_user_may_have_been_deleted_meanwhile(site: Site) -> None:
    ann = site.user("ann")
    site.core.accounts.delete(site.master, str(ann.user))
    with pytest.raises(InvalidSession):
        site.core.accounts.current(ann)


def test_all_users_come_oldest_first_in_pages_with_their_number(site: Site, clock: FixedClock) -> None:
    names = [f"user{number}" for number in (3, 1, 2, 5, 4)]
    for number, name in enumerate(names):
        site.sign_up(name)
        clock.advance(seconds=number % 2)
    search = site.core.accounts.search
    everybody = search(site.master, limit=None)
    assert [user.username for user in everybody.users] == names
    assert everybody.count == 5
    page = search(site.master, skip=1, limit=2)
    assert ([user.username for user in page.users], page.count) == (names[1:3], 5)
    assert search(site.master, skip=9).users == []


def test_a_tenant_without_users_has_an_empty_page(site: Site) -> None:
    page = site.core.accounts.search(site.master)
    assert (page.users, page.count) == ([], 0)


def test_a_user_is_found_by_name_or_mail_address(site: Site) -> None:
    site.sign_up("ann", email="ann@example.com")
    site.sign_up("bob")
    search = site.core.accounts.search
    for found in (search(site.master, username="ann"), search(site.master, email="ann@example.com")):
        assert ([user.username for user in found.users], found.count) == (["ann"], None)
    assert search(site.master, username="ann", email="nobody@example.com").users[0].username == "ann"


@pytest.mark.parametrize(
    "named",
    [
        {"username": "eve"},
        {"username": ""},
        {"email": "eve@example.com"},
        {"email": ""},
        {"username": "eve", "email": "ann@example.com"},
        {"email": "\ud800"},
    ],
)
def test_searching_for_nobody_is_not_found(site: Site, named: dict[str, Any]) -> None:
    site.sign_up("ann")
    with pytest.raises(UserNotFound):
        site.core.accounts.search(site.master, **named)


# --- update ---


def test_users_change_themselves_and_what_is_left_out_stays(site: Site, clock: FixedClock) -> None:
    user = site.sign_up("ann", options={"a": 1})
    clock.advance(seconds=1)
    changed = site.core.accounts.update(site.user("ann"), user.id, UserChange(email="new@example.com")).user
    assert (changed.username, changed.email, changed.options) == ("ann", "new@example.com", {"a": 1})
    assert changed.etag != user.etag
    assert changed.updated_at == clock.now() > changed.created_at
    renamed = site.core.accounts.update(site.user("ann"), user.id, UserChange(username="anna", options={})).user
    assert (renamed.username, renamed.options) == ("anna", {})


def test_an_empty_change_moves_version_and_time(site: Site, clock: FixedClock) -> None:
    user = site.sign_up("ann")
    clock.advance(seconds=1)
    changed = site.core.accounts.update(site.user("ann"), user.id, UserChange()).user
    assert changed.etag != user.etag
    assert changed.updated_at == clock.now()
    assert site.open(site.tokens["ann"]).user == user.id


def test_others_change_nobody(site: Site) -> None:
    user = site.sign_up("ann")
    site.allow(USERS, Acl(w=("g:anonymous",), r=("g:anonymous",)))
    for caller in (site.guest, site.user("bob")):
        with pytest.raises(AccessDenied):
            site.core.accounts.update(caller, user.id, UserChange(username="x"))
        with pytest.raises(AccessDenied):
            site.core.accounts.delete(caller, user.id)
    stored = site.stored_user("ann")
    assert stored is not None
    assert stored["etag"] == user.etag


def test_a_guest_learns_nothing_of_which_users_exist(site: Site) -> None:
    with pytest.raises(AccessDenied):
        site.core.accounts.update(site.guest, "dummy", UserChange())


def test_the_master_key_changes_anybody(site: Site) -> None:
    user = site.sign_up("ann")
    view = site.core.accounts.update(site.master, user.id, UserChange(password="another horse"))
    assert view.user.id == user.id
    with pytest.raises(WrongPassword):
        site.log_in()
    site.log_in(password="another horse")


def test_a_new_password_unlocks_the_account(site: Site) -> None:
    user = site.sign_up("ann")
    for _ in range(5):
        with pytest.raises(WrongPassword):
            site.log_in(password="wrong horse")
    site.core.accounts.update(site.master, user.id, UserChange(password="another horse"))
    site.log_in(password="another horse")


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (UserChange(username=""), InvalidName),
        (UserChange(email="x"), InvalidEmail),
        (UserChange(password="short"), InvalidPassword),
        (UserChange(options={"a.b": 1}), InvalidDocument),
        (UserChange(username="bob"), DuplicateKey),
        (UserChange(email="bob@example.com"), DuplicateKey),
    ],
)
def test_a_wrong_change_changes_nothing(site: Site, change: UserChange, error: type[Exception]) -> None:
    site.sign_up("bob")
    user = site.sign_up("ann")
    with pytest.raises(error):
        site.core.accounts.update(site.user("ann"), user.id, change)
    stored = site.stored_user("ann")
    assert stored is not None
    assert stored["etag"] == user.etag


def test_an_old_version_is_refused_with_the_present_user(site: Site) -> None:
    user = site.sign_up("ann")
    changed = site.core.accounts.update(site.user("ann"), user.id, UserChange(options={}), user.etag)
    for attempt in (
        lambda: site.core.accounts.update(site.user("ann"), user.id, UserChange(), user.etag),
        lambda: site.core.accounts.update(site.user("ann"), user.id, UserChange(), ""),
        lambda: site.core.accounts.delete(site.user("ann"), user.id, user.etag),
    ):
        with pytest.raises(VersionMismatch) as refused:
            attempt()
        assert refused.value.current == changed


def test_a_change_that_loses_a_race_says_so(site: Site) -> None:
    user = site.sign_up("ann")
    site.user("ann")
    caller, raw = site.user("ann"), site.documents

    def federate(value: bool) -> None:
        update = parse_update({"$set": {"federated": value}})
        raw._inner.update_one(site.tenant_id, ACCOUNTS, parse_filter({"_id": user.id}), update)

    raw.before("update_one", lambda: federate(True))
    raw.before("find_one", lambda: federate(False))
    with pytest.raises(RequestConflict, match="Updating"):
        site.core.accounts.update(caller, user.id, UserChange())
    raw.before("delete_one", lambda: federate(True))
    raw.before("find_one", lambda: federate(False))
    with pytest.raises(RequestConflict, match="Deleting"):
        site.core.accounts.delete(caller, user.id)


def test_users_of_an_outside_directory_cannot_be_changed_here(site: Site) -> None:
    user = site.sign_up("ann")
    caller = site.user("ann")
    update = parse_update({"$set": {"federated": True}})
    site.documents.update_one(site.tenant_id, ACCOUNTS, parse_filter({"_id": user.id}), update)
    with pytest.raises(AccessDenied):
        site.core.accounts.update(caller, user.id, UserChange())
    with pytest.raises(AccessDenied):
        site.core.accounts.delete(caller, user.id)


def test_mail_address_and_password_of_a_certificate_user_are_left_alone(site: Site) -> None:
    user = site.core.accounts.sign_up(site.guest, SignUp("device", uses_client_certificate=True))
    change = UserChange("renamed", "new@example.com", PASSWORD, {"a": 1})
    changed = site.core.accounts.update(site.master, user.id, change).user
    assert (changed.username, changed.email, changed.options) == ("renamed", None, {"a": 1})
    with pytest.raises(WrongPassword):
        site.log_in("renamed")


# --- delete and disable ---


def test_a_deleted_user_is_gone_from_all_groups(site: Site, clock: FixedClock) -> None:
    ann, bob = site.sign_up("ann"), site.sign_up("bob")
    group = site.core.groups.create(site.master, "staff", GroupContents(users=[ann.id, bob.id]))
    untouched = site.core.groups.create(site.master, "others", GroupContents(users=[bob.id]))
    clock.advance(seconds=1)
    site.core.accounts.delete(site.user("ann"), ann.id)
    left = site.core.groups.get(site.master, "staff")
    assert left.users == (bob.id,)
    assert left.etag != group.etag
    assert left.updated_at == clock.now() > group.updated_at
    assert site.core.groups.get(site.master, "others").etag == untouched.etag
    with pytest.raises(UserNotFound):
        site.core.accounts.delete(site.master, ann.id)


def test_a_user_without_groups_is_deleted_without_word_to_the_groups(site: Site) -> None:
    ann = site.sign_up("ann")
    version = site.tenant.groups_version
    site.core.accounts.delete(site.master, ann.id, ann.etag)
    assert site.tenant.groups_version == version
    site.sign_up("ann")


def test_the_master_key_alone_disables_users(site: Site, clock: FixedClock) -> None:
    ann = site.user("ann")
    user_id = str(ann.user)
    with pytest.raises(AccessDenied):
        site.core.accounts.set_enabled(ann, user_id, False)
    before = site.core.accounts.get(site.master, user_id).user
    clock.advance(seconds=1)
    after = site.core.accounts.set_enabled(site.master, user_id, False).user
    assert not after.enabled
    assert after.etag != before.etag
    assert after.updated_at == clock.now()
    with pytest.raises(WrongPassword):
        site.log_in()
    site.core.accounts.set_enabled(site.master, user_id, True)
    site.log_in()
