from __future__ import annotations

from typing import Any

import pytest

from tests.dialects.nec.push import UNKNOWN, allow_client_push, reached, register, send
from tests.dialects.nec.world import Nec, Person

# --- sending: who may ---


def test_clients_send_only_where_the_app_lets_them(nec: Nec) -> None:
    register(nec)
    for person in (nec.guest, nec.user("ann")):
        assert send(nec, person).status == 403
    assert reached(nec, nec.master) == 1
    allow_client_push(nec)
    for person in (nec.guest, nec.user("ann"), nec.master):
        assert reached(nec, person) == 1


def test_installations_admit_senders(nec: Nec) -> None:
    allow_client_push(nec)
    ann, bob, cat = nec.user("ann"), nec.user("bob"), nec.user("cat")
    nec.group("inner", users=("bob",))
    nec.group("outer", groups=("inner",))
    admitted = {"01": [], "02": ["g:anonymous"], "03": ["g:authenticated"], "04": [ann.id], "05": ["g:outer"]}
    for token, senders in admitted.items():
        register(nec, token, _allowedSenders=senders)
    assert reached(nec, nec.guest) == 1
    assert reached(nec, cat) == 2
    assert reached(nec, ann) == 3
    assert reached(nec, bob) == 3
    assert reached(nec, nec.master) == 5
    assert reached(nec, Person(nec.app.master_key, ann.token)) == 5


# --- sending: to whom ---


@pytest.mark.parametrize("name", ["_id", "_deviceToken"])
@pytest.mark.parametrize(
    "condition",
    [
        {"$regex": "^6"},
        {"$gt": "6"},
        {"$eq": None, "$gte": "6"},
        {"$in": [{"$regex": "^6"}]},
        {"$not": {"$regex": "^6"}},
        {"$exists": True},
        None,
    ],
)
def test_clients_cannot_find_out_ids_by_counting(nec: Nec, name: str, condition: Any) -> None:
    allow_client_push(nec)
    register(nec)
    for query in ({name: condition}, {"$or": [{"age": 1}, {name: condition}]}):
        assert send(nec, by=nec.guest, query=query).status == 400
    expression = {"$expr": {"$gt": [f"${name}", "6"]}}
    assert send(nec, by=nec.guest, query=expression).status == 400
    assert send(nec, query=expression).status == 200


def test_clients_send_to_ids_that_they_know_and_to_all_others(nec: Nec) -> None:
    allow_client_push(nec)
    mine, yours = register(nec, "01"), register(nec, "02")
    both = [mine["_id"], yours["_id"]]
    for query, expected in (
        ({"_id": mine["_id"]}, 1),
        ({"_id": {"$in": both}}, 2),
        ({"_id": {"$ne": mine["_id"]}}, 1),
        ({"_id": {"$nin": both}}, 0),
        ({"_deviceToken": "01"}, 1),
    ):
        assert reached(nec, nec.guest, query=query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, 4),
        ({"_channels": "chan1"}, 2),
        ({"_channels": {"$in": ["chan2", "chan3"]}}, 3),
        ({"email": "foo@example.com"}, 3),
        ({"age": {"$gt": 3}}, 1),
        ({"_pushType": "gcm"}, 1),
        ({"$or": [{"age": 7}, {"_pushType": "gcm"}]}, 2),
        ({"$expr": {"$eq": ["$age", 7]}}, 1),
        ({"seen": {"$lt": {"$date": "2020-01-01T00:00:00.000Z"}}}, 1),
        ({"_channels": {"$size": 9}}, 0),
        ('{"age": 7}', 1),
    ],
)
def test_a_query_says_which_installations(nec: Nec, query: Any, expected: int) -> None:
    register(nec, "01")
    register(nec, "02", _channels=["chan1"], age=7)
    register(nec, "03", _channels=["chan3"], email="b@example.com", seen={"$date": "2019-01-01T00:00:00.000Z"})
    register(nec, "04", _channels=["chan2"], _pushType="gcm")
    assert reached(nec, query=query) == expected


def test_ids_say_which_installations(nec: Nec) -> None:
    first, second, _ = (register(nec, token)["_id"] for token in ("01", "02", "03"))
    assert reached(nec, query={"_id": first}) == 1
    assert reached(nec, query={"_id": {"$in": [first, second, UNKNOWN]}}) == 2


def test_receivers_are_users_and_members_of_groups(nec: Nec) -> None:
    ann, bob = nec.user("ann"), nec.user("bob")
    nec.group("inner", users=("bob",))
    nec.group("outer", users=("ann",), groups=("inner",))
    nec.group("ring", groups=("outer",))
    nec.put("/groups/outer", {"groups": ["inner", "ring"]}, by=nec.master)
    nec.group("everybody", groups=("authenticated",))
    register(nec, "01", by=ann)
    register(nec, "02", by=ann)
    register(nec, "03", by=bob)
    register(nec, "04")
    for receivers, expected in [
        ([ann.id], 2),
        ([bob.id, ann.id], 3),
        (["g:inner"], 1),
        (["g:outer"], 3),
        (["g:ring"], 3),
        (["g:inner", ann.id], 3),
        (["g:everybody"], 3),
        (["g:nobody", UNKNOWN, "inner"], 0),
        ([], 0),
        (None, 4),
    ]:
        assert reached(nec, allowedReceivers=receivers) == expected, receivers
    assert reached(nec, allowedReceivers=["g:outer"], query={"_deviceToken": "01"}) == 1


@pytest.mark.parametrize("receivers", [["g:anonymous"], ["g:authenticated", "x"], "g:a", [1], {}])
def test_receivers_that_cannot_be_are_refused(nec: Nec, receivers: Any) -> None:
    register(nec)
    answer = send(nec, allowedReceivers=receivers)
    assert answer.status == 400
    assert isinstance(answer.json["error"], str)


@pytest.mark.parametrize(
    "body",
    [
        {"message": None},
        {"message": 3},
        {"query": None},
        {"query": []},
        {"query": "x"},
        {"query": {"$oid": UNKNOWN}},
        {"badge": "3"},
        {"badge": -1},
        {"badge": True},
        {"badge": 1.5},
        {"sound": 1},
        {"content-available": 2},
        {"content-available": True},
        {"content-available": "1"},
        {"category": {}},
        {"uri": []},
        {"title": 3},
        {"sseEventId": 3},
        {"sseEventId": "a\nb"},
        {"sseEventId": "a\tb"},
        {"sseEventId": "\x7f"},
        {"sseEventId": "値" * 334},
        {"sseEventType": "x" * 1001},
        {"sseEventType": "a\rdata: b"},
        {"query": {"$where": "1"}},
        {"query": {"a": {"$bad": 1}}},
        {"query": {"$bad": []}},
        {"query": {"a": {"$all": None}}},
        {"query": {"_server.app": "x"}},
        {"query": {"$or": [{"a": 1}, {"_server": {"$exists": True}}]}},
        {"query": {"$expr": {"$eq": ["$_server.app", "x"]}}},
        {"query": {"$expr": {"$gt": ["$$ROOT._server.etag", "x"]}}},
        {"query": {"_sse.password": {"$regex": "^a"}}},
        {"query": {"place": {"$near": [1, 2]}}},
    ],
)
def test_notifications_that_cannot_be_are_refused(nec: Nec, body: dict[str, Any]) -> None:
    answer = send(nec, **body)
    assert answer.status == 400, answer.content
    assert isinstance(answer.json["error"], str)


@pytest.mark.parametrize("body", [{"query": {}}, {"message": "hello"}, {}, []])
def test_a_notification_has_a_query_and_a_message(nec: Nec, body: Any) -> None:
    assert nec.post("/push/notifications", body, by=nec.master).status == 400


def test_every_field_of_a_notification_arrives_and_unknown_ones_mean_nothing(nec: Nec) -> None:
    register(nec)
    answer = send(
        nec,
        badge=5.0,
        sound="xxx",
        category="c",
        uri="u",
        title="t",
        sseEventId="1",
        sseEventType="e",
        subtitle=7,
        **{"content-available": 1, "mutable-content": "x"},
    )
    caller = nec.core.authentication.open(nec.tenant, nec.app.app.id, nec.app.master_key, None)
    message = nec.core.push.notifications.get(caller, answer.headers["X-Notification-Id"]).message
    assert (message.text, message.badge, message.sound, message.category) == ("hello", 5, "xxx", "c")
    assert (message.uri, message.title, message.event_id, message.event_type) == ("u", "t", "1", "e")
    assert message.content_available is True


def test_a_notification_has_a_largest_size(nec: Nec) -> None:
    register(nec)
    assert send(nec, query={"a": {"$ne": "x" * 262_144}}).status == 413


# --- reports ---


def test_the_master_key_sees_how_far_a_notification_has_come(nec: Nec) -> None:
    ann = nec.user("ann")
    register(nec)
    sent = send(nec, Person(nec.app.master_key, ann.token))
    notification = sent.headers["X-Notification-Id"]
    report = nec.get(f"/push/notifications/{notification}", by=nec.master)
    created_at = report.json["createdAt"]
    assert created_at.endswith("Z")
    assert report.json == {
        "_id": notification,
        "createdAt": created_at,
        "message": "hello",
        "state": "sending",
        "installations": 1,
        "queued": 0,
        "waiting": 0,
        "sent": 0,
        "failed": 0,
        "dead": 0,
        "retried": 0,
        "sender": ann.id,
    }
    for person in (nec.guest, ann):
        assert nec.get(f"/push/notifications/{notification}", by=person).status == 401
    assert nec.get(f"/push/notifications/{UNKNOWN}", by=nec.master).status == 404


def test_a_notification_to_nobody_is_finished(nec: Nec) -> None:
    notification = send(nec).headers["X-Notification-Id"]
    report = nec.get(f"/push/notifications/{notification}", by=nec.master).json
    assert (report["state"], report["installations"]) == ("finished", 0)
    assert report["finishedAt"] == report["createdAt"]
