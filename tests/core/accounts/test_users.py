from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.access.acl import Acl
from chalicelib.core.accounts.model import GroupContents, UserChange
from chalicelib.core.buckets.model import USERS
from chalicelib.core.errors import (
    AccessDenied,
    InvalidSession,
    SessionRequired,
    UserNotFound,
    WrongPassword,
)
from tests.core.site import FixedClock, Site

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
