from __future__ import annotations

import re
from typing import Any

import pytest

from chalicelib.core.documents import Index
from tests.core.site import FixedClock
from tests.dialects.nec.world import EVERYBODY, LISTS, NOBODY, Nec, Person

ID = "514af36644f9cb2eb8000002"


@pytest.fixture(autouse=True)
def _box(nec: Nec) -> None:
    nec.bucket()


def path(made: dict[str, Any]) -> str:
    return f"/objects/box/{made['_id']}"


# --- making ---


def test_a_new_object_gets_id_stamps_etag_and_acl(nec: Nec) -> None:
    ann = nec.user("ann")
    answer = nec.post("/objects/box", {"name": "日本\U0001f600", "score": 80, "deep": {"a": [1, None, 2.5]}}, by=ann)
    assert answer.status == 200
    made = answer.json
    assert re.fullmatch("[0-9a-f]{24}", made["_id"])
    assert made["ACL"] == LISTS | {"owner": ann.id}
    assert made["createdAt"] == made["updatedAt"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", made["createdAt"])
    assert made.items() >= {"name": "日本\U0001f600", "score": 80, "deep": {"a": [1, None, 2.5]}}.items()
    assert made.keys() == {"_id", "name", "score", "deep", "ACL", "createdAt", "updatedAt", "etag"}
    assert nec.get(path(made), by=ann).json == made


def test_an_object_made_by_nobody_is_everybodys(nec: Nec) -> None:
    assert nec.object(nec.guest)["ACL"] == LISTS | {"r": ["g:anonymous"], "w": ["g:anonymous"]}
    assert nec.object(nec.master)["ACL"] == LISTS | {"r": ["g:anonymous"], "w": ["g:anonymous"]}


def test_an_acl_without_owner_gets_the_maker_and_one_with_owner_keeps_it(nec: Nec) -> None:
    ann = nec.user("ann")
    assert nec.object(ann, ACL={"r": ["x"]})["ACL"] == LISTS | {"owner": ann.id, "r": ["x"]}
    assert nec.object(ann, ACL={"owner": "TestUser"})["ACL"] == LISTS | {"owner": "TestUser"}
    assert nec.object(nec.guest, ACL={"r": ["x"]})["ACL"] == LISTS | {"r": ["x"]}


def test_the_master_key_with_a_session_makes_that_users_objects(nec: Nec) -> None:
    ann = nec.user("ann")
    both = Person(nec.app.master_key, ann.token)
    assert nec.object(both)["ACL"]["owner"] == ann.id


@pytest.mark.parametrize("sent", [ID, ID.upper(), {"$oid": ID}])
def test_a_client_may_choose_the_id(nec: Nec, sent: Any) -> None:
    made = nec.object(_id=sent)
    assert made["_id"] == (sent if isinstance(sent, str) else ID)
    assert nec.get(path(made)).json == made


@pytest.mark.parametrize("sent", ["x", "", ID + "0", ID[:-1] + "g", 5, None, {"a": 1}, [ID], True])
def test_an_id_of_another_form_is_refused(nec: Nec, sent: Any) -> None:
    assert nec.post("/objects/box", {"_id": sent}).status == 400


def test_an_id_that_exists_is_a_duplicate(nec: Nec) -> None:
    nec.object(_id=ID)
    answer = nec.post("/objects/box", {"_id": ID})
    assert answer.status == 409
    assert answer.json == {"reasonCode": "duplicate_id", "detail": "Duplicate ID"}


def test_a_unique_index_makes_a_duplicate_key(nec: Nec) -> None:
    caller = nec.core.authentication.open(nec.tenant, nec.app.app.id, nec.app.master_key, None)
    nec.core.buckets.create_index(caller, "box", Index("one", (("one", 1),), unique=True, sparse=True))
    nec.object(one=1)
    answer = nec.post("/objects/box", {"one": 1})
    assert answer.status == 409
    assert answer.json == {"reasonCode": "duplicate_key", "detail": "Duplicate Key"}


@pytest.mark.parametrize(
    "body", [{"a.b": 1}, {"$a": 1}, {"a": {"$b": 1}}, {"ACL": []}, {"ACL": {"r": "x"}}, {"$symbol": "x"}]
)
def test_what_cannot_be_stored_is_refused(nec: Nec, body: dict[str, Any]) -> None:
    assert nec.post("/objects/box", body).status == 400
    assert nec.get("/objects/box").json["results"] == []


def test_an_object_that_is_too_large_is_refused(nec: Nec) -> None:
    assert nec.post("/objects/box", {"a": "x" * 256 * 1024}).status == 413
    assert nec.post("/objects/box", {"a": "x" * 255 * 1024}).status == 200


def test_a_request_token_sent_again_makes_nothing(nec: Nec) -> None:
    first = nec.post("/objects/box", {"a": 1}, requestToken="t1")
    second = nec.post("/objects/box", {"a": 1}, requestToken="t1")
    assert second.json == first.json
    assert len(nec.get("/objects/box").json["results"]) == 1


def test_stamps_and_etag_in_a_new_object_are_the_servers(nec: Nec) -> None:
    made = nec.object(createdAt="2001-01-01T00:00:00.000Z", updatedAt="x", etag="mine")
    assert made["createdAt"].startswith("2026-")
    assert made["updatedAt"].startswith("2026-")
    assert made["etag"] != "mine"


# --- rights ---


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize(
    ("who", "allowed"),
    [("guest", False), ("stranger", False), ("owner", True), ("member", True), ("inner", True), ("master", True)],
)
def test_who_may_act_on_an_object(nec: Nec, method: str, who: str, allowed: bool) -> None:
    nec.group("inner", users=("inner",))
    group = nec.group("outer", users=("member",), groups=("inner",))
    made = nec.object(nec.user("owner"), secret="hidden", ACL={"r": [group], "u": [group], "d": [group]})
    answer = nec.send(method, path(made), {}, by=nec.person(who))
    assert answer.status == (200 if allowed else 403)
    assert allowed or "hidden" not in answer.text


def test_a_change_of_membership_counts_from_the_next_request_on(nec: Nec) -> None:
    group = nec.group("staff")
    made = nec.object(ACL={"r": [group]})
    ann = nec.user("ann")
    assert nec.get(path(made), by=ann).status == 403
    nec.put("/groups/staff/addMembers", {"users": [ann.id]}, by=nec.master)
    assert nec.get(path(made), by=ann).status == 200
    nec.put("/groups/staff/removeMembers", {"users": [ann.id]}, by=nec.master)
    assert nec.get(path(made), by=ann).status == 403


@pytest.mark.parametrize(
    ("content_acl", "statuses"),
    [
        ({}, (403, 403, 403, 403)),
        ({"c": ["g:anonymous"]}, (200, 403, 403, 403)),
        ({"r": ["g:anonymous"]}, (403, 200, 403, 403)),
        ({"u": ["g:anonymous"]}, (403, 403, 200, 403)),
        ({"d": ["g:anonymous"]}, (403, 403, 403, 200)),
        ({"w": ["g:anonymous"]}, (200, 403, 200, 200)),
    ],
)
def test_the_buckets_content_acl_is_needed_too(
    nec: Nec, content_acl: dict[str, list[str]], statuses: tuple[int, ...]
) -> None:
    made = nec.object(a=1)
    nec.bucket(content_acl=content_acl)
    answers = (
        nec.post("/objects/box", {}),
        nec.get(path(made)),
        nec.put(path(made), {}),
        nec.delete(path(made)),
    )
    assert tuple(answer.status for answer in answers) == statuses


def test_the_answer_to_a_write_needs_no_read_right(nec: Nec) -> None:
    made = nec.object(a=1, ACL={"u": ["g:anonymous"]})
    assert nec.put(path(made), {"a": 2}).json["a"] == 2


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_unknown_buckets_and_objects_are_not_found(nec: Nec, method: str) -> None:
    for place in (f"/objects/nobox/{ID}", f"/objects/box/{ID}", "/objects/box/x", f"/objects/_USERS/{ID}"):
        assert nec.send(method, place, {}, by=nec.master).status == 404


def test_unknown_buckets_are_not_found_by_any_road(nec: Nec) -> None:
    assert nec.post("/objects/nobox", {}).status == 404
    assert nec.get("/objects/nobox").status == 404
    assert nec.delete("/objects/nobox").status == 404
    assert nec.post("/objects/nobox/_query", {}).status == 404
    assert nec.post("/objects/nobox/_aggregate", {"pipeline": []}).status == 404


# --- deleting ---


def test_a_hard_delete_answers_an_empty_object(nec: Nec) -> None:
    made = nec.object()
    answer = nec.delete(path(made), deleteMark=0)
    assert (answer.status, answer.json) == (200, {})
    assert nec.delete(path(made)).status == 404


def test_a_marked_object_is_kept_out_of_sight(nec: Nec, clock: FixedClock) -> None:
    made = nec.object(a=1)
    clock.advance(seconds=1)
    answer = nec.delete(path(made), deleteMark=1)
    assert answer.status == 200
    marked = answer.json
    assert marked["_deleted"] is True
    assert marked["a"] == 1
    assert marked["etag"] != made["etag"]
    assert marked["updatedAt"] > made["updatedAt"]
    assert nec.get(path(made)).status == 404
    assert nec.get(path(made), deleteMark=1).json == marked
    assert nec.get("/objects/box", count=1).json["count"] == 0
    assert nec.get("/objects/box", count=1, deleteMark=1).json["results"] == [marked]


def test_a_marked_object_can_be_changed_and_stays_marked_unless_overwritten_without(nec: Nec) -> None:
    made = nec.object(a=1)
    nec.delete(path(made), deleteMark=1)
    assert nec.put(path(made), {"a": 2}).json["_deleted"] is True
    assert nec.put(path(made), {"$full_update": {"ACL": EVERYBODY, "_deleted": True}}).json["_deleted"] is True
    assert "_deleted" not in nec.put(path(made), {"$full_update": {"ACL": EVERYBODY}}).json
    assert nec.get(path(made)).status == 200


def test_a_mark_taken_off_is_not_shown(nec: Nec) -> None:
    made = nec.object()
    nec.delete(path(made), deleteMark=1)
    assert "_deleted" not in nec.put(path(made), {"_deleted": False}).json


@pytest.mark.parametrize("value", ["2", "yes", "", "-1", "null"])
def test_a_flag_that_is_none_is_refused_and_deletes_nothing(nec: Nec, value: str) -> None:
    made = nec.object()
    assert nec.delete(path(made), deleteMark=value).status == 400
    assert nec.delete("/objects/box", deleteMark=value).status == 400
    assert nec.get(path(made)).status == 200


# --- deleting many ---


def test_a_bulk_delete_takes_what_matches_and_may_be_deleted(nec: Nec) -> None:
    ann = nec.user("ann")
    mine, other = nec.object(ann, a=1), nec.object(nec.user("bob"), a=1)
    kept = nec.object(ann, a=2)
    answer = nec.delete("/objects/box", by=ann, where={"a": 1}, order="a", limit=0)
    assert (answer.status, answer.json) == (200, {"result": "ok", "deletedObjects": 1})
    left = {made["_id"] for made in nec.get("/objects/box", by=nec.master).json["results"]}
    assert left == {other["_id"], kept["_id"]}
    assert mine["_id"] not in left


def test_a_bulk_delete_without_condition_takes_everything_also_marked_objects(nec: Nec) -> None:
    made = [nec.object() for _ in range(3)]
    nec.delete(path(made[0]), deleteMark=1)
    assert nec.delete("/objects/box", deleteMark=1).json["deletedObjects"] == 2
    assert nec.delete("/objects/box", deleteMark=1).json["deletedObjects"] == 0
    assert nec.delete("/objects/box", where={}).json["deletedObjects"] == 3
    assert nec.delete("/objects/box").json["deletedObjects"] == 0


def test_an_id_that_is_empty_is_no_wish_to_delete_everything(nec: Nec) -> None:
    nec.object()
    for query in ({}, {"deleteMark": 1}):
        answer = nec.delete("/objects/box/", **query)
        assert (answer.status, answer.json) == (404, {"error": "no such object: "})
    assert nec.get("/objects/box", count=1).json["count"] == 1


@pytest.mark.parametrize("body", [{"where": {"a": 2}}, {"deleteMark": 1}, [], "x", b"where=1", b"{"])
def test_a_condition_in_a_body_is_refused_instead_of_deleting_everything(nec: Nec, body: Any) -> None:
    made = nec.object(a=1)
    assert nec.send("DELETE", "/objects/box", body).status == 400
    assert nec.get(path(made)).status == 200


@pytest.mark.parametrize("body", [b"", b" ", {}, b"{ }", b"null"])
def test_an_empty_body_of_a_bulk_delete_means_nothing(nec: Nec, body: Any) -> None:
    nec.object(a=1)
    assert nec.send("DELETE", "/objects/box", body).json["deletedObjects"] == 1


@pytest.mark.parametrize(
    ("where", "status"), [("{", 400), ("", 400), ("[]", 400), ('{"$where":"1"}', 400), ('{"a":{"$all":null}}', 500)]
)
def test_a_condition_that_is_none_deletes_nothing(nec: Nec, where: str, status: int) -> None:
    made = nec.object(a=1)
    assert nec.delete("/objects/box", where=where).status == status
    assert nec.get(path(made)).status == 200


def test_what_may_not_be_read_may_be_deleted_with_the_right(nec: Nec) -> None:
    nec.object(nec.user("ann"), ACL=NOBODY | {"d": ["g:anonymous"]})
    assert nec.delete("/objects/box").json["deletedObjects"] == 1
