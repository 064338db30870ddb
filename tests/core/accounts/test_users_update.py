from __future__ import annotations

import pytest

from chalicelib.core.access.acl import Acl
from chalicelib.core.accounts.model import SignUp, UserChange
from chalicelib.core.buckets.model import USERS
from chalicelib.core.errors import (
    AccessDenied,
    DuplicateKey,
    InvalidDocument,
    InvalidEmail,
    InvalidName,
    InvalidPassword,
    RequestConflict,
    VersionMismatch,
    WrongPassword,
)
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.update import parse_update
from chalicelib.core.tenants.stored import ACCOUNTS
from tests.core.site import PASSWORD, FixedClock, Site


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
