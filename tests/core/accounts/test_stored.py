from __future__ import annotations

from datetime import UTC, datetime

from chalicelib.core.access.acl import Acl
from chalicelib.core.accounts.model import Group, User
from chalicelib.core.accounts.stored import (
    group_from_document,
    group_to_document,
    user_from_document,
    user_to_document,
)

THEN = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=UTC)
LATER = datetime(2026, 2, 3, tzinfo=UTC)


def test_a_user_comes_back_as_it_was_stored() -> None:
    full = User("u1", "ann", "a@b.c", {"a": [1]}, THEN, LATER, LATER, "e1", True, "link", True, False)
    bare = User("u2", "bob", None, None, THEN, THEN, None, "e2")
    for user in (full, bare):
        assert user_from_document(user_to_document(user, "hash")) == user


def test_a_field_without_value_is_left_out_so_that_unique_indexes_pass_over_it() -> None:
    stored = user_to_document(User("u2", "bob", None, None, THEN, THEN, None, "e2"), None)
    assert stored.keys().isdisjoint({"email", "options", "lastLoginAt", "primaryLink", "password"})


def test_a_group_comes_back_as_it_was_stored() -> None:
    group = Group("g1", "営業", ("u1", "u2"), ("inner",), Acl("u1", r=("g:a",)), THEN, LATER, "e1")
    assert group_from_document(group_to_document(group)) == group
