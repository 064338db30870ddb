from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.documents import Index
from tests.dialects.nec.world import EVERYBODY, NOBODY, Nec

LISTS: dict[str, list[str]] = {"r": [], "w": [], "c": [], "u": [], "d": [], "admin": []}
CONTENT_LISTS: dict[str, list[str]] = {"r": [], "w": [], "c": [], "u": [], "d": []}
KINDS = ["object", "file"]


@pytest.mark.parametrize("kind", KINDS)
def test_a_bucket_by_a_user_is_for_all_users(nec: Nec, kind: str) -> None:
    ann = nec.user("ann")
    answer = nec.put(f"/buckets/{kind}/box", {}, by=ann)
    every = ["g:authenticated"]
    assert answer.status == 200
    assert answer.json == {
        "name": "box",
        "description": "",
        "ACL": LISTS | {"owner": ann.id, "r": every},
        "contentACL": CONTENT_LISTS | {"r": every, "w": every},
    }
    assert nec.get(f"/buckets/{kind}/box", by=ann).json == answer.json


@pytest.mark.parametrize("kind", KINDS)
def test_a_bucket_by_nobody_is_for_everybody(nec: Nec, kind: str) -> None:
    answer = nec.put(f"/buckets/{kind}/box", {"description": ""}, by=nec.master)
    every = ["g:anonymous"]
    assert answer.json["ACL"] == LISTS | {"r": every}
    assert answer.json["contentACL"] == CONTENT_LISTS | {"r": every, "w": every}


def test_a_content_acl_has_no_owner_and_no_admins(nec: Nec) -> None:
    body = {"contentACL": {"owner": "x", "admin": ["y"], "r": ["z"]}}
    assert nec.put("/buckets/object/box", body, by=nec.master).json["contentACL"] == CONTENT_LISTS | {"r": ["z"]}
    assert nec.get("/buckets/object/box", by=nec.master).json["contentACL"] == CONTENT_LISTS | {"r": ["z"]}


def test_a_change_names_description_and_both_acls(nec: Nec) -> None:
    assert nec.put("/buckets/object/box", {"description": "", "noAcl": False}, by=nec.master).status == 200
    assert nec.put("/buckets/object/box", {"description": "new"}, by=nec.master).status == 400
    body = {"description": "new", "ACL": {"r": ["g:anonymous"], "owner": "me"}, "contentACL": {"r": ["a"]}}
    changed = nec.put("/buckets/object/box", body, by=nec.master)
    assert changed.status == 200
    assert changed.json["description"] == "new"
    assert nec.get("/buckets/object/box", by=nec.master).json == changed.json


@pytest.mark.parametrize("name", ["_box", "x" * 41, "a-b", "a.b", "%E7%AE%B1", "a%2Fb", "%20"])
@pytest.mark.parametrize("kind", KINDS)
def test_names_that_break_a_rule_are_refused(nec: Nec, kind: str, name: str) -> None:
    assert nec.put(f"/buckets/{kind}/{name}", {}, by=nec.master).status == 400


@pytest.mark.parametrize(
    "body", [{"description": 1}, {"ACL": []}, {"ACL": {"r": [1]}}, {"contentACL": "x"}, {"contentACL": {"w": "x"}}]
)
def test_contents_that_are_none_are_refused(nec: Nec, body: dict[str, Any]) -> None:
    assert nec.put("/buckets/object/box", body, by=nec.master).status == 400


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("part", ["description", "ACL", "contentACL"])
def test_a_bucket_cannot_be_larger_than_an_object(nec: Nec, kind: str, part: str) -> None:
    def body(size: int) -> dict[str, Any]:
        return {"description": "", "ACL": {}, "contentACL": {}} | {
            part: "x" * size if part == "description" else {"r": ["x" * size]}
        }

    assert nec.put(f"/buckets/{kind}/box", body(270_000), by=nec.master).status == 400
    assert nec.get(f"/buckets/{kind}/box", by=nec.master).status == 404
    made = nec.put(f"/buckets/{kind}/box", body(200_000), by=nec.master)
    assert made.status == 200
    assert nec.put(f"/buckets/{kind}/box", body(270_000), by=nec.master).status == 400
    assert nec.get(f"/buckets/{kind}/box", by=nec.master).json == made.json


def test_making_a_bucket_needs_the_create_right_of_root(nec: Nec) -> None:
    for kind in KINDS:
        assert nec.put(f"/buckets/{kind}/box", {}).status == 403
        assert nec.put(f"/buckets/{kind}/box", {}, by=nec.user("ann")).status == 200
    nec.allow("_ROOT", c=["g:anonymous"])
    assert nec.put("/buckets/object/box2", {}).status == 200


def test_special_buckets_are_changed_with_the_master_key_and_never_listed(nec: Nec) -> None:
    body = {"description": "", "ACL": {}, "contentACL": {"r": ["g:anonymous"]}}
    for name in ("_ROOT", "_USERS", "_GROUPS"):
        assert nec.put(f"/buckets/object/{name}", body, by=nec.user("ann")).status == 403
        assert nec.put(f"/buckets/object/{name}", body, by=nec.master).status == 200
        assert nec.get(f"/buckets/object/{name}", by=nec.master).json["contentACL"]["r"] == ["g:anonymous"]
        assert nec.delete(f"/buckets/object/{name}", by=nec.master).status == 404
        assert nec.put(f"/buckets/file/{name}", body, by=nec.master).status == 400
    assert nec.get("/buckets/object", by=nec.master).json == {"results": []}


@pytest.mark.parametrize("kind", KINDS)
def test_buckets_are_listed_by_name_as_far_as_the_caller_may_read_them(nec: Nec, kind: str) -> None:
    nec.bucket("b", kind=kind)
    nec.bucket("a", acl={"r": ["g:authenticated"]}, kind=kind)
    nec.bucket("c", acl=NOBODY | {"owner": nec.user("ann").id}, kind=kind)
    names = {
        who: [bucket["name"] for bucket in nec.get(f"/buckets/{kind}", by=nec.person(who)).json["results"]]
        for who in ("guest", "ann", "master")
    }
    assert names == {"guest": ["b"], "ann": ["a", "b"], "master": ["a", "b", "c"]}


def test_kinds_have_names_of_their_own(nec: Nec) -> None:
    nec.bucket("box", kind="file")
    assert nec.get("/buckets/object/box", by=nec.master).status == 404
    assert nec.get("/buckets/object", by=nec.master).json == {"results": []}
    assert nec.get("/buckets/file/box", by=nec.master).status == 200


@pytest.mark.parametrize(("who", "status"), [("guest", 403), ("ann", 403), ("bob", 200), ("master", 200)])
def test_reading_needs_the_read_right_which_the_owner_lacks(nec: Nec, who: str, status: int) -> None:
    nec.bucket(acl={"owner": nec.user("ann").id, "r": [nec.user("bob").id]})
    answer = nec.get("/buckets/object/box", by=nec.person(who))
    assert answer.status == status
    assert status == 200 or nec.user("bob").id not in answer.text


def test_changing_needs_update_and_another_acl_needs_admin(nec: Nec) -> None:
    nec.bucket(acl={"u": [nec.user("editor").id], "admin": [nec.user("chief").id]})
    stored = nec.get("/buckets/object/box", by=nec.master).json
    text = stored | {"description": "new"}
    acl = stored | {"contentACL": {"r": []}}
    assert nec.put("/buckets/object/box", text, by=nec.user("editor")).status == 200
    assert nec.put("/buckets/object/box", acl | {"description": "new"}, by=nec.user("editor")).status == 403
    assert nec.put("/buckets/object/box", text | {"description": "x"}, by=nec.user("chief")).status == 403
    assert nec.put("/buckets/object/box", acl | {"description": "new"}, by=nec.user("chief")).status == 200


def test_a_full_bucket_is_deleted_only_with_the_master_key(nec: Nec) -> None:
    nec.bucket()
    nec.object(a=1)
    refused = nec.delete("/buckets/object/box")
    assert refused.status == 409
    assert isinstance(refused.json["error"], str)
    answer = nec.delete("/buckets/object/box", by=nec.master)
    assert (answer.status, answer.json) == (200, {"result": "ok"})
    assert nec.delete("/buckets/object/box", by=nec.master).status == 404
    nec.bucket()
    assert nec.get("/objects/box").json["results"] == []


@pytest.mark.parametrize("kind", KINDS)
def test_an_empty_bucket_is_deleted_by_whoever_has_the_right(nec: Nec, kind: str) -> None:
    nec.bucket(acl={"d": [nec.user("ann").id]}, kind=kind)
    assert nec.delete(f"/buckets/{kind}/box").status == 403
    assert nec.delete(f"/buckets/{kind}/box", by=nec.user("ann")).status == 200
    assert nec.get(f"/buckets/{kind}/box", by=nec.master).status == 404


@pytest.mark.parametrize("path", ["index", "shardkey"])
def test_indexes_and_shard_keys_need_the_admin_right(nec: Nec, path: str) -> None:
    nec.bucket(acl=EVERYBODY | {"owner": nec.user("ann").id})
    assert nec.get(f"/buckets/object/box/{path}").status == 403
    assert nec.get(f"/buckets/object/box/{path}", by=nec.user("bob")).status == 403
    assert nec.get(f"/buckets/object/nobox/{path}", by=nec.master).status == 404
    assert nec.get(f"/buckets/object/box/{path}", by=nec.user("ann")).status == (200 if path == "index" else 400)


def test_indexes_are_listed_with_their_keys_without_those_every_bucket_has(nec: Nec) -> None:
    nec.bucket()
    assert nec.get("/buckets/object/box/index", by=nec.master).json == {"results": []}
    caller = nec.core.authentication.open(nec.tenant, nec.app.app.id, nec.app.master_key, None)
    nec.core.buckets.create_index(caller, "box", Index("by_age", (("age", 1), ("name", -1))))
    assert nec.get("/buckets/object/box/index", by=nec.master).json == {
        "results": [{"name": "by_age", "keys": [{"name": "age", "type": 1}, {"name": "name", "type": -1}]}]
    }
