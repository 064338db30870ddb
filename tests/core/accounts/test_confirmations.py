"""Sign-ups and changes that wait for a mailed link, and notices of both."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core.accounts.model import SignUp, User, UserChange
from chalicelib.core.accounts.stored import CONFIRMATIONS
from chalicelib.core.errors import (
    AccessDenied,
    DuplicateUser,
    InvalidSession,
    LinkNotFound,
    Unavailable,
    UserNotFound,
    VersionMismatch,
    WrongPassword,
)
from chalicelib.core.tenants.model import MailPolicy
from tests.core.accounts.outbox import Outbox
from tests.core.site import PASSWORD, FixedClock, Site

NEW = "another horse"


def mail_settings(site: Site, **changes: Any) -> None:
    site.core.tenants.change_settings(
        site.tenant_id, lambda settings: replace(settings, mail=replace(MailPolicy(), **changes))
    )


def test_a_sign_up_that_must_be_confirmed_makes_its_user_when_it_is(site: Site, outbox: Outbox) -> None:
    mail_settings(site, confirm_accounts=True, notify_accounts=True, language="en")
    new = SignUp("ann", "ann@example.com", PASSWORD, {"a": 1})

    assert site.core.accounts.sign_up(site.guest, new) is None
    assert site.stored_user("ann") is None
    token = outbox.token
    site.core.accounts.check_link(site.tenant, token)
    site.core.accounts.confirm(site.tenant, token)

    assert site.log_in("ann").user.options == {"a": 1}
    assert outbox.addresses == ["ann@example.com", "ann@example.com"]
    with pytest.raises(LinkNotFound):
        site.core.accounts.confirm(site.tenant, token)
    assert PASSWORD not in str(site.stored(CONFIRMATIONS))


def test_a_name_taken_meanwhile_is_told_at_the_confirmation(site: Site, outbox: Outbox) -> None:
    mail_settings(site, confirm_accounts=True)
    site.core.accounts.sign_up(site.guest, SignUp("ann", "ann@example.com", PASSWORD))
    token = outbox.token
    site.sign_up("ann", email="other@example.com")

    with pytest.raises(DuplicateUser):
        site.core.accounts.confirm(site.tenant, token)
    with pytest.raises(DuplicateUser):
        site.core.accounts.sign_up(site.guest, SignUp("ann", "third@example.com", PASSWORD))


def test_a_confirmation_that_died_half_way_can_be_made_again(site: Site, outbox: Outbox) -> None:
    mail_settings(site, confirm_accounts=True)
    site.core.accounts.sign_up(site.guest, SignUp("ann", "ann@example.com", PASSWORD))

    def die() -> None:
        raise Unavailable("killed")

    site.documents.before("delete_one", die)
    with pytest.raises(Unavailable):
        site.core.accounts.confirm(site.tenant, outbox.token)
    site.core.accounts.confirm(site.tenant, outbox.token)

    assert site.log_in("ann")


def test_a_change_waits_for_the_address_before_it(site: Site, outbox: Outbox) -> None:
    ann = site.sign_up("ann")
    caller = site.user("ann")
    mail_settings(site, confirm_accounts=True, notify_accounts=True)
    caller = site.open(site.tokens["ann"])

    change = UserChange(email="new@example.com", password=NEW)
    assert site.core.accounts.update(caller, ann.id, change) is None
    assert outbox.addresses == ["ann@example.com"]
    assert site.log_in("ann", PASSWORD)
    site.core.accounts.confirm(site.tenant, outbox.token)

    assert outbox.addresses[1:] == ["ann@example.com", "new@example.com"]
    with pytest.raises(InvalidSession):
        site.open(site.tokens["ann"])
    assert site.log_in("ann", NEW).user.email == "new@example.com"


def test_a_change_of_a_user_who_is_gone_is_not_made(site: Site, outbox: Outbox) -> None:
    ann = site.sign_up("ann")
    site.user("ann")
    mail_settings(site, confirm_accounts=True)
    site.core.accounts.update(site.user("ann"), ann.id, UserChange(password=NEW))
    site.core.accounts.delete(site.master, ann.id)

    with pytest.raises(UserNotFound):
        site.core.accounts.confirm(site.tenant, outbox.token)
    assert site.stored_user("ann") is None


def test_a_confirmed_password_ends_the_lock_and_the_link_to_set_one(site: Site, outbox: Outbox) -> None:
    ann = site.sign_up("ann")
    site.user("ann")
    site.core.password_reset.request(site.guest, username="ann")
    link = outbox.token
    mail_settings(site, confirm_accounts=True)
    site.core.accounts.update(site.user("ann"), ann.id, UserChange(password=NEW))
    for _ in range(5):
        with pytest.raises(WrongPassword):
            site.log_in("ann", "wrong horse")

    site.core.accounts.confirm(site.tenant, outbox.token)

    assert site.log_in("ann", NEW)
    with pytest.raises(LinkNotFound):
        site.core.password_reset.check(site.tenant, link)


@pytest.mark.parametrize("change", [UserChange(username="bob"), UserChange(email="bob@example.com")])
def test_a_change_to_what_is_taken_is_refused_before_a_mail_goes_out(
    site: Site, outbox: Outbox, change: UserChange
) -> None:
    ann, _ = site.sign_up("ann"), site.sign_up("bob")
    site.user("ann")
    mail_settings(site, confirm_accounts=True)

    with pytest.raises(DuplicateUser):
        site.core.accounts.update(site.user("ann"), ann.id, change)

    assert outbox.addresses == []


def test_a_change_may_send_back_the_users_own_name_and_address(site: Site, outbox: Outbox) -> None:
    ann = site.sign_up("ann")
    site.user("ann")
    mail_settings(site, confirm_accounts=True)

    change = UserChange("ann", "ann@example.com", options={"a": 1})
    assert site.core.accounts.update(site.user("ann"), ann.id, change) is None
    site.core.accounts.confirm(site.tenant, outbox.token)

    assert site.core.accounts.get(site.master, ann.id).user.options == {"a": 1}


def test_a_confirmed_change_leaves_address_and_password_of_a_certificate_user_alone(site: Site, outbox: Outbox) -> None:
    new = SignUp("device", "device@example.com", uses_client_certificate=True)
    device = site.core.accounts.sign_up(site.master, new)
    assert device is not None
    mail_settings(site, confirm_accounts=True)
    caller = replace(site.guest, user=device.id)

    change = UserChange(email="new@example.com", password=NEW, options={"a": 1})
    assert site.core.accounts.update(caller, device.id, change) is None
    site.core.accounts.confirm(site.tenant, outbox.token)

    user = site.core.accounts.get(site.master, device.id).user
    assert (user.email, user.options) == ("device@example.com", {"a": 1})
    assert "password" not in (site.stored_user("device") or {})


def test_confirmations_end_and_are_forgotten(site: Site, outbox: Outbox, clock: FixedClock) -> None:
    mail_settings(site, confirm_accounts=True, confirmation_hours=1)
    site.core.accounts.sign_up(site.guest, SignUp("ann", "ann@example.com", PASSWORD))

    clock.advance(hours=1)
    with pytest.raises(LinkNotFound):
        site.core.accounts.confirm(site.tenant, outbox.token)
    assert site.core.purge.run() == 1
    assert site.stored(CONFIRMATIONS) == []


def test_the_master_key_needs_no_confirmation(site: Site, outbox: Outbox) -> None:
    mail_settings(site, confirm_accounts=True)

    assert isinstance(site.sign_up("ann"), User)
    assert outbox.addresses == []


def test_notices_go_out_when_the_tenant_wants_them_and_never_fail_a_request(
    site: Site, outbox: Outbox, tmp_path: Path
) -> None:
    mail_settings(site, notify_accounts=True)
    ann = site.sign_up("ann")
    site.core.accounts.update(site.master, ann.id, UserChange(email="new@example.com"))
    assert outbox.addresses == ["ann@example.com", "ann@example.com", "new@example.com"]

    for file in (tmp_path / "outbox").glob("*"):
        file.unlink()
    (tmp_path / "outbox").rmdir()
    (tmp_path / "outbox").write_text("no folder")
    site.core.accounts.update(site.master, ann.id, UserChange(username="anna"))


def test_no_notice_goes_out_unless_the_tenant_wants_it(site: Site, outbox: Outbox) -> None:
    ann = site.sign_up("ann")
    site.core.accounts.update(site.master, ann.id, UserChange(email="new@example.com"))

    assert outbox.addresses == []


def test_a_change_that_cannot_wait_for_a_confirmation_is_refused(site: Site, outbox: Outbox) -> None:
    ann = site.sign_up("ann")
    bob = site.sign_up("bob", email=None, needs_email=False)
    mail_settings(site, confirm_accounts=True)
    change = UserChange(password=NEW)
    with pytest.raises(VersionMismatch):
        site.core.accounts.update(site.user("ann"), ann.id, change, etag="old")
    with pytest.raises(AccessDenied):
        site.core.accounts.update(site.user("bob"), bob.id, change)
    assert outbox.addresses == []
