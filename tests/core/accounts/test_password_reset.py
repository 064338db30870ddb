"""Forgotten passwords: a mailed link sets a new one."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.core.accounts.model import SignUp, UserChange
from chalicelib.core.errors import (
    AccessDenied,
    CoreError,
    InvalidInput,
    InvalidPassword,
    InvalidSession,
    LinkNotFound,
    Unavailable,
    UserNotFound,
    WrongPassword,
)
from tests.core.accounts.outbox import Outbox
from tests.core.site import PASSWORD, FixedClock, Site

NEW = "another horse"


def test_a_mailed_link_sets_a_new_password_once_and_ends_all_sessions(site: Site, outbox: Outbox) -> None:
    caller = site.user("ann")
    site.core.password_reset.request(site.guest, username="ann")
    token = outbox.token

    site.core.password_reset.check(site.tenant, token)
    site.core.password_reset.complete(site.tenant, token, NEW)

    assert outbox.addresses == ["ann@example.com"]
    assert caller.user is not None
    with pytest.raises(InvalidSession):
        site.open(site.tokens["ann"])
    with pytest.raises(WrongPassword):
        site.log_in("ann", PASSWORD)
    assert site.log_in("ann", NEW)
    for again in (site.core.password_reset.check, lambda *found: site.core.password_reset.complete(*found, NEW)):
        with pytest.raises(LinkNotFound):
            again(site.tenant, token)


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, InvalidInput),
        ({"username": "nobody"}, UserNotFound),
        ({"username": ""}, UserNotFound),
        ({"email": ""}, UserNotFound),
        ({"email": "nobody@example.com"}, UserNotFound),
        ({"username": "nobody", "email": "ann@example.com"}, UserNotFound),
        ({"username": "card"}, AccessDenied),
    ],
)
def test_who_cannot_get_a_link_is_told_so(
    site: Site, outbox: Outbox, given: dict[str, str], error: type[CoreError]
) -> None:
    site.sign_up("ann")
    site.core.accounts.sign_up(site.master, SignUp("card", uses_client_certificate=True))

    with pytest.raises(error):
        site.core.password_reset.request(site.guest, **given)

    assert outbox.addresses == []


def test_a_second_request_within_ten_minutes_is_refused(site: Site, outbox: Outbox, clock: FixedClock) -> None:
    site.sign_up("ann")
    site.core.password_reset.request(site.guest, email="ann@example.com")
    first = outbox.token

    clock.advance(minutes=9, seconds=59)
    with pytest.raises(AccessDenied):
        site.core.password_reset.request(site.guest, email="ann@example.com")
    clock.advance(seconds=1)
    site.core.password_reset.request(site.guest, email="ann@example.com")

    assert len(outbox.addresses) == 2
    with pytest.raises(LinkNotFound):
        site.core.password_reset.check(site.tenant, first)
    site.core.password_reset.check(site.tenant, outbox.token)


def test_a_link_ends_after_an_hour_and_means_nothing_elsewhere(site: Site, outbox: Outbox, clock: FixedClock) -> None:
    site.sign_up("ann")
    site.core.password_reset.request(site.guest, username="ann")
    token = outbox.token
    other = site.core.tenants.create("rival")

    for tenant, wrong in ((other, token), (site.tenant, token + "x"), (site.tenant, "nonsense")):
        with pytest.raises(LinkNotFound):
            site.core.password_reset.complete(tenant, wrong, NEW)
    clock.advance(minutes=60)
    with pytest.raises(LinkNotFound):
        site.core.password_reset.complete(site.tenant, token, NEW)
    assert site.log_in("ann", PASSWORD)


@pytest.mark.parametrize("change", [UserChange(password=NEW), UserChange(email="new@example.com")])
def test_a_new_password_or_address_ends_the_link_mailed_before(site: Site, outbox: Outbox, change: UserChange) -> None:
    ann = site.sign_up("ann")
    site.core.password_reset.request(site.guest, username="ann")

    site.core.accounts.update(site.user("ann"), ann.id, change)

    with pytest.raises(LinkNotFound):
        site.core.password_reset.check(site.tenant, outbox.token)
    with pytest.raises(LinkNotFound):
        site.core.password_reset.complete(site.tenant, outbox.token, "third horse")


def test_the_link_stays_good_when_the_same_address_is_sent_back(site: Site, outbox: Outbox) -> None:
    ann = site.sign_up("ann")
    site.core.password_reset.request(site.guest, username="ann")

    site.core.accounts.update(site.user("ann"), ann.id, UserChange(username="anna", email="ann@example.com"))

    site.core.password_reset.complete(site.tenant, outbox.token, NEW)


def test_an_address_changed_at_the_last_moment_ends_the_link(site: Site, outbox: Outbox) -> None:
    ann = site.sign_up("ann")
    site.core.password_reset.request(site.guest, username="ann")
    moved = UserChange(email="new@example.com")
    site.documents.before("update_one", lambda: site.core.accounts.update(site.master, ann.id, moved))

    with pytest.raises(LinkNotFound):
        site.core.password_reset.complete(site.tenant, outbox.token, NEW)


def test_a_disabled_user_gets_no_link(site: Site, outbox: Outbox) -> None:
    ann = site.sign_up("ann")
    site.core.accounts.set_enabled(site.master, ann.id, False)

    with pytest.raises(AccessDenied):
        site.core.password_reset.request(site.guest, username="ann")

    assert outbox.addresses == []


def test_a_password_that_breaks_the_policy_leaves_the_link_good(site: Site, outbox: Outbox) -> None:
    site.sign_up("ann")
    site.core.password_reset.request(site.guest, username="ann")

    with pytest.raises(InvalidPassword):
        site.core.password_reset.complete(site.tenant, outbox.token, "short")

    site.core.password_reset.complete(site.tenant, outbox.token, NEW)


def test_when_no_mail_can_be_sent_the_user_may_ask_again_at_once(site: Site, outbox: Outbox, tmp_path: Path) -> None:
    site.sign_up("ann")
    (tmp_path / "outbox").write_text("no folder")

    with pytest.raises(Unavailable):
        site.core.password_reset.request(site.guest, username="ann")
    (tmp_path / "outbox").unlink()
    site.core.password_reset.request(site.guest, username="ann")

    assert outbox.addresses == ["ann@example.com"]


def test_the_secret_of_a_link_is_not_stored(site: Site, outbox: Outbox) -> None:
    site.sign_up("ann")
    site.core.password_reset.request(site.guest, username="ann")

    assert outbox.token not in str(site.stored_user("ann"))
    assert outbox.token.split(".")[1] not in str(site.stored_user("ann"))
