from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.core.access.caller import Caller
from chalicelib.core.errors import AccessDenied, DocumentTooLarge, InvalidInput, InvalidQuery, NotificationNotFound
from chalicelib.core.push.model import PushCounters
from chalicelib.core.push.notifications import MAX_NOTIFICATION_BYTES
from chalicelib.core.push.receivers import PART_USERS
from chalicelib.core.push.stored import INSTALLATIONS, NOTIFICATIONS, RECEIVERS
from chalicelib.core.query.filter import parse_filter
from tests.core.push.devices import Site


def test_a_notification_belongs_to_an_app(site: Site) -> None:
    operator = Caller(site.tenant, is_master=True)
    with pytest.raises(AccessDenied):
        site.send(by=operator)


def test_the_operator_sees_the_notifications_of_all_apps_the_newest_first(site: Site) -> None:
    sent = []
    for app in (site.first, site.second, site.first):
        site.clock.advance(seconds=1)
        sent.append(site.send(by=site.master(app)))
    operator, notifications = Caller(site.tenant, is_master=True), site.core.push.notifications
    assert notifications.list(operator, 10) == sent[::-1]
    assert notifications.list(operator, 1) == sent[2:]
    assert notifications.list(site.master(site.second), 10) == sent[1:2]
    assert notifications.get(operator, sent[1].id) == sent[1]


def test_only_the_master_key_sees_notifications_and_those_of_its_app_only(site: Site) -> None:
    sent, notifications = site.send(), site.core.push.notifications
    for caller in (site.caller(), site.caller(None, "ann")):
        with pytest.raises(AccessDenied):
            notifications.get(caller, sent.id)
        with pytest.raises(AccessDenied):
            notifications.list(caller, 1)
    with pytest.raises(NotificationNotFound):
        notifications.get(site.master(site.second), sent.id)


def test_receivers_by_the_thousand_are_counted_and_reached_exactly(site: Site) -> None:
    users = [f"user{number:05}" for number in range(2 * PART_USERS + 500)]
    for number, user in enumerate(users):
        if number % 3 == 0:
            site.fill(1, _deviceToken=f"t{number}", _owner=user)
    site.fill(1, _deviceToken="nobody's")
    site.fill(1, _deviceToken="a stranger's", _owner="somebody")
    owned = len(range(0, len(users), 3))

    sent = site.send(receivers=users)
    assert sent.installations == owned
    assert [len(part["users"]) for part in site.stored(RECEIVERS)] == [PART_USERS, PART_USERS, 500]
    site.work_off()

    assert site.report(sent).counters == PushCounters(queued=owned, sent=owned)
    owners = {document["_id"]: document.get("_owner") for document in site.stored()}
    assert {owners[installation] for installation in site.gateway.handed} == set(users[::3])
    assert set(site.gateway.handed.values()) == {1}


def test_parts_of_receivers_without_installations_are_not_kept(site: Site) -> None:
    users = [f"user{number:05}" for number in range(2 * PART_USERS)]
    site.fill(1, _owner=users[-1])
    sent = site.send(receivers=users)
    assert len(site.stored(RECEIVERS)) == 1
    site.work_off()
    assert site.report(sent).counters == PushCounters(queued=1, sent=1)


def test_pages_end_with_each_part_of_the_receivers(site: Site) -> None:
    users = [f"user{number:05}" for number in range(3 * PART_USERS)]
    for position in (0, 1, PART_USERS, PART_USERS + 1, PART_USERS + 2, 3 * PART_USERS - 1):
        site.fill(1, _deviceToken=f"t{position}", _owner=users[position])
    site.sizes = {"read_size": 2, "batch_size": 1, "batches_per_job": 2}
    sent = site.send(receivers=users)
    assert sent.installations == 6
    site.work_off()
    assert site.report(sent).counters == PushCounters(queued=6, sent=6)
    assert set(site.gateway.handed.values()) == {1}


def test_the_members_of_a_group_when_it_is_sent_are_its_receivers(site: Site) -> None:
    site.group("staff", "ann")
    site.fill(1, _deviceToken="a", _owner="ann")
    site.fill(1, _deviceToken="b", _owner="bob")
    sent = site.send(receivers=["g:staff"])
    site.group("staff", "bob")
    site.work_off()
    assert sent.installations == 1
    owners = {document["_id"]: document["_owner"] for document in site.stored()}
    assert [owners[one] for one in site.gateway.handed] == ["ann"]


@pytest.mark.parametrize("everybody", ["authenticated", "anonymous"])
def test_a_group_that_contains_everybody_reaches_every_owner(site: Site, everybody: str) -> None:
    site.group("all", inner=everybody)
    site.fill(1, _deviceToken="a", _owner="ann")
    site.fill(1, _deviceToken="b", _owner="bob")
    site.fill(1, _deviceToken="nobody's")
    assert site.send(receivers=["g:all"]).installations == 2
    with pytest.raises(InvalidInput):
        site.send(receivers=[f"g:{everybody}"])


def test_a_notification_has_a_largest_size(site: Site) -> None:
    site.register()
    with pytest.raises(DocumentTooLarge):
        site.send(text="x" * MAX_NOTIFICATION_BYTES)
    assert site.stored(NOTIFICATIONS) == []


@pytest.mark.parametrize(
    "query",
    [
        {"at": {"$near": [1, 2]}},
        {"_server.app": "x"},
        {"$or": [{"a": 1}, {"_server": {"$exists": True}}]},
        {"$expr": {"$eq": ["$_server.app", "x"]}},
        {"$expr": {"$eq": ["$$ROOT._server.app", "x"]}},
    ],
)
def test_nobody_asks_by_distance_or_about_the_servers_fields(site: Site, query: dict[str, Any]) -> None:
    with pytest.raises(InvalidQuery):
        site.send(query)
    with pytest.raises(InvalidQuery):
        site.core.push.installations.list(site.master(), parse_filter(query))


@pytest.mark.parametrize(
    "query",
    [
        {"_id": {"$regex": "^a"}},
        {"_deviceToken": {"$gt": "a"}},
        {"_id": {"$in": ["a", {"$gt": ""}]}},
        {"_deviceToken": {"$eq": {"$gt": "a"}}},
        {"$or": [{"_id": {"$not": {"$lt": "a"}}}]},
        {"$expr": {"$lt": ["$_id", "a"]}},
    ],
)
def test_only_the_master_key_asks_for_parts_of_ids_and_tokens(site: Site, query: dict[str, Any]) -> None:
    site.core.tenants.allow_client_push(site.tenant_id, site.first.id, True)
    with pytest.raises(InvalidQuery):
        site.send(query, by=site.caller())


def test_whole_ids_and_tokens_are_for_every_sender(site: Site) -> None:
    site.core.tenants.allow_client_push(site.tenant_id, site.first.id, True)
    made = site.register("t1")
    for query in ({"_id": made.id}, {"_id": {"$in": [made.id]}}, {"_deviceToken": {"$ne": "t2"}, "_osType": "android"}):
        assert site.send(query, by=site.caller()).installations == 1


def test_levels_of_groups_take_one_query_each(site: Site) -> None:
    for number in range(40):
        site.group(f"g{number}", f"u{number}", inner=f"g{number + 1}")
        site.fill(1, _deviceToken=f"t{number}", _owner=f"u{number}")
    site.watched.calls.clear()
    # As deep as membership counts, and no deeper.
    assert site.send(receivers=["g:g0"]).installations == 32
    assert site.watched.calls.count("find") == 32


@pytest.mark.parametrize(
    "query",
    [
        {"seen": {"$lt": datetime(2026, 1, 1, tzinfo=UTC)}},
        {"$or": [{"a.b": 1}, {"name": {"$regex": "^日", "$options": "i"}}]},
        {"$expr": {"$gt": ["$age", 3]}},
    ],
)
def test_the_query_that_is_kept_means_what_was_asked(site: Site, query: dict[str, Any]) -> None:
    site.register("yes", seen=datetime(2025, 1, 1, tzinfo=UTC), name="日本", age=4)
    site.register("no", seen=datetime(2026, 1, 1, tzinfo=UTC), name="x", age=3)
    sent = site.send(query)
    site.work_off()
    assert sent.installations == 1
    assert site.report(sent).counters == PushCounters(queued=1, sent=1)
    tokens = {document["_id"]: document["_deviceToken"] for document in site.stored()}
    assert [tokens[one] for one in site.gateway.handed] == ["yes"]


def test_a_query_that_fails_on_an_installation_is_refused(site: Site) -> None:
    site.register(age="old")
    with pytest.raises(InvalidQuery):
        site.send({"$expr": {"$gt": [{"$add": ["$age", 1]}, 3]}})
    assert site.stored(NOTIFICATIONS) == []


def test_a_query_that_fails_later_ends_the_sending(site: Site) -> None:
    site.sizes = {"read_size": 1, "batch_size": 1, "batches_per_job": 9}
    site.register("first", age=9)
    second = site.register("second", age=9)
    sent = site.send({"$expr": {"$gt": [{"$add": ["$age", 1]}, 3]}})
    site.core.push.installations.update(site.caller(), second.id, {"age": "old"})
    site.work_off()
    report = site.report(sent)
    # How many an engine found before it failed is its own affair.
    assert report.counters.queued == report.counters.sent == len(site.gateway.handed) < 2
    assert report.finished_at is not None
    assert report.problem == "OperatorMisused"


def test_senders_that_an_installation_does_not_admit_do_not_reach_it(site: Site) -> None:
    site.core.tenants.allow_client_push(site.tenant_id, site.first.id, True)
    site.register("closed", _allowedSenders=[])
    open_one = site.register("open", _allowedSenders=["g:staff"])
    sent = site.send(by=site.caller(None, "ann", "staff"))
    site.work_off()
    assert (sent.installations, list(site.gateway.handed)) == (1, [open_one.id])
    assert site.report(sent).sender == "ann"


def test_what_is_kept_holds_no_token(site: Site) -> None:
    site.register("secret-token")
    site.send()
    site.work_off()
    kept = [site.stored(name) for name in (NOTIFICATIONS, "_push_batches", RECEIVERS)]
    assert "secret-token" not in repr(kept)
    assert INSTALLATIONS not in repr(kept)
