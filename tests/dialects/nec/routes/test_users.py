from __future__ import annotations

import re
from typing import Any

import pytest

from tests.core.site import FixedClock
from tests.dialects.nec.world import PASSWORD, Nec

ANN = {"username": "ann", "email": "ann@example.com", "password": PASSWORD}
SECRETS = ("password", PASSWORD, "scrypt", "sessions")


# --- signing up ---


def test_signing_up_returns_the_user_and_no_secret(nec: Nec) -> None:
    answer = nec.post("/users", ANN | {"options": {"age": 3, "born": {"$date": "2020-01-02T03:04:05.678Z"}}})
    assert answer.status == 200
    user = answer.json
    assert re.fullmatch("[0-9a-f]{24}", user["_id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", user["createdAt"])
    assert user["createdAt"] == user["updatedAt"]
    assert (
        user.items()
        >= {
            "username": "ann",
            "email": "ann@example.com",
            "options": {"age": 3, "born": {"$date": "2020-01-02T03:04:05.678Z"}},
            "federated": False,
            "clientCertUser": False,
            "primaryLinkedUserId": None,
        }.items()
    )
    assert "groups" not in user
    assert "lastLoginAt" not in user
    assert not any(secret in answer.text for secret in SECRETS)


def test_options_never_given_are_absent(nec: Nec) -> None:
    assert "options" not in nec.post("/users", ANN).json


def test_a_user_without_a_name_gets_one(nec: Nec) -> None:
    answer = nec.post("/users", {"email": "a@example.com", "password": PASSWORD})
    assert re.fullmatch("[A-Za-z0-9]{8}", answer.json["username"])


def test_null_is_the_same_as_left_out(nec: Nec) -> None:
    answer = nec.post("/users", ANN | {"username": None, "options": None, "clientCertUser": None})
    assert answer.status == 200
    assert "options" not in answer.json


def test_a_certificate_user_needs_a_name_and_no_password(nec: Nec) -> None:
    assert nec.post("/users", {"username": "device", "clientCertUser": True}).json["clientCertUser"] is True
    assert nec.post("/users", {"clientCertUser": True}).status == 400


@pytest.mark.parametrize(
    "change",
    [
        {"username": "あdummy"},
        {"username": ""},
        {"username": "x" * 101},
        {"username": 5},
        {"email": "nobody"},
        {"email": "x" * 90 + "@example.com"},
        {"email": None},
        {"email": ["a@example.com"]},
        {"password": "short"},
        {"password": "x" * 101},
        {"password": "パスワードパスワード"},
        {"password": None},
        {"options": "text"},
        {"options": []},
        {"options": {"$date": "2020-01-02T03:04:05.678Z"}},
        {"options": {"a.b": 1}},
        {"options": {"$set": 1}},
        {"clientCertUser": "yes"},
    ],
)
def test_a_sign_up_that_breaks_a_rule_is_refused(nec: Nec, change: dict[str, Any]) -> None:
    answer = nec.post("/users", ANN | change)
    assert answer.status == 400
    assert isinstance(answer.json["error"], str)


def test_a_name_may_look_like_an_address(nec: Nec) -> None:
    assert nec.post("/users", ANN | {"username": "aaa@bbb"}).status == 200


@pytest.mark.parametrize("same", [{"email": "b@example.com"}, {"username": "bob"}])
def test_a_second_user_of_a_name_or_address_is_a_conflict_with_an_error(nec: Nec, same: dict[str, str]) -> None:
    nec.post("/users", ANN)
    answer = nec.post("/users", ANN | same)
    assert answer.status == 409
    assert isinstance(answer.json["error"], str)
    assert "reasonCode" not in answer.json


def test_signing_up_needs_the_create_right_of_users(nec: Nec) -> None:
    nec.allow("_USERS", r=["g:authenticated"])
    assert nec.post("/users", ANN).status == 403
    assert nec.post("/users", ANN, by=nec.master).status == 200


def test_signing_up_does_not_read_the_session_token(nec: Nec) -> None:
    assert nec.send("POST", "/users", ANN, headers={"X-Session-Token": "dead"}).status == 200


# --- searching ---


def test_listing_users_shows_all_without_groups_the_oldest_first(nec: Nec, clock: FixedClock) -> None:
    for name in ("carol", "ann", "bob"):
        nec.user(name)
        clock.advance(seconds=1)
    answer = nec.get("/users", by=nec.user("ann"))
    assert [user["username"] for user in answer.json["results"]] == ["carol", "ann", "bob"]
    assert answer.json["count"] == 3
    assert all(key not in user for user in answer.json["results"] for key in ("groups", "lastLoginAt"))
    assert not any(secret in answer.text for secret in SECRETS)


def test_only_the_master_key_sees_the_last_login(nec: Nec) -> None:
    ann = nec.user("ann")
    assert "lastLoginAt" in nec.get("/users", by=nec.master).json["results"][0]
    assert "lastLoginAt" in nec.get(f"/users/{ann.id}", by=nec.master).json
    assert "lastLoginAt" not in nec.get(f"/users/{ann.id}", by=ann).json


def test_a_page_of_users_counts_all_of_them(nec: Nec) -> None:
    for name in ("ann", "bob", "carol"):
        nec.user(name)
    page = nec.get("/users", by=nec.master, skip=1, limit=1).json
    assert len(page["results"]) == 1
    assert page["count"] == 3


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_of_nothing_lists_all_users(nec: Nec, limit: int) -> None:
    nec.user("ann")
    assert len(nec.get("/users", by=nec.master, limit=limit).json["results"]) == 1


@pytest.mark.parametrize("page", [{"skip": "x"}, {"skip": -1}, {"limit": -2}, {"limit": "1.5"}, {"limit": 10**30}])
def test_a_page_that_is_none_is_refused(nec: Nec, page: dict[str, Any]) -> None:
    assert nec.get("/users", by=nec.master, **page).status == 400


def test_a_tenant_without_users_has_an_empty_list(nec: Nec) -> None:
    assert nec.get("/users", by=nec.master).json == {"results": [], "count": 0}


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"username": "ann"}, 200),
        ({"email": "ann@example.com"}, 200),
        ({"username": "ann", "email": "nobody@example.com"}, 200),
        ({"username": "nobody", "email": "ann@example.com"}, 404),
        ({"username": ""}, 404),
        ({"username": "nobody"}, 404),
        ({"email": "nobody@example.com"}, 404),
    ],
)
def test_searching_by_name_or_address(nec: Nec, asked: dict[str, str], status: int) -> None:
    ann, _ = nec.user("ann"), nec.user("bob")
    answer = nec.get("/users", by=ann, **asked)
    assert answer.status == status
    if status == 200:
        assert [user["_id"] for user in answer.json["results"]] == [ann.id]
        assert "count" not in answer.json


@pytest.mark.parametrize(("who", "status"), [("guest", 403), ("bob", 200), ("master", 200)])
def test_reading_users_needs_the_read_right_of_users(nec: Nec, who: str, status: int) -> None:
    ann = nec.user("ann")
    for path, query in ((f"/users/{ann.id}", {}), ("/users", {}), ("/users", {"username": "ann"})):
        answer = nec.get(path, by=nec.person(who), **query)
        assert answer.status == status
        assert status == 200 or "ann@example.com" not in answer.text


# --- reading one ---


def test_a_user_is_shown_with_all_groups_also_those_reached_through_others(nec: Nec) -> None:
    ann = nec.user("ann")
    nec.group("inner", users=("ann",))
    nec.group("outer", groups=("inner",))
    assert nec.get(f"/users/{ann.id}", by=ann).json["groups"] == ["inner", "outer"]
    assert nec.get("/users/current", by=ann).json["groups"] == ["inner", "outer"]


def test_an_unknown_user_is_not_found(nec: Nec) -> None:
    assert nec.get("/users/514af36644f9cb2eb8000002", by=nec.master).status == 404
    assert nec.get("/users/_tenant", by=nec.master).status == 404


def test_the_current_user_sees_the_last_login(nec: Nec) -> None:
    ann = nec.user("ann")
    nec.allow("_USERS")
    answer = nec.get("/users/current", by=ann)
    assert answer.status == 200
    assert answer.json["_id"] == ann.id
    assert "lastLoginAt" in answer.json


def test_nobody_signed_in_is_no_current_user(nec: Nec) -> None:
    assert nec.get("/users/current").status == 401
    assert nec.get("/users/current", by=nec.master).status == 401


# --- changing ---


def test_an_empty_change_moves_the_etag(nec: Nec, clock: FixedClock) -> None:
    ann = nec.user("ann")
    before = nec.get("/users/current", by=ann).json
    clock.advance(seconds=1)
    after = nec.put(f"/users/{ann.id}", {}, by=ann).json
    assert after["etag"] != before["etag"]
    assert after["updatedAt"] > before["updatedAt"]
    assert after["groups"] == []
    assert "lastLoginAt" not in after


def test_what_is_left_out_or_null_stays(nec: Nec) -> None:
    ann = nec.user("ann")
    nec.put(f"/users/{ann.id}", {"options": {"a": 1}}, by=ann)
    answer = nec.put(f"/users/{ann.id}", {"username": "anna", "email": None, "options": None}, by=ann)
    assert answer.json.items() >= {"username": "anna", "email": "ann@example.com", "options": {"a": 1}}.items()


@pytest.mark.parametrize(("who", "status"), [("guest", 403), ("ann", 200), ("bob", 403), ("master", 200)])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_only_oneself_and_the_master_key_change_or_delete_a_user(nec: Nec, method: str, who: str, status: int) -> None:
    ann, _ = nec.user("ann"), nec.user("bob")
    answer = nec.send(method, f"/users/{ann.id}", {} if method == "PUT" else b"", by=nec.person(who))
    assert answer.status == status
    assert status == 200 or "error" in answer.json


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_changing_an_unknown_user_is_not_found(nec: Nec, method: str) -> None:
    for person in (nec.user("ann"), nec.master):
        assert nec.send(method, "/users/dummy", {}, by=person).status == 404


def test_a_taken_address_is_a_duplicate_key(nec: Nec) -> None:
    ann, _ = nec.user("ann"), nec.user("bob")
    answer = nec.put(f"/users/{ann.id}", {"email": "bob@example.com"}, by=ann)
    assert answer.status == 409
    assert answer.json == {"reasonCode": "duplicate_key", "detail": "Duplicate Key"}


@pytest.mark.parametrize("etag", ["", "wrong"])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_wrong_etag_is_answered_with_the_stored_user(nec: Nec, method: str, etag: str) -> None:
    ann = nec.user("ann")
    answer = nec.send(method, f"/users/{ann.id}", {}, by=ann, query={"etag": etag})
    assert answer.status == 409
    assert answer.json["reasonCode"] == "etag_mismatch"
    assert answer.json["detail"]["_id"] == ann.id
    assert not any(secret in answer.text for secret in SECRETS)
    good = {"etag": answer.json["detail"]["etag"]}
    assert nec.send(method, f"/users/{ann.id}", {}, by=ann, query=good).status == 200


@pytest.mark.parametrize("change", [{"email": "x" * 90 + "@example.com"}, {"password": "short"}, {"username": "あ"}])
def test_a_change_that_breaks_a_rule_is_refused(nec: Nec, change: dict[str, str]) -> None:
    ann = nec.user("ann")
    assert nec.put(f"/users/{ann.id}", change, by=ann).status == 400


def test_a_new_password_ends_all_sessions(nec: Nec) -> None:
    ann = nec.user("ann")
    assert nec.put(f"/users/{ann.id}", {"password": "another horse"}, by=ann).status == 200
    assert nec.get("/users/current", by=ann).status == 401
    assert nec.log_in("ann", "another horse").id == ann.id


# --- deleting ---


def test_a_deleted_user_leaves_groups_and_loses_sessions(nec: Nec) -> None:
    ann = nec.user("ann")
    nec.group("staff", users=("ann",))
    answer = nec.delete(f"/users/{ann.id}", by=ann)
    assert (answer.status, answer.json) == (200, {"result": "ok"})
    assert nec.get("/groups/staff", by=nec.master).json["users"] == []
    assert nec.get("/users/current", by=ann).status == 401
    assert nec.delete(f"/users/{ann.id}", by=nec.master).status == 404


# --- links ---


def test_links_of_a_tenant_without_openid_connect_are_forbidden(nec: Nec) -> None:
    ann = nec.user("ann")
    for answer in (nec.get(f"/users/{ann.id}/links", by=ann), nec.delete(f"/users/{ann.id}/links/x", by=nec.master)):
        assert answer.status == 403
        assert "OpenID Connect" in answer.json["error"]
