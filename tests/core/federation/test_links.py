from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, cast

import pytest

from chalicelib.core.accounts.model import UserChange
from chalicelib.core.documents import Documents
from chalicelib.core.errors import (
    AccessDenied,
    AccountLinkNotFound,
    InvalidSession,
    RequestConflict,
    SessionRequired,
    UserNotFound,
)
from chalicelib.core.federation import links
from chalicelib.core.federation.links import ATTEMPTS, Links
from chalicelib.core.federation.model import Link
from chalicelib.core.federation.stored import LINKS, link_to_document
from chalicelib.core.ids import new_etag
from chalicelib.core.query.filter import EVERYTHING, parse_filter
from chalicelib.core.query.update import parse_update
from chalicelib.core.tenants.stored import ACCOUNTS
from tests.core.federation.conftest import Openid
from tests.core.site import FixedClock, Site, WatchedDocuments


def users(site: Site) -> list[dict[str, Any]]:
    return [record for record in site.stored(ACCOUNTS) if record["kind"] == "user"]


def outsider(subject: str, openid: Openid) -> None:
    """Has the provider tell of another account from now on."""
    openid.provider.claims = {"sub": subject}
    openid.provider.told = {"sub": subject, "name": subject}


# --- users ---


def test_a_stranger_becomes_a_user_only_if_asked_for(openid: Openid) -> None:
    assert openid.come() == {"error": "user_not_found"}
    assert users(openid.site) == []


def test_a_stranger_becomes_a_user(openid: Openid, clock: FixedClock) -> None:
    user = openid.log_in(creates_user=True).user
    (link,) = openid.site.stored(LINKS)
    assert len(user.username) == 8
    assert user.email is not None
    assert user.email.endswith("@openid.invalid")
    assert (user.is_federated, user.primary_link) == (True, link["_id"])
    assert user.created_at == clock.now()
    (claims,) = user.options["claims"]
    told = json.loads(claims)
    assert (told["sub"], told["name"], told["email"]) == ("outside-1", "Ann", "ann@example.com")


def test_who_comes_again_is_the_same_user_with_new_claims(openid: Openid) -> None:
    first = openid.log_in(creates_user=True).user
    openid.provider.told = {"sub": "outside-1", "name": "Anna"}
    second = openid.log_in(creates_user=True).user
    assert second.id == first.id
    assert second.etag != first.etag
    assert [json.loads(claims)["name"] for claims in second.options["claims"]] == ["Anna"]
    assert len(users(openid.site)) == 1


def test_a_provider_may_tell_nothing_beside_the_token(openid: Openid) -> None:
    openid.provider.told = None
    (claims,) = openid.log_in(creates_user=True).user.options["claims"]
    assert "name" not in json.loads(claims)


def test_the_same_subject_at_another_provider_is_somebody_else(site: Site, openid: Openid) -> None:
    site.core.openid_providers.put(site.tenant_id, "other", "https://else.example.com", "our id", "s")
    one = openid.log_in(creates_user=True).user
    assert openid.log_in(provider="other", creates_user=True).user.id != one.id


def test_two_first_logins_at_once_make_one_user(openid: Openid, documents: WatchedDocuments) -> None:
    one, two = openid.start(creates_user=True), openid.start(creates_user=True)
    seen: list[str] = []

    def the_other_comes_first() -> None:
        openid.provider.nonce = two["nonce"]
        seen.append(openid.finish(two)["token"])

    openid.provider.nonce = one["nonce"]
    # Inserts of this login: the user, then the link.
    documents.before("insert", lambda: None, the_other_comes_first)
    token = openid.finish(one)["token"]
    logins = [openid.site.core.federation.log_in(openid.site.guest, text) for text in (token, seen[0])]
    assert len(users(openid.site)) == 1
    assert len({login.user.id for login in logins if login is not None}) == 1


def test_an_account_of_a_deleted_user_is_free_again(site: Site, openid: Openid, documents: WatchedDocuments) -> None:
    ann = site.user("ann")
    openid.token(session_token=site.tokens["ann"])
    site.core.federation.unlink(ann, str(ann.user), site.stored(LINKS)[0]["_id"])
    # Linked again at the moment at which the user goes.
    openid.token(session_token=site.tokens["ann"])
    site.core.documents.delete_one(site.tenant_id, ACCOUNTS, parse_filter({"_id": ann.user}))
    made = openid.log_in(creates_user=True).user
    assert [link["userId"] for link in site.stored(LINKS)] == [made.id]


# --- linking ---


def test_a_user_who_is_signed_in_links_an_account_and_logs_in_by_it(site: Site, openid: Openid) -> None:
    ann = site.user("ann")
    linked = openid.log_in(session_token=site.tokens["ann"]).user
    assert linked.id == ann.user
    assert (linked.is_federated, linked.primary_link, linked.username) == (True, None, "ann")
    assert openid.log_in().user.id == ann.user
    assert openid.log_in(session_token=site.tokens["ann"]).user.id == ann.user
    assert len(site.stored(LINKS)) == 1


def test_options_of_the_user_stay_beside_the_claims(site: Site, openid: Openid) -> None:
    site.sign_up("ann", options={"color": "blue", "claims": "mine"})
    site.user("ann")
    options = openid.log_in(session_token=site.tokens["ann"]).user.options
    assert options["color"] == "blue"
    assert len(options["claims"]) == 1


def test_an_account_belongs_to_one_user(site: Site, openid: Openid) -> None:
    site.user("ann"), site.user("bob")
    openid.token(session_token=site.tokens["ann"])
    assert openid.come(session_token=site.tokens["bob"]) == {"error": "linked_to_another_user"}
    assert site.stored_user("bob")["federated"] is False  # type: ignore[index]


def test_a_user_has_several_accounts(site: Site, openid: Openid) -> None:
    ann = site.user("ann")
    for subject in ("one", "two"):
        outsider(subject, openid)
        user = openid.log_in(session_token=site.tokens["ann"]).user
    assert sorted(json.loads(claims)["sub"] for claims in user.options["claims"]) == ["one", "two"]
    assert sorted(link.subject for link in site.core.federation.links(ann, user.id)) == ["one", "two"]


def test_a_session_that_ended_meanwhile_links_nothing_new(site: Site, openid: Openid) -> None:
    site.core.accounts.log_out(site.user("ann"))
    with pytest.raises(InvalidSession):
        openid.start(session_token=site.tokens["ann"])


def test_unlinking_takes_the_claims_and_the_last_one_the_federation(site: Site, openid: Openid) -> None:
    ann = site.user("ann")
    for subject in ("one", "two"):
        outsider(subject, openid)
        openid.token(session_token=site.tokens["ann"])
    ids = {link.subject: link.id for link in site.core.federation.links(ann, str(ann.user))}
    site.core.federation.unlink(ann, str(ann.user), ids["one"])
    after = site.core.accounts.current(ann).user
    assert after.options is not None
    assert [json.loads(claims)["sub"] for claims in after.options["claims"]] == ["two"]
    assert after.is_federated
    site.core.federation.unlink(ann, str(ann.user), ids["two"])
    after = site.core.accounts.current(ann).user
    assert (after.options, after.is_federated) == ({"claims": []}, False)
    with pytest.raises(AccountLinkNotFound):
        site.core.federation.unlink(ann, str(ann.user), ids["two"])


def test_the_account_that_made_the_user_stays(site: Site, openid: Openid) -> None:
    login = openid.log_in(creates_user=True)
    with pytest.raises(AccessDenied):
        site.core.federation.unlink(site.open(login.token), login.user.id, login.user.primary_link)
    with pytest.raises(AccessDenied):
        site.core.federation.unlink(site.master, login.user.id, login.user.primary_link)


def test_a_session_that_ends_before_the_browser_is_back_links_nothing(site: Site, openid: Openid) -> None:
    ann = site.user("ann")
    asked = openid.start(session_token=site.tokens["ann"])
    site.core.accounts.log_out(ann)
    assert openid.finish(asked) == {"error": "authentication_failed"}
    assert site.stored(LINKS) == []
    assert openid.provider.grants == []


def test_a_user_who_is_deleted_while_linking_leaves_no_claims(
    site: Site, openid: Openid, documents: WatchedDocuments
) -> None:
    ann = site.user("ann")
    asked = openid.start(session_token=site.tokens["ann"])
    documents.before("insert", lambda: site.core.accounts.delete(ann, str(ann.user)))
    assert openid.finish(asked) == {"error": "user_not_found"}
    assert site.stored(LINKS) == []


def test_a_user_who_is_released_has_no_outside_accounts_and_can_be_deleted(site: Site, openid: Openid) -> None:
    user = openid.log_in(creates_user=True).user
    with pytest.raises(AccessDenied):
        site.core.accounts.delete(site.master, user.id)
    site.core.federation.release(site.master, user.id)
    assert site.stored(LINKS) == []
    after = site.core.accounts.get(site.master, user.id).user
    assert (after.is_federated, after.primary_link, after.options) == (False, None, {"claims": []})
    site.core.accounts.delete(site.master, user.id)
    assert openid.come() == {"error": "user_not_found"}
    assert openid.log_in(creates_user=True).user.id != user.id


def test_only_the_master_key_releases_users_and_those_without_accounts_stay_as_they_are(
    site: Site, openid: Openid
) -> None:
    ann = site.user("ann")
    before = site.stored_user("ann")
    site.core.federation.release(site.master, str(ann.user))
    assert site.stored_user("ann") == before
    with pytest.raises(AccessDenied):
        site.core.federation.release(ann, str(ann.user))
    with pytest.raises(UserNotFound):
        site.core.federation.release(site.master, "nobody")


def test_links_are_for_oneself_and_the_master_key(site: Site, openid: Openid) -> None:
    ann, bob = site.user("ann"), site.user("bob")
    openid.token(session_token=site.tokens["ann"])
    (link,) = site.core.federation.links(site.master, str(ann.user))
    with pytest.raises(SessionRequired):
        site.core.federation.links(site.guest, str(ann.user))
    with pytest.raises(AccessDenied):
        site.core.federation.links(bob, str(ann.user))
    with pytest.raises(AccessDenied):
        site.core.federation.unlink(bob, str(ann.user), link.id)
    with pytest.raises(AccountLinkNotFound):
        site.core.federation.unlink(bob, str(bob.user), link.id)
    with pytest.raises(UserNotFound):
        site.core.federation.links(site.master, "nobody")
    with pytest.raises(UserNotFound):
        site.core.federation.unlink(site.master, "nobody", link.id)
    site.core.federation.unlink(site.master, str(ann.user), link.id)


def test_another_change_of_the_user_at_the_same_moment_is_kept(
    site: Site, openid: Openid, documents: WatchedDocuments
) -> None:
    ann = site.user("ann")
    asked = openid.start(session_token=site.tokens["ann"])
    change = UserChange(options={"color": "red"})
    documents.before("update_one", lambda: site.core.accounts.update(site.user("ann"), str(ann.user), change))
    openid.finish(asked)
    user = site.core.accounts.current(ann).user
    assert user.options is not None
    assert (user.options["color"], len(user.options["claims"])) == ("red", 1)


# --- others at the same moment ---


@dataclass
class Account:
    """An outside account that users link, and what others do to it in between."""

    site: Site
    links: Links
    claims: str = "{}"

    def of(self, user_id: str) -> Link:
        return Link("the account", user_id, "https://op.example.com", "outside-1", "google")

    def link(self, user_id: str) -> bool:
        return self.links.add(self.site.tenant_id, self.of(user_id), self.claims)

    def store(self, user_id: str) -> None:
        self.site.documents.unwatched.insert(self.site.tenant_id, LINKS, link_to_document(self.of(user_id), "{}"))

    def vanish(self) -> None:
        self.site.documents.unwatched.delete_many(self.site.tenant_id, LINKS, EVERYTHING)

    @property
    def users(self) -> list[str]:
        return [stored["userId"] for stored in self.site.stored(LINKS)]


@pytest.fixture
def account(site: Site, documents: WatchedDocuments, clock: FixedClock) -> Account:
    return Account(site, Links(cast("Documents", documents), clock))


@pytest.mark.parametrize("moment", ["find_one", "replace_one"])
def test_an_account_that_becomes_free_while_it_is_linked_is_linked(site: Site, account: Account, moment: str) -> None:
    ann = site.sign_up("ann").id
    account.store("a user who is gone")
    site.documents.before(moment, account.vanish)
    assert account.link(ann)
    assert account.users == [ann]


def test_linking_against_somebody_who_never_stops_gives_up(site: Site, account: Account) -> None:
    ann = site.sign_up("ann").id
    site.documents.before("insert", *[lambda: account.store("somebody")] * ATTEMPTS)
    site.documents.before("find_one", *[account.vanish] * ATTEMPTS)
    with pytest.raises(RequestConflict):
        account.link(ann)
    assert account.users == []


def test_nothing_is_written_into_a_user_who_was_deleted_meanwhile(site: Site, account: Account) -> None:
    with pytest.raises(UserNotFound):
        account.link("a user who is gone")
    assert users(site) == []


def test_a_user_whom_others_never_stop_changing_is_left_to_the_next_login(site: Site, account: Account) -> None:
    ann = site.sign_up("ann").id

    def touch() -> None:
        touched = parse_update({"$set": {"etag": new_etag()}})
        site.documents.unwatched.update_one(site.tenant_id, ACCOUNTS, parse_filter({"_id": ann}), touched)

    site.documents.before("update_one", *[touch] * ATTEMPTS)
    with pytest.raises(RequestConflict):
        account.link(ann)
    assert account.link(ann)
    (user,) = users(site)
    assert (user["federated"], user["options"]) == (True, {"claims": ["{}"]})


def test_a_made_up_name_that_is_taken_is_made_up_again(
    site: Site, account: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.sign_up("taken")
    names = ["free", *["taken"] * (ATTEMPTS - 1)]
    monkeypatch.setattr(links, "random_username", lambda: names.pop())
    made = account.links.make_user(site.tenant_id, "the account")
    assert {user["_id"]: user["username"] for user in users(site)}[made] == "free"
    monkeypatch.setattr(links, "random_username", lambda: "taken")
    with pytest.raises(RequestConflict):
        account.links.make_user(site.tenant_id, "the account")
