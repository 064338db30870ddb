from __future__ import annotations

from datetime import UTC, datetime

from chalicelib.core.accounts.model import User, UserView
from chalicelib.dialects.nec.wire.users import new_user_json, own_user_json

NOW = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
BARE = User("u1", "ann", None, None, NOW, NOW, None, "e1")


def test_what_a_user_has_not_is_absent() -> None:
    assert own_user_json(UserView(BARE, ())) == {
        "_id": "u1",
        "username": "ann",
        "createdAt": "2026-01-02T03:04:05.678Z",
        "updatedAt": "2026-01-02T03:04:05.678Z",
        "etag": "e1",
        "federated": False,
        "clientCertUser": False,
        "groups": [],
    }


def test_a_new_user_shows_a_link_that_is_null() -> None:
    assert new_user_json(BARE)["primaryLinkedUserId"] is None


def test_a_user_of_an_outside_directory_shows_the_link() -> None:
    linked = User("u1", "ann", None, {}, NOW, NOW, NOW, "e1", is_federated=True, primary_link="l1")
    shown = own_user_json(UserView(linked, ("staff",)))
    assert shown["primaryLinkedUserId"] == "l1"
    assert shown["federated"] is True
    assert shown["options"] == {}
    assert shown["lastLoginAt"] == "2026-01-02T03:04:05.678Z"
