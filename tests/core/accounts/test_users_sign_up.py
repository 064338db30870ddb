from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.access.acl import Acl
from chalicelib.core.accounts import users as module
from chalicelib.core.accounts.changes import MAX_OPTIONS_BYTES
from chalicelib.core.accounts.model import SignUp, UserChange
from chalicelib.core.buckets.model import USERS
from chalicelib.core.errors import (
    AccessDenied,
    DocumentTooLarge,
    DuplicateId,
    DuplicateUser,
    InvalidDocument,
    InvalidEmail,
    InvalidId,
    InvalidName,
    InvalidPassword,
    UserNotFound,
)
from chalicelib.core.query.stored_form import bson_size
from chalicelib.core.tenants.model import PasswordPolicy, TenantSettings
from tests.core.site import PASSWORD, FixedClock, Site


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
