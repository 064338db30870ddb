"""Several requests at the same moment: of writes with one etag one wins, and no write is lost."""

from __future__ import annotations

import base64
import json
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.web.chalice_bridge import YorozuApp
from tests.dialects.nec.world import Nec

THREADS = 6

Send = Callable[[str, str, dict[str, str], Any], tuple[int, Any]]


@pytest.fixture
def send(app: YorozuApp, nec: Nec) -> Send:
    """Sends to the app itself: Chalice's test client is made for one thread."""

    def send(method: str, template: str, parameters: dict[str, str], body: Any) -> tuple[int, Any]:
        known = parameters | {"tenant": nec.tenant}
        path = "/1/{tenant}" + template
        event = {
            "path": path.format(**known),
            "headers": {"X-Application-Id": nec.app.app.id, "X-Application-Key": nec.app.master_key},
            "multiValueQueryStringParameters": {"etag": [known["etag"]]} if "etag" in known else None,
            "pathParameters": {name: value for name, value in known.items() if f"{{{name}}}" in path},
            "requestContext": {"resourcePath": path, "httpMethod": method, "path": path.format(**known)},
            "body": json.dumps(body),
        }
        answer = app(event, None)
        content = answer["body"]
        return answer["statusCode"], json.loads(base64.b64decode(content) if answer.get("isBase64Encoded") else content)

    return send


def at_once(send: Send, *requests: tuple[str, str, dict[str, str], Any]) -> list[tuple[int, Any]]:
    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(lambda request: send(*request), requests))


@pytest.mark.parametrize("body", [{"n": 1}, {"$full_update": {"n": 1, "ACL": {}}}])
def test_of_writes_with_one_etag_one_wins(nec: Nec, send: Send, body: dict[str, Any]) -> None:
    nec.bucket()
    made = nec.object(n=0)
    where = {"bucket": "box", "object_id": made["_id"], "etag": made["etag"]}
    answers = at_once(send, *[("PUT", "/objects/{bucket}/{object_id}", where, body)] * 12)
    assert Counter(status for status, _ in answers) == {200: 1, 409: 11}
    assert {reply["reasonCode"] for status, reply in answers if status == 409} <= {
        "etag_mismatch",
        "request_conflicted",
    }


def test_no_increment_is_lost(nec: Nec, send: Send) -> None:
    nec.bucket()
    made = nec.object(n=0)
    where = {"bucket": "box", "object_id": made["_id"]}
    answers = at_once(send, *[("PUT", "/objects/{bucket}/{object_id}", where, {"$inc": {"n": 1}})] * 30)
    assert {status for status, _ in answers} == {200}
    assert nec.get(f"/objects/box/{made['_id']}").json["n"] == 30


def test_of_objects_with_one_id_one_is_made(nec: Nec, send: Send) -> None:
    nec.bucket()
    body = {"_id": "514af36644f9cb2eb8000002"}
    answers = at_once(send, *[("POST", "/objects/{bucket}", {"bucket": "box"}, body)] * 12)
    assert Counter(status for status, _ in answers) == {200: 1, 409: 11}


def test_of_users_with_one_name_one_is_made(nec: Nec, send: Send) -> None:
    body = {"username": "ann", "email": "ann@example.com", "password": "correct horse"}
    answers = at_once(send, *[("POST", "/users", {}, body)] * 8)
    assert Counter(status for status, _ in answers) == {200: 1, 409: 7}


def test_of_buckets_with_one_name_one_is_made(nec: Nec, send: Send) -> None:
    answers = at_once(send, *[("PUT", "/buckets/object/{bucket}", {"bucket": "box"}, {})] * 8)
    statuses = Counter(status for status, _ in answers)
    assert statuses[200] == 1
    assert statuses.keys() <= {200, 400, 409}
    assert len(nec.get("/buckets/object", by=nec.master).json["results"]) == 1


def test_no_member_is_lost(nec: Nec, send: Send) -> None:
    nec.group("staff")
    ids = [nec.user(f"user{number}").id for number in range(8)]
    requests = [("PUT", "/groups/{group}/addMembers", {"group": "staff"}, {"users": [user]}) for user in ids]
    assert {status for status, _ in at_once(send, *requests)} == {200}
    assert set(nec.get("/groups/staff", by=nec.master).json["users"]) == set(ids)
