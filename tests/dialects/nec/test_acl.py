from __future__ import annotations

from chalicelib.core.access.acl import Acl
from chalicelib.dialects.nec.acl import acl_json, content_acl_json, optional_acl, optional_content_acl


def test_an_acl_is_written_with_every_list_and_an_owner_only_if_there_is_one() -> None:
    lists: dict[str, list[str]] = {"r": ["a"], "w": [], "c": [], "u": [], "d": [], "admin": []}
    assert acl_json(Acl(r=("a",))) == lists
    assert acl_json(Acl(r=("a",), owner="x")) == lists | {"owner": "x"}


def test_a_content_acl_is_written_without_owner_and_admin() -> None:
    assert content_acl_json(Acl(owner="x", admin=("y",))) == {"r": [], "w": [], "c": [], "u": [], "d": []}


def test_acls_are_read_from_their_fields() -> None:
    body = {"ACL": {"r": ["a"], "owner": "x"}, "contentACL": {"w": ["b"], "owner": "x", "admin": ["y"]}}
    assert optional_acl(body) == Acl(r=("a",), owner="x")
    assert optional_content_acl(body) == Acl(w=("b",))


def test_absent_and_null_are_none() -> None:
    for body in ({}, {"ACL": None, "contentACL": None}):
        assert optional_acl(body) is None
        assert optional_content_acl(body) is None
