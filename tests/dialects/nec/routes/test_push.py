from __future__ import annotations

from typing import Any

import pytest

from tests.dialects.nec.push import REGISTRATION, UNKNOWN, another_app, reached, register, send, stored
from tests.dialects.nec.world import Nec

REQUIRED = [name for name in REGISTRATION if name.startswith("_")]


# --- registering ---


def test_a_registration_is_answered_with_what_was_sent_and_an_id(nec: Nec) -> None:
    made = register(nec)
    assert len(made["_id"]) == 24
    assert made == REGISTRATION | {"_id": made["_id"]}
    assert nec.get(f"/push/installations/{made['_id']}").json == made


def test_the_owner_is_the_user_who_is_signed_in(nec: Nec) -> None:
    ann = nec.user("ann")
    assert register(nec, by=ann)["_owner"] == ann.id
    assert "_owner" not in register(nec)
    assert register(nec, by=nec.user("bob"))["_owner"] == nec.user("bob").id


def test_registering_again_overwrites_everything_but_the_id(nec: Nec) -> None:
    first = register(nec, by=nec.user("ann"), color="red")
    again = register(nec, _channels=[], age=3)
    assert again == REGISTRATION | {"_id": first["_id"], "_channels": [], "age": 3}
    assert len(stored(nec)) == 1


def test_the_same_token_of_another_technology_or_app_is_another_installation(nec: Nec) -> None:
    other_app = another_app(nec)
    made = [register(nec), register(nec, _pushType="gcm"), register(nec, _pushType="sse"), register(other_app)]
    assert len({one["_id"] for one in made}) == 4


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("wrong", ["missing", None, True, {}, [1], 1.5])
def test_required_fields_are_there_and_right(nec: Nec, name: str, wrong: Any) -> None:
    body = {key: value for key, value in REGISTRATION.items() if key != name}
    answer = nec.post("/push/installations", body if wrong == "missing" else body | {name: wrong})
    assert answer.status == 400
    assert name in answer.json["error"]
    assert stored(nec) == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("_osType", "windows"),
        ("_pushType", "sasp"),
        ("_pushType", "APNS"),
        ("_deviceToken", ""),
        ("_deviceToken", "xyz"),
        ("_deviceToken", "0ff"),
        ("_deviceToken", "a" * 1002),
        ("_channels", "chan1"),
        ("_appVersionCode", "6"),
        ("_allowedSenders", "g:anonymous"),
        ("_osVersion", ""),
    ],
)
def test_values_that_cannot_be_are_refused(nec: Nec, name: str, value: Any) -> None:
    answer = nec.post("/push/installations", REGISTRATION | {name: value})
    assert answer.status == 400
    assert name in answer.json["error"]


@pytest.mark.parametrize(
    "fields",
    [
        {"_appVersionCode": -1, "_osType": "dotnet", "_osVersion": "Unknown"},
        {"_appVersionCode": 6.0},
        {"_osVersion": 30, "_osType": "android", "_pushType": "gcm"},
        {"_channels": [], "_allowedSenders": []},
        {"_pushType": "gcm", "_deviceToken": "任意 の\u2028:識別子"},
        {"free": {"a": [1, {"$date": "2014-03-12T09:12:53.789Z"}]}, "名前": None},
    ],
)
def test_unusual_registrations_are_fine(nec: Nec, fields: dict[str, Any]) -> None:
    made = register(nec, **({"_deviceToken": "aa"} | fields))
    assert {name: made[name] for name in fields} == fields


@pytest.mark.parametrize("path", ["", "/x"])
def test_a_typed_value_is_no_installation(nec: Nec, path: str) -> None:
    answer = nec.send("PUT" if path else "POST", f"/push/installations{path}", {"$oid": UNKNOWN})
    assert answer.status == 400


def test_the_case_of_an_apns_token_does_not_matter(nec: Nec) -> None:
    assert register(nec, "ABCD")["_deviceToken"] == "abcd"
    assert register(nec, "abcd")["_id"] == register(nec, "ABcd")["_id"]


def test_what_only_the_server_writes_is_dropped(nec: Nec) -> None:
    given: dict[str, Any] = {"_id": UNKNOWN, "_owner": UNKNOWN, "_sse": {"password": "x"}, "_server": {"app": "x"}}
    made = register(nec, **given)
    assert made == REGISTRATION | {"_id": made["_id"]}
    assert made["_id"] != UNKNOWN


@pytest.mark.parametrize("fields", [{"a.b": 1}, {"$x": 1}, {"a": {"$x": 1}}])
def test_fields_that_no_document_can_have_are_refused(nec: Nec, fields: dict[str, Any]) -> None:
    assert nec.post("/push/installations", REGISTRATION | fields).status == 400


def test_an_installation_has_a_largest_size(nec: Nec) -> None:
    assert nec.post("/push/installations", REGISTRATION | {"big": "x" * 65_536}).status == 413


def test_another_content_type_is_refused(nec: Nec) -> None:
    for method, path in (("POST", "installations"), ("PUT", "installations/x"), ("POST", "notifications")):
        answer = nec.send(method, f"/push/{path}", {}, headers={"Content-Type": "text/plain"})
        assert answer.status == 415


# --- listening for events ---


def test_an_sse_installation_is_told_how_to_listen(nec: Nec) -> None:
    made = register(nec, _pushType="sse", _deviceToken="my device")
    assert made["_sse"].keys() == {"username", "password", "uri"}
    assert made["_sse"]["uri"].endswith(f"/events/{nec.tenant}/{made['_id']}")
    assert len(made["_sse"]["password"]) == 43
    assert ":" not in made["_sse"]["username"]


def test_credentials_stay_and_differ_between_installations(nec: Nec) -> None:
    made = register(nec, _pushType="sse")
    assert register(nec, _pushType="sse", age=3)["_sse"] == made["_sse"]
    assert nec.get(f"/push/installations/{made['_id']}").json["_sse"] == made["_sse"]
    assert nec.put(f"/push/installations/{made['_id']}", {"age": 4}).json["_sse"] == made["_sse"]
    assert register(nec, "another", _pushType="sse")["_sse"]["password"] != made["_sse"]["password"]
    assert made["_sse"]["password"] not in str(stored(nec))


def test_credentials_admit_their_installation_only(nec: Nec, other: Nec) -> None:
    made, second = register(nec, _pushType="sse"), register(nec, "another", _pushType="sse")
    admits = nec.core.push.installations.admits
    username, password = made["_sse"]["username"], made["_sse"]["password"]
    assert admits(nec.tenant, made["_id"], username, password)
    assert not admits(nec.tenant, made["_id"], username, password + "x")
    assert not admits(nec.tenant, made["_id"], "someone", password)
    assert not admits(nec.tenant, second["_id"], username, password)
    assert not admits(other.tenant, made["_id"], username, password)
    nec.delete(f"/push/installations/{made['_id']}")
    assert not admits(nec.tenant, made["_id"], username, password)


def test_other_installations_have_no_credentials(nec: Nec) -> None:
    assert "_sse" not in register(nec)


# --- changing ---


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"email": "b@example.com"}, {"email": "b@example.com"}),
        ({"$set": {"_channels": ["a"]}, "age": 3}, {"_channels": ["a"], "age": 3}),
        ({"$push": {"_channels": "chan3"}}, {"_channels": ["chan1", "chan2", "chan3"]}),
        ({"$addToSet": {"_channels": "chan1"}}, {"_channels": ["chan1", "chan2"]}),
        ({"$pull": {"_allowedSenders": "g:anonymous"}}, {"_allowedSenders": ["55ed50600c69293704e34f9d"]}),
        ({"$inc": {"_appVersionCode": 1}}, {"_appVersionCode": 7}),
        ({"_appVersionCode": 9.0}, {"_appVersionCode": 9}),
        ({"$set": {"_appVersionCode": 9.0}}, {"_appVersionCode": 9}),
        ({"_deviceToken": "AA"}, {"_deviceToken": "aa"}),
        ({}, {}),
        ({"_owner": UNKNOWN, "_sse": 1, "_server": {"app": "x"}}, {}),
        ({"$set": {"_owner": UNKNOWN, "_server.app": "x"}}, {}),
    ],
)
def test_parts_of_an_installation_are_changed(nec: Nec, change: dict[str, Any], expected: dict[str, Any]) -> None:
    made = register(nec, by=nec.user("ann"))
    answer = nec.put(f"/push/installations/{made['_id']}", change)
    assert (answer.status, answer.json) == (200, made | expected)
    assert nec.get(f"/push/installations/{made['_id']}").json == made | expected


@pytest.mark.parametrize(
    "change",
    [
        {"$push": {"_channels": 3}},
        {"_osType": "windows"},
        {"$unset": {"_pushType": 1}},
        {"$rename": {"_channels": "channels"}},
        {"_deviceToken": "not hex"},
        {"_allowedSenders": None},
        {"$set": {"_channels": {"x": 1}}},
    ],
)
def test_a_change_that_leaves_no_installation_deletes_it(nec: Nec, change: dict[str, Any]) -> None:
    made = register(nec)
    answer = nec.put(f"/push/installations/{made['_id']}", change)
    assert answer.status == 404
    assert isinstance(answer.json["error"], str)
    assert nec.get(f"/push/installations/{made['_id']}").status == 404
    assert stored(nec) == []


@pytest.mark.parametrize(
    "change",
    [
        {"_id": UNKNOWN},
        {"$set": {"_id": UNKNOWN}},
        {"$unset": {"_owner": 1}},
        {"$rename": {"email": "_owner"}},
        {"$rename": {"_server.app": "app"}},
        {"$inc": {"_server.createdAt": 1}},
        {"$inc": {"email": 1}},
        {"$bad": {"a": 1}},
        {"$set": 3},
        {"$set": {"_channels.$": "x"}},
        {"$full_update": {"_osType": "ios"}},
        {"$full_update": REGISTRATION, "age": 1},
        {"a": {"$x": 1}},
    ],
)
def test_a_change_that_cannot_be_changes_nothing(nec: Nec, change: dict[str, Any]) -> None:
    made = register(nec, by=nec.user("ann"))
    answer = nec.put(f"/push/installations/{made['_id']}", change)
    assert answer.status == 400, answer.content
    assert nec.get(f"/push/installations/{made['_id']}").json == made


def test_a_full_update_puts_all_fields_in_the_place_of_the_old_ones(nec: Nec) -> None:
    ann = nec.user("ann")
    made = register(nec, by=ann)
    fields = {name: REGISTRATION[name] for name in REQUIRED} | {"age": 3}
    answer = nec.put(f"/push/installations/{made['_id']}", {"$full_update": fields})
    assert answer.json == fields | {"_id": made["_id"], "_owner": ann.id}


def test_a_token_that_another_installation_has_is_a_conflict(nec: Nec) -> None:
    register(nec, "aa")
    made = register(nec, "bb")
    answer = nec.put(f"/push/installations/{made['_id']}", {"_deviceToken": "aa"})
    assert (answer.status, answer.json["reasonCode"]) == (409, "duplicate_key")


def test_an_installation_that_would_grow_too_large_stays(nec: Nec) -> None:
    made = register(nec)
    assert nec.put(f"/push/installations/{made['_id']}", {"big": "x" * 65_536}).status == 413
    assert nec.get(f"/push/installations/{made['_id']}").json == made


# --- deleting and listing ---


def test_a_deleted_installation_is_gone(nec: Nec) -> None:
    made = register(nec)
    answer = nec.delete(f"/push/installations/{made['_id']}")
    assert (answer.status, answer.json) == (200, {"result": "ok"})
    for again in (nec.get, nec.delete):
        assert again(f"/push/installations/{made['_id']}").status == 404
    assert nec.put(f"/push/installations/{made['_id']}", {"a": 1}).status == 404


def test_only_the_master_key_lists_installations(nec: Nec) -> None:
    made = [register(nec, token, _pushType="gcm", size=len(token)) for token in ("a", "bb", "ccc")]
    by_id = sorted(made, key=lambda one: str(one["_id"]))
    larger = [one for one in by_id if one["size"] > 1]
    answer = nec.get("/push/installations", by=nec.master)
    assert answer.json == {"results": by_id}
    assert (
        nec.get("/push/installations", by=nec.master, where={"size": {"$gt": 1}}, skip=1).json["results"] == larger[1:]
    )
    assert nec.get("/push/installations", by=nec.master, limit=1).json["results"] == by_id[:1]
    for person in (nec.guest, nec.user("ann")):
        assert nec.get("/push/installations", by=person).status == 401
    for where in ("{", {"a": {"$all": None}}, {"$expr": {"$add": ["$email", 1]}}, {"_server.app": "x"}):
        assert nec.get("/push/installations", by=nec.master, where=where).status == 400


def test_a_list_shows_no_credentials(nec: Nec) -> None:
    register(nec, _pushType="sse")
    (listed,) = nec.get("/push/installations", by=nec.master).json["results"]
    assert "_sse" not in listed


# --- apps and tenants ---


def test_an_app_neither_sees_nor_reaches_the_installations_of_another_app(nec: Nec) -> None:
    second = another_app(nec)
    made = register(nec, email="foo@example.com")
    notification = send(nec).headers["X-Notification-Id"]
    path = f"/push/installations/{made['_id']}"
    for person in (second.guest, second.master):
        assert second.get(path, by=person).status == 404
        assert second.put(path, {"a": 1}, by=person).status == 404
        assert second.put(path, {"_osType": "bad"}, by=person).status == 404
        assert second.delete(path, by=person).status == 404
    assert second.get("/push/installations", by=second.master).json == {"results": []}
    assert second.get(f"/push/notifications/{notification}", by=second.master).status == 404
    for query in ({}, {"_id": made["_id"]}, {"$or": [{}, {"a": 1}]}, {"$expr": True}):
        assert reached(second, query=query) == 0
    register(second)
    assert (reached(nec), reached(second)) == (1, 1)
    assert nec.get(path).json == made


def test_a_tenant_neither_sees_nor_reaches_the_installations_of_another_tenant(nec: Nec, other: Nec) -> None:
    made = register(nec)
    path = f"/push/installations/{made['_id']}"
    assert other.get(path).status == 404
    assert other.put(path, {"a": 1}).status == 404
    assert other.delete(path).status == 404
    assert other.get("/push/installations", by=other.master).json == {"results": []}
    assert reached(other, query={"_id": made["_id"]}) == 0
    assert register(other)["_id"] != made["_id"]
