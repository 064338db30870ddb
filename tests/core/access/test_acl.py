from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.access.acl import Acl, Action, parse_acl
from chalicelib.core.errors import InvalidAcl

EMPTY: dict[str, Any] = {"r": [], "w": [], "c": [], "u": [], "d": [], "admin": []}


def test_an_acl_reads_every_list_and_the_owner() -> None:
    source = {"owner": "ann", "r": ["a"], "w": ["b"], "c": ["c"], "u": ["d"], "d": ["e"], "admin": ["f"]}
    assert parse_acl(source) == Acl("ann", ("a",), ("b",), ("c",), ("d",), ("e",), ("f",))


def test_lists_left_out_or_null_are_empty_and_unknown_keys_are_ignored() -> None:
    assert parse_acl({"r": None, "noAcl": True}) == Acl()


@pytest.mark.parametrize("source", [None, [], "r", {"owner": 1}, {"r": "a"}, {"w": [1]}, {"admin": {"a": 1}}])
def test_what_is_no_acl_is_refused(source: Any) -> None:
    with pytest.raises(InvalidAcl):
        parse_acl(source)


def test_the_stored_form_has_every_list_and_an_owner_only_if_there_is_one() -> None:
    assert Acl(r=("a",)).to_document() == EMPTY | {"r": ["a"]}
    assert Acl(owner="ann").to_document() == {"owner": "ann"} | EMPTY
    assert parse_acl(Acl("ann", u=("a", "b")).to_document()) == Acl("ann", u=("a", "b"))


def test_a_content_acl_is_stored_without_owner_and_admin() -> None:
    stored = Acl(owner="ann", r=("a",), admin=("b",)).to_content_document()
    assert stored == {"r": ["a"], "w": [], "c": [], "u": [], "d": []}


@pytest.mark.parametrize(
    ("action", "granted"),
    [
        (Action.READ, {"r"}),
        (Action.CREATE, {"w", "c"}),
        (Action.UPDATE, {"w", "u"}),
        (Action.DELETE, {"w", "d"}),
        (Action.ADMIN, {"admin"}),
    ],
)
def test_writing_includes_creating_updating_and_deleting_and_nothing_else(action: Action, granted: set[str]) -> None:
    everyone = Acl(owner="o", r=("r",), w=("w",), c=("c",), u=("u",), d=("d",), admin=("admin",))
    assert everyone.granted(action) == granted
