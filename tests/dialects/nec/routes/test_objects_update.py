from __future__ import annotations

import json
from typing import Any

import pytest

from tests.core.site import FixedClock
from tests.dialects.nec.world import EVERYBODY, Nec


@pytest.fixture(autouse=True)
def _box(nec: Nec) -> None:
    nec.bucket()


def path(made: dict[str, Any]) -> str:
    return f"/objects/box/{made['_id']}"


@pytest.mark.parametrize(
    ("stored", "change", "after"),
    [
        ({"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": 1, "b": 2}, {"$set": {"a": 2}}, {"a": 2, "b": 2}),
        ({"a": 1}, {"$set": {"b.c": 2}}, {"a": 1, "b": {"c": 2}}),
        ({"a": 1}, {"$inc": {"a": 10}}, {"a": 11}),
        ({"a": 1}, {"a2": 5, "$inc": {"a": 10}}, {"a": 11, "a2": 5}),
        ({"a": 1}, {"$rename": {"a": "b"}}, {"b": 1}),
        ({"a": 1, "b": 1}, {"$unset": {"a": ""}}, {"b": 1}),
        ({"a": [1]}, {"$addToSet": {"a": {"$each": [1, 2]}}}, {"a": [1, 2]}),
        ({"a": [1, 2]}, {"$pop": {"a": 1}}, {"a": [1]}),
        ({"a": [1, 2, 3]}, {"$pullAll": {"a": [1, 3]}}, {"a": [2]}),
        ({"a": [1, 5, 9]}, {"$pull": {"a": {"$gt": 4}}}, {"a": [1]}),
        ({"a": ["x", "yx"]}, {"$pull": {"a": {"$regex": "^y"}}}, {"a": ["x"]}),
        ({"a": [3]}, {"$push": {"a": {"$each": [2, 1], "$sort": 1, "$slice": 2}}}, {"a": [1, 2]}),
        ({"a": 13}, {"$bit": {"a": {"and": 10}}}, {"a": 8}),
        ({}, {"$set": {"a": {"$date": "2020-01-02T03:04:05.000Z"}}}, {"a": {"$date": "2020-01-02T03:04:05.000Z"}}),
    ],
)
def test_a_partial_update_changes_what_it_names_and_the_etag(
    nec: Nec, stored: dict[str, Any], change: dict[str, Any], after: dict[str, Any]
) -> None:
    made = nec.object(**stored)
    answer = nec.put(path(made), change)
    assert answer.status == 200
    own = {key: value for key, value in answer.json.items() if key in {"a", "b", "a2"}}
    assert own == after
    assert answer.json["etag"] != made["etag"]
    assert nec.get(path(made)).json == answer.json


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"$t": {"a": 1}}, 400),
        ({"$set": 5}, 400),
        ({"$inc": {"text": 1}}, 400),
        ({"$push": {"text": 1}}, 400),
        ({"_id": "514af36644f9cb2eb8000009"}, 500),
        ({"$set": {"_id": "514af36644f9cb2eb8000009"}}, 500),
        ({"createdAt": "yesterday"}, 400),
        ({"createdAt": 5}, 400),
        ({"$set": {"createdAt": "2020-01-02"}}, 400),
        ({"ACL": {"r": "x"}}, 400),
        ({"a": {"$b": 1}}, 400),
        ({"$full_update": {"a": 1}}, 400),
        ({"$full_update": {"ACL": None}}, 400),
        ({"$full_update": {"ACL": {}}, "a": 1}, 400),
        ({"$full_update": {"ACL": {}}, "$set": {"a": 1}}, 400),
        ({"$full_update": [1]}, 400),
        ({"$full_update": {"ACL": {}, "createdAt": "x"}}, 400),
        ({"$full_update": {"ACL": {}, "$a": 1}}, 400),
    ],
)
def test_changes_that_are_none_change_nothing(nec: Nec, change: dict[str, Any], status: int) -> None:
    made = nec.object(text="x")
    answer = nec.put(path(made), change)
    assert answer.status == status
    assert isinstance(answer.json["error"], str)
    assert nec.get(path(made)).json == made


def test_an_empty_change_moves_the_stamps(nec: Nec, clock: FixedClock) -> None:
    made = nec.object(a=1)
    clock.advance(seconds=1)
    after = nec.put(path(made), {}).json
    assert after["updatedAt"] > made["updatedAt"]
    assert after["etag"] != made["etag"]
    assert after["createdAt"] == made["createdAt"]


def test_a_change_that_is_too_large_is_refused(nec: Nec) -> None:
    made = nec.object(a="x")
    assert nec.put(path(made), {"b": "x" * 256 * 1024}).status == 413
    assert nec.put(path(made), {"$full_update": {"b": "x" * 256 * 1024, "ACL": {}}}).status == 413
    assert nec.get(path(made)).json == made


@pytest.mark.parametrize("form", [{"createdAt": "{}"}, {"$set": {"createdAt": "{}"}}, {"createdAt": {"$date": "{}"}}])
def test_the_time_of_creation_may_be_set(nec: Nec, form: dict[str, Any]) -> None:
    made = nec.object()
    moment = "2001-02-03T04:05:06.789Z"
    text = json.dumps(form).replace("{}", moment).encode()
    assert nec.put(path(made), text).json["createdAt"] == moment
    where = {"createdAt": {"$lt": "2002-01-01T00:00:00.000Z"}}
    assert len(nec.get("/objects/box", where=where).json["results"]) == 1


def test_a_full_update_replaces_everything_but_id_creation_and_owner(nec: Nec, clock: FixedClock) -> None:
    ann = nec.user("ann")
    made = nec.object(ann, a=1, b=2)
    clock.advance(seconds=1)
    answer = nec.put(path(made), {"$full_update": {"c": 3, "ACL": {"r": []}}}, by=ann)
    assert answer.status == 200
    after = answer.json
    assert after.keys() == {"_id", "c", "ACL", "createdAt", "updatedAt", "etag"}
    assert after["ACL"] == made["ACL"]
    assert after["createdAt"] == made["createdAt"]
    assert after["updatedAt"] > made["updatedAt"]
    assert nec.get(path(made), by=ann).json == after


def test_a_full_update_may_repeat_the_id_and_cannot_change_it(nec: Nec) -> None:
    made = nec.object(ACL=EVERYBODY)
    assert nec.put(path(made), {"$full_update": made | {"a": 1}}).json["a"] == 1
    other = made | {"_id": "514af36644f9cb2eb8000009", "a": 2}
    assert nec.put(path(made), {"$full_update": other}).status == 500
    entry = {"op": "update", "_id": made["_id"], "data": {"$full_update": other}}
    outcome = nec.post("/objects/box/_batch", {"requests": [entry]}).json["results"]
    assert outcome == [{"result": "serverError", "_id": made["_id"]}]
    assert nec.get(path(made)).json["a"] == 1
    assert nec.get("/objects/box/514af36644f9cb2eb8000009").status == 404


def test_only_another_acl_needs_the_admin_right(nec: Nec) -> None:
    made = nec.object(nec.user("ann"), ACL={"u": [nec.user("bob").id]})
    bob = nec.user("bob")
    same, wider = made["ACL"], made["ACL"] | {"r": ["g:anonymous"]}
    assert nec.put(path(made), {"a": 1, "ACL": same}, by=bob).status == 200
    assert nec.put(path(made), {"$full_update": {"a": 1, "ACL": same}}, by=bob).status == 200
    assert nec.put(path(made), {"a": 2, "ACL": wider}, by=bob).status == 403
    assert nec.put(path(made), {"$full_update": {"a": 2, "ACL": wider}}, by=bob).status == 403
    assert nec.put(path(made), {"$push": {"ACL.r": "g:anonymous"}}, by=bob).status == 403
    assert nec.get(path(made), by=nec.user("ann")).json["a"] == 1
    assert nec.put(path(made), {"ACL": wider}, by=nec.user("ann")).json["ACL"]["r"] == ["g:anonymous"]


@pytest.mark.parametrize("etag", ["", "wrong"])
@pytest.mark.parametrize(
    ("method", "body", "query"),
    [
        ("PUT", {"a": 2}, {}),
        ("PUT", {"$full_update": {"ACL": {}}}, {}),
        ("DELETE", None, {}),
        ("DELETE", None, {"deleteMark": 1}),
    ],
)
def test_a_wrong_etag_is_answered_with_the_stored_object(
    nec: Nec, method: str, body: Any, query: dict[str, Any], etag: str
) -> None:
    made = nec.object(nec.user("ann"), a=1)
    ann = nec.user("ann")
    answer = nec.send(method, path(made), body, by=ann, query=query | {"etag": etag})
    assert answer.status == 409
    assert answer.json == {"reasonCode": "etag_mismatch", "detail": made}
    assert nec.send(method, path(made), body, by=ann, query=query | {"etag": made["etag"]}).status == 200


def test_a_stranger_with_a_wrong_etag_sees_nothing(nec: Nec) -> None:
    made = nec.object(nec.user("ann"), secret="hidden")
    answer = nec.put(path(made), {}, by=nec.user("bob"), etag="wrong")
    assert answer.status == 403
    assert "hidden" not in answer.text
