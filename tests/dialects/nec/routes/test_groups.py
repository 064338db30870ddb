from __future__ import annotations

from typing import Any
from urllib.parse import quote

import pytest

from tests.core.site import FixedClock
from tests.dialects.nec.world import EVERYBODY, NOTHING, Nec

LISTS: dict[str, list[str]] = {"r": [], "w": [], "c": [], "u": [], "d": [], "admin": []}


@pytest.fixture(autouse=True)
def _groups_may_be_changed(nec: Nec) -> None:
    every = ["g:authenticated"]
    nec.allow("_GROUPS", r=every, w=every)


# --- making ---


@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_new_group_has_all_lists_and_belongs_to_its_maker(nec: Nec, method: str) -> None:
    ann = nec.user("ann")
    answer = nec.send(method, "/groups/staff", {}, by=ann)
    assert answer.status == 200
    group = answer.json
    assert group.keys() == {"_id", "name", "users", "groups", "ACL", "createdAt", "updatedAt", "etag"}
    assert group["ACL"] == LISTS | {"owner": ann.id}
    assert (group["name"], group["users"], group["groups"]) == ("staff", [], [])


def test_a_group_made_by_nobody_is_everybodys(nec: Nec) -> None:
    nec.allow("_GROUPS", w=["g:anonymous"], r=["g:anonymous"])
    assert nec.put("/groups/staff", {}).json["ACL"] == LISTS | {"r": ["g:anonymous"], "w": ["g:anonymous"]}


def test_posting_a_group_twice_is_a_conflict(nec: Nec) -> None:
    nec.post("/groups/staff", {}, by=nec.master)
    answer = nec.post("/groups/staff", {}, by=nec.master)
    assert answer.status == 409
    assert answer.json["reasonCode"] == "duplicate_key"
    assert isinstance(answer.json["error"], str)


@pytest.mark.parametrize("name", ["日本 語", "a b", "x" * 100, "名" * 100])
def test_names_are_any_text(nec: Nec, name: str) -> None:
    path = f"/groups/{quote(name)}"
    assert nec.put(path, {}, by=nec.master).json["name"] == name
    assert nec.get(path, by=nec.master).json["name"] == name
    assert nec.delete(path, by=nec.master).status == 200


@pytest.mark.parametrize("name", ["x" * 101, "a/b", "_EXT-a", "authenticated", "anonymous"])
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_names_that_break_a_rule_are_refused(nec: Nec, method: str, name: str) -> None:
    assert nec.send(method, f"/groups/{quote(name, safe='')}", {}, by=nec.master).status == 400


@pytest.mark.parametrize(
    "body",
    [
        {"users": ["514af36644f9cb2eb8000002"]},
        {"groups": ["nobody"]},
        {"users": "ann"},
        {"users": [1]},
        {"groups": {"a": 1}},
        {"ACL": []},
        {"ACL": {"r": "g:authenticated"}},
        {"ACL": {"owner": 1}},
    ],
)
def test_contents_that_are_none_are_refused(nec: Nec, body: dict[str, Any]) -> None:
    for method in ("POST", "PUT"):
        assert nec.send(method, "/groups/staff", body, by=nec.master).status == 400
    assert nec.get("/groups/staff", by=nec.master).status == 404


def test_making_a_group_needs_the_create_right_of_groups(nec: Nec) -> None:
    nec.allow("_GROUPS", r=["g:authenticated"])
    for method in ("POST", "PUT"):
        assert nec.send(method, "/groups/staff", {}, by=nec.user("ann")).status == 403


# --- changing ---


def test_an_identical_put_changes_the_etag(nec: Nec) -> None:
    body = {"users": [], "groups": [], "ACL": EVERYBODY}
    first = nec.put("/groups/staff", body, by=nec.master).json
    second = nec.put("/groups/staff", body, by=nec.master).json
    assert second["etag"] != first["etag"]
    assert second["_id"] == first["_id"]


def test_lists_left_out_stay_and_empty_ones_empty(nec: Nec) -> None:
    nec.group("child")
    nec.group("staff", users=("ann",), groups=("child",))
    assert nec.put("/groups/staff", {}, by=nec.master).json["groups"] == ["child"]
    changed = nec.put("/groups/staff", {"users": [], "groups": []}, by=nec.master).json
    assert (changed["users"], changed["groups"]) == ([], [])


@pytest.mark.parametrize(
    ("who", "status"), [("guest", 403), ("stranger", 403), ("ann", 200), ("member", 200), ("master", 200)]
)
def test_changing_needs_the_update_right_of_the_group(nec: Nec, who: str, status: int) -> None:
    editors = nec.group("editors", users=("member",))
    nec.put("/groups/staff", {"ACL": {"u": [editors]}}, by=nec.user("ann"))
    assert nec.put("/groups/staff", {"users": []}, by=nec.person(who)).status == status
    assert nec.put("/groups/staff/addMembers", {}, by=nec.person(who)).status == status
    assert nec.put("/groups/staff/removeMembers", {}, by=nec.person(who)).status == status


def test_only_another_acl_needs_the_admin_right(nec: Nec) -> None:
    acl = {"u": [nec.user("editor").id]}
    stored = nec.put("/groups/staff", {"ACL": acl}, by=nec.user("ann")).json["ACL"]
    assert nec.put("/groups/staff", {"ACL": stored}, by=nec.user("editor")).status == 200
    wider = stored | {"r": ["g:anonymous"]}
    assert nec.put("/groups/staff", {"ACL": wider}, by=nec.user("editor")).status == 403
    assert nec.put("/groups/staff", {"ACL": wider}, by=nec.user("ann")).status == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_wrong_etag_is_answered_with_the_stored_group(nec: Nec, method: str) -> None:
    nec.group("staff")
    answer = nec.send(method, "/groups/staff", {}, by=nec.master, query={"etag": "wrong"})
    assert answer.status == 409
    assert answer.json["reasonCode"] == "etag_mismatch"
    assert answer.json["detail"]["name"] == "staff"
    good = {"etag": answer.json["detail"]["etag"]}
    assert nec.send(method, "/groups/staff", {}, by=nec.master, query=good).status == 200


# --- reading ---


def test_groups_are_listed_by_name_as_far_as_the_caller_may_read_them(nec: Nec) -> None:
    nec.put("/groups/b", {}, by=nec.user("ann"))
    nec.group("a")
    nec.put("/groups/c", {"ACL": {"r": [nec.user("bob").id]}}, by=nec.user("ann"))
    names = {
        who: [group["name"] for group in nec.get("/groups", by=nec.person(who)).json["results"]]
        for who in ("ann", "bob", "master", "stranger")
    }
    assert names == {"ann": ["a", "b", "c"], "bob": ["a", "c"], "master": ["a", "b", "c"], "stranger": ["a"]}


def test_a_group_that_may_not_be_read_is_forbidden(nec: Nec) -> None:
    nec.put("/groups/staff", {"users": [nec.user("ann").id]}, by=nec.user("ann"))
    answer = nec.get("/groups/staff", by=nec.user("bob"))
    assert answer.status == 403
    assert nec.user("ann").id not in answer.text


def test_reading_needs_the_read_right_of_groups(nec: Nec) -> None:
    nec.group("staff")
    for path in ("/groups", "/groups/staff"):
        assert nec.get(path).status == 403


@pytest.mark.parametrize("name", ["nobody", "%20", "_EXT-a", "a%2Fb", "authenticated"])
def test_an_unknown_group_is_not_found(nec: Nec, name: str) -> None:
    assert nec.get(f"/groups/{name}", by=nec.master).status == 404
    assert nec.delete(f"/groups/{name}", by=nec.master).status == 404
    assert nec.put(f"/groups/{name}/addMembers", {}, by=nec.master).status == 404
    assert nec.put(f"/groups/{name}/removeMembers", {}, by=nec.master).status == 404


# --- deleting ---


def test_a_deleted_group_leaves_the_groups_it_was_in(nec: Nec) -> None:
    nec.group("child", users=("ann",))
    nec.group("parent", groups=("child",))
    answer = nec.delete("/groups/child", by=nec.master)
    assert (answer.status, answer.json) == (200, {"result": "ok"})
    assert nec.get("/groups/parent", by=nec.master).json["groups"] == []
    assert nec.get("/users/current", by=nec.user("ann")).json["groups"] == []


# --- members ---


def test_members_come_and_go(nec: Nec) -> None:
    nec.group("child")
    nec.group("staff", users=("ann",))
    ann, bob = nec.user("ann").id, nec.user("bob").id
    added = nec.put("/groups/staff/addMembers", {"users": [ann, bob], "groups": ["child"]}, by=nec.master).json
    assert (added["users"], added["groups"]) == ([ann, bob], ["child"])
    body = {"users": [ann, "nobody"], "groups": ["child", "nobody"]}
    left = nec.put("/groups/staff/removeMembers", body, by=nec.master).json
    assert (left["users"], left["groups"]) == ([bob], [])


@pytest.mark.parametrize("verb", ["addMembers", "removeMembers"])
@pytest.mark.parametrize("body", [{}, {"users": [], "groups": []}, {"users": None}, NOTHING])
def test_adding_or_removing_nobody_moves_the_etag(nec: Nec, clock: FixedClock, verb: str, body: Any) -> None:
    nec.group("staff")
    before = nec.get("/groups/staff", by=nec.master).json
    clock.advance(seconds=1)
    after = nec.put(f"/groups/staff/{verb}", body, by=nec.master).json
    assert after["etag"] != before["etag"]
    assert after["updatedAt"] > before["updatedAt"]


@pytest.mark.parametrize("body", [{"users": ["514af36644f9cb2eb8000002"]}, {"groups": ["nobody"]}, {"users": "x"}])
def test_an_unknown_member_is_not_added(nec: Nec, body: dict[str, Any]) -> None:
    nec.group("staff")
    assert nec.put("/groups/staff/addMembers", body, by=nec.master).status == 400
