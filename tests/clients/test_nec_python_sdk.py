"""NEC's own Python SDK, unchanged, against a running server: what its users' scripts do."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import necbaas
import pytest
from requests.exceptions import HTTPError

from tests.live import LiveServer, live_server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    folder: Path = tmp_path_factory.mktemp("sdk") / "data"
    with live_server(folder) as running:
        yield running


@pytest.fixture(scope="module")
def demo(server: LiveServer) -> dict[str, str]:
    return server.demo


def connect(demo: dict[str, str], key: str = "app_key") -> Any:
    return necbaas.Service(
        {
            "baseUrl": demo["base_url"],
            "tenantId": demo["tenant_id"],
            "appId": demo["app_id"],
            "appKey": demo[key],
        }
    )


@pytest.fixture
def master(demo: dict[str, str]) -> Any:
    return connect(demo, "master_key")


@pytest.fixture
def service(demo: dict[str, str]) -> Any:
    return connect(demo)


def sign_up(service: Any, name: str) -> Any:
    user = necbaas.User(service)
    user.username, user.email, user.password = name, f"{name}@example.com", "Passw0rD"
    user.options = {"displayName": "日電 太郎"}
    return user.register()


@pytest.fixture
def user(demo: dict[str, str], master: Any, request: pytest.FixtureRequest) -> Iterator[tuple[Any, Any]]:
    """A signed-in service and the user's registration."""
    signed_in = connect(demo)
    made = sign_up(signed_in, f"u{abs(hash(request.node.name)) % 10**12}")
    necbaas.User.login(signed_in, username=made["username"], password="Passw0rD")
    yield signed_in, made
    necbaas.User.remove(master, made["_id"])


def status_of(error: pytest.ExceptionInfo[HTTPError]) -> int:
    assert error.value.response is not None
    assert isinstance(error.value.response.json(), dict)
    return int(error.value.response.status_code)


def test_a_user_signs_up_logs_in_and_out(service: Any, master: Any) -> None:
    made = sign_up(service, "hanako")
    assert made["options"] == {"displayName": "日電 太郎"}

    login = necbaas.User.login(service, email="hanako@example.com", password="Passw0rD")
    assert login["_id"] == made["_id"]
    assert service.session_token == login["sessionToken"]
    service.verify_session_token()
    assert [found["_id"] for found in necbaas.User.query(service, username="hanako")] == [made["_id"]]
    assert necbaas.User.get(service, made["_id"])["username"] == "hanako"

    necbaas.User.logout(service)
    with pytest.raises(HTTPError) as refused:
        necbaas.User.logout(service)
    assert status_of(refused) == 401
    assert necbaas.User.remove(master, made["_id"]) == {"result": "ok"}


def test_a_wrong_password_and_a_wrong_key_are_401(service: Any, demo: dict[str, str]) -> None:
    with pytest.raises(HTTPError) as refused:
        necbaas.User.login(service, username="nobody", password="wrong")
    assert status_of(refused) == 401
    service.param["appKey"] = "wrong"
    with pytest.raises(HTTPError) as refused:
        necbaas.User.query(service)
    assert status_of(refused) == 401


def test_a_user_changes_with_its_etag(user: tuple[Any, Any]) -> None:
    service, made = user
    change = necbaas.User(service)
    change.email = "changed@example.com"

    after = change.update(made["_id"], etag=made["etag"])
    assert after["email"] == "changed@example.com"
    with pytest.raises(HTTPError) as refused:
        change.update(made["_id"], etag=made["etag"])
    assert status_of(refused) == 409


def test_groups_are_made_filled_and_removed(user: tuple[Any, Any], master: Any) -> None:
    service, made = user
    inner, outer = necbaas.Group(service, "内輪"), necbaas.Group(service, "outer group")

    assert inner.upsert(users=[made["_id"]])["users"] == [made["_id"]]
    outer.upsert(groups=["内輪"])
    assert sorted(necbaas.User.get(service, made["_id"])["groups"]) == ["outer group", "内輪"]
    assert necbaas.Group(master, "内輪").remove_members(users=[made["_id"]])["users"] == []
    assert necbaas.Group(master, "内輪").add_members(users=[made["_id"]])["users"] == [made["_id"]]
    for name in ("内輪", "outer group"):
        necbaas.Group(master, name).remove()
    with pytest.raises(HTTPError) as refused:
        necbaas.Group(master, "内輪").get()
    assert status_of(refused) == 404


@pytest.fixture
def bucket(master: Any, service: Any) -> Iterator[Any]:
    buckets = necbaas.Buckets(master, "object")
    buckets.upsert("sdk1", content_acl={"r": ["g:anonymous"], "w": ["g:anonymous"]})
    yield necbaas.ObjectBucket(service, "sdk1")
    buckets.remove("sdk1")


def test_buckets_are_made_listed_and_changed(master: Any, bucket: Any) -> None:
    buckets = necbaas.Buckets(master, "object")
    made = buckets.get("sdk1")

    assert made in buckets.query()
    changed = buckets.upsert("sdk1", desc="説明", acl=made["ACL"], content_acl=made["contentACL"])
    assert changed == buckets.get("sdk1")
    with pytest.raises(HTTPError) as refused:
        buckets.upsert("sdk1", desc="x")
    assert status_of(refused) == 400


def test_objects_are_inserted_queried_updated_and_removed(bucket: Any) -> None:
    made = [bucket.insert({"n": n, "text": "😀 日本"}) for n in range(5)]

    found, count = bucket.query_with_count(where={"n": {"$gte": 1}}, order="-n", skip=1, limit=2, projection={"n": 1})
    assert [(item["n"], set(item)) for item in found] == [(3, {"n", "_id"}), (2, {"n", "_id"})]
    assert count == 4
    long_where = {"n": {"$in": list(range(2000))}}
    assert len(bucket.query(where=long_where)) == 5

    updated = bucket.update(made[0]["_id"], {"$inc": {"n": 10}}, etag=made[0]["etag"])
    assert updated["n"] == 10
    with pytest.raises(HTTPError) as refused:
        bucket.update(made[0]["_id"], {"n": 1}, etag=made[0]["etag"])
    assert refused.value.response.json()["reasonCode"] == "etag_mismatch"
    assert refused.value.response.json()["detail"]["n"] == 10

    assert bucket.remove(made[1]["_id"], soft_delete=True)["_deleted"] is True
    assert len(bucket.query()) == 4
    assert len(bucket.query(delete_mark=True)) == 5
    assert bucket.remove(made[2]["_id"]) == {}
    assert bucket.remove_with_query() == {"result": "ok", "deletedObjects": 4}


def test_a_batch_runs_in_order(bucket: Any) -> None:
    first = bucket.insert({"name": "foo"})
    outcomes = bucket.batch(
        [
            {"op": "insert", "data": {"name": "bar", "score": 80}},
            {"op": "update", "_id": first["_id"], "data": {"score": 1}, "etag": first["etag"]},
            {"op": "update", "_id": first["_id"], "data": {"score": 2}, "etag": first["etag"]},
            {"op": "delete", "_id": first["_id"]},
        ],
        soft_delete=True,
    )

    assert [outcome["result"] for outcome in outcomes] == ["ok", "ok", "conflict", "ok"]
    assert outcomes[2]["reasonCode"] == "etag_mismatch"
    assert outcomes[3]["data"]["_deleted"] is True


def test_an_aggregate_groups_and_joins(bucket: Any) -> None:
    for kind, price in (("B", 3), ("A", 1), ("B", 4)):
        bucket.insert({"kind": kind, "price": price})

    rows = bucket.aggregate([{"$group": {"_id": "$kind", "total": {"$sum": "$price"}}}], {"allowDiskUse": True})
    assert rows == [{"_id": "A", "total": 1}, {"_id": "B", "total": 7}]
    joined = bucket.aggregate(
        [
            {"$match": {"price": 1}},
            {"$lookup": {"from": "sdk1", "localField": "kind", "foreignField": "kind", "as": "same"}},
            {"$project": {"_id": 0, "n": {"$size": "$same"}}},
        ]
    )
    assert joined == [{"n": 1}]
