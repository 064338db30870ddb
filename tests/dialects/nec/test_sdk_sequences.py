"""What NEC's own clients do, call by call, and what they rely on. Spec: nec-clients."""

from __future__ import annotations

import json
from typing import Any

from tests.core.site import FixedClock
from tests.dialects.nec.world import EVERYBODY, PASSWORD, Nec


def test_the_javascript_client_saves_an_object_by_sending_all_of_it_back(nec: Nec, clock: FixedClock) -> None:
    nec.bucket()
    ann = nec.user("ann")
    made = nec.post("/objects/box", {"name": "Foo", "score": 1}, by=ann).json
    clock.advance(seconds=1)
    saved = nec.put(f"/objects/box/{made['_id']}", made | {"score": 2}, by=ann, etag=made["etag"])
    assert saved.status == 200
    assert saved.json == made | {"score": 2, "etag": saved.json["etag"], "updatedAt": saved.json["updatedAt"]}
    assert saved.json["updatedAt"] > made["updatedAt"]
    again = nec.put(f"/objects/box/{made['_id']}", made | {"score": 3}, by=ann, etag=made["etag"])
    assert again.status == 409
    assert again.json == {"reasonCode": "etag_mismatch", "detail": saved.json}
    assert nec.delete(f"/objects/box/{made['_id']}", by=ann, etag=saved.json["etag"], deleteMark=0).json == {}


def test_the_javascript_client_sends_every_parameter_at_its_default(nec: Nec) -> None:
    nec.bucket()
    for n in range(3):
        nec.object(n=n)
    asked = {"where": {"n": {"$gte": 1}}, "order": "-n", "skip": 0, "limit": -1, "count": 1, "deleteMark": 0}
    answer = nec.post(
        "/objects/box/_query", asked | {"projection": {"n": 1}, "timeout": 0, "readPreference": "primary"}
    )
    assert [found["n"] for found in answer.json["results"]] == [2, 1]
    assert answer.json["count"] == 2


def test_the_javascript_client_saves_a_group_with_all_lists(nec: Nec) -> None:
    ann = nec.user("ann")
    made = nec.put("/groups/staff", {"users": [], "groups": [], "ACL": EVERYBODY}, by=ann).json
    nec.allow("_GROUPS", r=["g:authenticated"], w=["g:authenticated"])
    body = {"users": [ann.id], "groups": [], "ACL": made["ACL"]}
    saved = nec.put("/groups/staff", body, by=nec.user("bob"), etag=made["etag"])
    assert saved.json["users"] == [ann.id]
    assert nec.put("/groups/staff", body, by=ann, etag=made["etag"]).json["reasonCode"] == "etag_mismatch"


def test_the_python_client_sends_conditions_as_text(nec: Nec) -> None:
    nec.bucket()
    for n in range(200):
        nec.object(n=n)
    body = {"where": json.dumps({"n": {"$lt": 150}}), "projection": json.dumps({"n": 1}), "limit": -1, "count": 1}
    answer = nec.post("/objects/box/_query", body)
    assert len(answer.json["results"]) == 150
    assert answer.json["count"] == 150
    assert answer.json["results"][0].keys() == {"_id", "n"}


def test_the_python_client_walks_through_a_users_life(nec: Nec) -> None:
    body = {"username": "user1", "email": "user1@example.com", "password": PASSWORD, "options": {"realName": "山田"}}
    user = nec.post("/users", body).json
    assert nec.get("/users", by=nec.master, username="user1").json["results"][0]["_id"] == user["_id"]
    first = nec.log_in("user1")
    assert nec.get("/users/current", by=first).json["options"] == {"realName": "山田"}
    assert nec.put(f"/users/{user['_id']}", {"email": "new@example.com"}, by=first, etag="wrong").status == 409
    changed = nec.put(f"/users/{user['_id']}", {"email": "new@example.com"}, by=first)
    assert changed.json["email"] == "new@example.com"
    assert nec.delete("/login", by=first).status == 200
    assert nec.delete("/login", by=first).status == 401
    second = nec.log_in("user1")
    assert nec.delete(f"/users/{user['_id']}", by=second).json == {"result": "ok"}
    assert nec.delete(f"/users/{user['_id']}", by=nec.master).status == 404


def test_the_python_client_updates_and_deletes_in_a_batch(nec: Nec) -> None:
    nec.bucket()
    made = [nec.object(n=n) for n in range(2)]
    update = {"op": "update", "_id": made[0]["_id"], "data": {"n": 5}, "etag": made[0]["etag"]}
    delete = {"op": "delete", "_id": made[1]["_id"], "etag": made[1]["etag"]}
    results = nec.post("/objects/box/_batch", {"requests": [update, delete]}, deleteMark=1).json["results"]
    assert [result["result"] for result in results] == ["ok", "ok"]
    again = {"op": "delete", "_id": made[1]["_id"]}
    assert nec.post("/objects/box/_batch", {"requests": [again]}, deleteMark=1).json["results"][0]["result"] == "ok"


def pull(nec: Nec, since: str | None, limit: int) -> tuple[list[dict[str, Any]], str]:
    """Everything changed since a moment, page by page, as the .NET client's synchroniser asks for it."""
    found: list[dict[str, Any]] = []
    where: dict[str, Any] = {} if since is None else {"updatedAt": {"$gte": since}}
    while True:
        asked: dict[str, Any] = {"where": where, "order": "updatedAt,_id", "limit": limit, "deleteMark": 1}
        page = nec.get("/objects/box", **asked).json
        found += page["results"]
        if len(page["results"]) < limit:
            return found, page["currentTime"]
        last = page["results"][-1]
        where = {
            "$or": [
                {"updatedAt": {"$gt": last["updatedAt"]}},
                {"$and": [{"updatedAt": last["updatedAt"]}, {"_id": {"$gt": last["_id"]}}]},
            ]
        }


def test_the_dotnet_client_pulls_every_change_once_in_pages(nec: Nec, clock: FixedClock) -> None:
    nec.bucket()
    made = []
    for n in range(10):
        made.append(nec.object(n=n))
        if n % 3 == 0:
            clock.advance(milliseconds=1)
    everything, then = pull(nec, None, limit=3)
    assert [found["n"] for found in everything] == list(range(10))
    clock.advance(seconds=5)
    nec.put(f"/objects/box/{made[4]['_id']}", {"n": 40})
    nec.delete(f"/objects/box/{made[7]['_id']}", deleteMark=1)
    changed, _ = pull(nec, then, limit=1)
    assert {found["_id"] for found in changed} == {made[4]["_id"], made[7]["_id"]}
    assert next(found for found in changed if found.get("_deleted"))["_id"] == made[7]["_id"]


def test_the_dotnet_client_pushes_whole_objects_and_repeats_a_lost_batch(nec: Nec) -> None:
    nec.bucket()
    made = nec.object(n=1)
    body = {key: value for key, value in made.items() if key not in ("_id", "etag")} | {"n": 2}
    entry = {"op": "update", "_id": made["_id"], "etag": made["etag"], "data": {"$full_update": body}}
    first = nec.post("/objects/box/_batch", {"requests": [entry]}, requestToken="r1", deleteMark=1)
    second = nec.post("/objects/box/_batch", {"requests": [entry]}, requestToken="r1", deleteMark=1)
    assert first.json["results"][0]["result"] == "ok"
    assert second.json == first.json
    third = nec.post("/objects/box/_batch", {"requests": [entry]}, requestToken="r2", deleteMark=1).json["results"][0]
    assert third["reasonCode"] == "etag_mismatch"
    assert third["data"]["n"] == 2


def test_the_dotnet_client_revives_a_deleted_object_by_a_full_update(nec: Nec) -> None:
    nec.bucket()
    made = nec.object(n=1)
    marked = nec.delete(f"/objects/box/{made['_id']}", deleteMark=1).json
    kept = nec.put(f"/objects/box/{made['_id']}", {"$full_update": marked | {"n": 2}}, etag=marked["etag"])
    assert kept.json["_deleted"] is True
    revived = {key: value for key, value in kept.json.items() if key != "_deleted"}
    assert "_deleted" not in nec.put(f"/objects/box/{made['_id']}", {"$full_update": revived}).json
