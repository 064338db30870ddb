from __future__ import annotations

from typing import Any

import pytest

from tests.core.site import FixedClock
from tests.dialects.nec.world import PASSWORD, Nec


def test_logging_in_returns_the_session_and_the_user(nec: Nec, clock: FixedClock) -> None:
    ann = nec.user("ann")
    nec.group("staff", users=("ann",))
    answer = nec.post("/login", {"email": "ann@example.com", "password": PASSWORD})
    assert answer.status == 200
    login = answer.json
    assert login["_id"] == ann.id
    assert login["groups"] == ["staff"]
    assert login["expire"] == int(clock.now().timestamp()) + 24 * 3600
    assert login["sessionToken"]
    assert login["clientCertUser"] is False
    assert PASSWORD not in answer.text
    assert "scrypt" not in answer.text


def test_the_last_login_is_the_one_before(nec: Nec, clock: FixedClock) -> None:
    nec.post("/users", {"username": "ann", "email": "ann@example.com", "password": PASSWORD})
    body = {"username": "ann", "password": PASSWORD}
    first = nec.post("/login", body).json
    clock.advance(seconds=1)
    second = nec.post("/login", body).json
    assert "lastLoginAt" not in first
    assert second["lastLoginAt"].startswith("2026-")
    assert second["etag"] == first["etag"]
    assert second["expire"] == first["expire"] + 1
    assert second["sessionToken"] != first["sessionToken"]


def test_earlier_sessions_stay_good(nec: Nec) -> None:
    first, second = nec.user("ann"), nec.log_in("ann")
    assert nec.get("/users/current", by=first).status == 200
    assert nec.get("/users/current", by=second).status == 200


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"username": "ann", "password": "wrong password"}, 401),
        ({"username": "nobody", "password": PASSWORD}, 401),
        ({"email": "nobody@example.com", "password": PASSWORD}, 401),
        ({"username": "nobody", "email": "ann@example.com", "password": PASSWORD}, 401),
        ({"username": "ann", "email": "nobody@example.com", "password": PASSWORD}, 200),
        ({"username": "ann", "token": "ignored", "password": PASSWORD}, 200),
        ({"username": "", "password": PASSWORD}, 401),
        ({"username": "ann"}, 400),
        ({"password": PASSWORD}, 400),
        ({"token": "one-time"}, 400),
        ({"username": 1, "password": PASSWORD}, 400),
        ({"username": {"$ne": ""}, "password": PASSWORD}, 400),
        ({"username": "ann", "password": ["x"]}, 400),
        ({}, 400),
    ],
)
def test_who_may_log_in(nec: Nec, body: dict[str, Any], status: int) -> None:
    nec.user("ann")
    answer = nec.post("/login", body)
    assert answer.status == status
    assert ("sessionToken" in answer.json) == (status == 200)


def test_an_unknown_user_and_a_wrong_password_are_not_told_apart(nec: Nec) -> None:
    nec.user("ann")
    wrong = nec.post("/login", {"username": "ann", "password": "wrong password"})
    unknown = nec.post("/login", {"username": "nobody", "password": "wrong password"})
    assert (wrong.status, wrong.json) == (unknown.status, unknown.json)


def test_logging_in_does_not_read_a_dead_session_token(nec: Nec) -> None:
    nec.user("ann")
    body = {"username": "ann", "password": PASSWORD}
    assert nec.send("POST", "/login", body, headers={"X-Session-Token": "dead"}).status == 200


def test_five_wrong_passwords_lock_the_account(nec: Nec, clock: FixedClock) -> None:
    nec.user("ann")
    for _ in range(5):
        nec.post("/login", {"username": "ann", "password": "wrong password"})
    body = {"username": "ann", "password": PASSWORD}
    assert nec.post("/login", body).status == 401
    clock.advance(minutes=11)
    assert nec.post("/login", body).status == 200


def test_logging_out_ends_only_that_session(nec: Nec) -> None:
    first, second = nec.user("ann"), nec.log_in("ann")
    answer = nec.delete("/login", by=first)
    assert (answer.status, answer.json) == (200, {"_id": first.id})
    assert nec.get("/users/current", by=first).status == 401
    assert nec.get("/users/current", by=second).status == 200


def test_logging_out_without_a_living_session_is_refused(nec: Nec) -> None:
    ann = nec.user("ann")
    nec.delete("/login", by=ann)
    for person in (nec.guest, nec.master, ann):
        assert nec.delete("/login", by=person).status == 401


def test_a_session_ends_by_itself(nec: Nec, clock: FixedClock) -> None:
    ann = nec.user("ann")
    clock.advance(hours=25)
    assert nec.get("/users/current", by=ann).status == 401
