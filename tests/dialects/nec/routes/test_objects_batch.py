from __future__ import annotations

from typing import Any

import pytest

from tests.dialects.nec.world import EVERYBODY, NOBODY, Nec, Person

ID = "514af36644f9cb2eb8000002"
OTHER_ID = "514af36644f9cb2eb8000003"


@pytest.fixture(autouse=True)
def _box(nec: Nec) -> None:
    nec.bucket()


def run(nec: Nec, *requests: Any, by: Person | None = None, bucket: str = "box", **query: Any) -> list[dict[str, Any]]:
    answer = nec.post(f"/objects/{bucket}/_batch", {"requests": list(requests)}, by=by, **query)
    assert answer.status == 200, answer.content
    assert answer.json.keys() == {"results"}
    results: list[dict[str, Any]] = answer.json["results"]
    assert len(results) == len(requests)
    return results


def test_entries_succeed_in_their_order_with_the_object_beside_its_version(nec: Nec) -> None:
    changed, replaced, gone = (nec.object(n=n) for n in range(3))
    results = run(
        nec,
        {"op": "insert", "data": {"_id": ID, "n": 9}},
        {"op": "update", "_id": changed["_id"], "data": {"$inc": {"n": 5}}, "etag": changed["etag"]},
        {"op": "update", "_id": replaced["_id"], "data": {"$full_update": {"m": 1, "ACL": EVERYBODY}}},
        {"op": "delete", "_id": gone["_id"], "etag": gone["etag"]},
    )
    for result in results[:3]:
        assert result.keys() == {"result", "_id", "etag", "updatedAt", "data"}
        assert result["result"] == "ok"
        assert (result["etag"], result["updatedAt"]) == (result["data"]["etag"], result["data"]["updatedAt"])
        assert nec.get(f"/objects/box/{result['_id']}").json == result["data"]
    assert results[0]["_id"] == ID
    assert results[1]["data"]["n"] == 5
    assert "n" not in results[2]["data"]
    assert results[3] == {"result": "ok", "_id": gone["_id"]}
    assert nec.get(f"/objects/box/{gone['_id']}").status == 404


def test_a_soft_delete_shows_the_marked_object_and_may_be_repeated(nec: Nec) -> None:
    made = nec.object(n=1)
    entry = {"op": "delete", "_id": made["_id"]}
    first, second = run(nec, entry, entry, deleteMark=1)
    assert first["data"]["_deleted"] is True
    assert second["result"] == "ok"


def test_a_later_entry_sees_the_earlier_ones(nec: Nec) -> None:
    made = nec.object(n=1)
    results = run(
        nec,
        {"op": "update", "_id": made["_id"], "data": {"n": 2}},
        {"op": "delete", "_id": made["_id"], "etag": made["etag"]},
    )
    assert results[1] == {
        "result": "conflict",
        "reasonCode": "etag_mismatch",
        "_id": made["_id"],
        "etag": results[0]["etag"],
        "updatedAt": results[0]["updatedAt"],
        "data": results[0]["data"],
    }


def test_an_id_that_exists_is_a_conflict_without_id_or_data(nec: Nec) -> None:
    nec.object(_id=ID)
    assert run(nec, {"op": "insert", "data": {"_id": ID}}) == [{"result": "conflict", "reasonCode": "duplicate_id"}]


def test_what_is_not_there_is_not_found(nec: Nec) -> None:
    results = run(
        nec,
        {"op": "update", "_id": OTHER_ID, "data": {}},
        {"op": "delete", "_id": OTHER_ID},
        {"op": "delete", "_id": "x"},
    )
    assert results[:2] == [{"result": "notFound", "_id": OTHER_ID}] * 2
    assert results[2] == {"result": "notFound", "_id": "x"}


BAD_ENTRIES: list[Any] = [
    None,
    "insert",
    [],
    {},
    {"op": "upsert", "_id": ID, "data": {}},
    {"op": "insert"},
    {"op": "insert", "data": []},
    {"op": "insert", "data": {"_id": "short"}},
    {"op": "insert", "data": {"$set": {"a": 1}}},
    {"op": "insert", "data": {"a": {"$date": "never"}}},
    {"op": "insert", "data": {"a": 2**64}},
    {"op": "insert", "data": {"ACL": 1}},
    {"op": ["insert"], "data": {}},
    {"op": "update", "data": {"a": 1}},
    {"op": "update", "_id": ID},
    {"op": "update", "_id": ID, "data": {"$bad": {"a": 1}}},
    {"op": "update", "_id": ID, "data": {"$full_update": {"a": 1}}},
    {"op": "update", "_id": ID, "data": {"$full_update": 1}},
    {"op": "update", "_id": ID, "data": {"createdAt": "x"}},
    {"op": "update", "_id": ID, "data": {"a": 1}, "etag": 5},
    {"op": "update", "_id": 5, "data": {"a": 1}},
    {"op": "delete"},
    {"op": "delete", "_id": {"$ne": ""}},
]


def test_an_entry_that_is_none_fails_alone(nec: Nec) -> None:
    nec.object(_id=ID, a=0)
    results = run(nec, {"op": "insert", "data": {"n": 1}}, *BAD_ENTRIES, {"op": "insert", "data": {"n": 2}})
    assert [result["result"] for result in results] == ["ok", *["badRequest"] * len(BAD_ENTRIES), "ok"]
    for entry, result in zip(BAD_ENTRIES, results[1:-1], strict=True):
        names_object = isinstance(entry, dict) and entry.get("_id") == ID
        assert result == {"result": "badRequest"} | ({"_id": ID} if names_object else {}), entry


def test_an_entry_that_is_too_large_says_so(nec: Nec) -> None:
    results = run(nec, {"op": "insert", "data": {"a": "x" * 256 * 1024}})
    assert results == [{"result": "requestEntityTooLarge"}]


def test_a_changed_id_is_a_server_error_as_in_a_call_of_its_own(nec: Nec) -> None:
    nec.object(_id=ID)
    results = run(nec, {"op": "update", "_id": ID, "data": {"_id": OTHER_ID}})
    assert results == [{"result": "serverError", "_id": ID}]


def test_entries_without_the_right_are_forbidden_and_show_nothing(nec: Nec) -> None:
    made = nec.object(nec.user("ann"), secret="hidden", ACL=NOBODY)
    requests = [
        {"op": "update", "_id": made["_id"], "data": {"a": 1}, "etag": "wrong"},
        {"op": "update", "_id": made["_id"], "data": {"$full_update": {"ACL": {}}}},
        {"op": "delete", "_id": made["_id"]},
    ]
    assert run(nec, *requests, by=nec.user("bob")) == [{"result": "forbidden", "_id": made["_id"]}] * 3
    assert [result["result"] for result in run(nec, *requests[1:], by=nec.master)] == ["ok", "ok"]


def test_without_a_right_on_the_bucket_each_entry_is_forbidden(nec: Nec) -> None:
    made = nec.object(_id=ID)
    nec.bucket(content_acl={"c": ["g:anonymous"]})
    results = run(
        nec,
        {"op": "insert", "data": {}},
        {"op": "update", "_id": made["_id"], "data": {}},
        {"op": "delete", "_id": made["_id"]},
    )
    assert [result["result"] for result in results] == ["ok", "forbidden", "forbidden"]


def test_in_an_unknown_bucket_nothing_is_found(nec: Nec) -> None:
    results = run(nec, {"op": "insert", "data": {}}, {"op": "delete", "_id": ID}, bucket="nobox")
    assert results == [{"result": "notFound"}, {"result": "notFound", "_id": ID}]


def test_a_request_token_sent_again_gets_the_first_answer(nec: Nec) -> None:
    requests = [{"op": "insert", "data": {"n": 1}}, {"op": "delete", "_id": OTHER_ID}]
    first = run(nec, *requests, requestToken="t1")
    assert run(nec, *requests, requestToken="t1") == first
    assert len(nec.get("/objects/box").json["results"]) == 1
    assert run(nec, requests[0], requestToken="t2")[0]["_id"] != first[0]["_id"]


def test_a_request_token_is_its_senders_alone(nec: Nec) -> None:
    made = run(nec, {"op": "insert", "data": {"secret": "hidden"}}, by=nec.user("ann"), requestToken="t1")
    other = run(nec, {"op": "insert", "data": {}}, by=nec.user("bob"), requestToken="t1")
    assert other[0]["_id"] != made[0]["_id"]


@pytest.mark.parametrize("body", [{}, {"requests": None}, {"requests": {}}, {"requests": "x"}, []])
def test_a_body_without_a_list_is_refused(nec: Nec, body: Any) -> None:
    assert nec.post("/objects/box/_batch", body).status == 400


def test_a_batch_of_more_entries_than_a_request_has_time_for_is_refused(nec: Nec) -> None:
    largest = [{"op": "none"}] * 5_000
    assert len(nec.post("/objects/box/_batch", {"requests": largest}).json["results"]) == 5_000
    answer = nec.post("/objects/box/_batch", {"requests": [{"op": "insert", "data": {}}, *largest]})
    assert (answer.status, answer.json) == (400, {"error": "a batch has at most 5000 requests"})
    assert nec.get("/objects/box", count=1).json["count"] == 0


def test_no_entries_have_no_results(nec: Nec) -> None:
    assert run(nec) == []


def test_a_wrong_app_key_fails_the_call(nec: Nec) -> None:
    assert nec.post("/objects/box/_batch", {"requests": []}, by=Person("wrong")).status == 401
