"""No route lets one tenant's clients see, count, change or even guess at what another tenant has.

Every route of the dialect is walked; a new one is walked too, with an empty body unless BODIES says otherwise.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import astuple, dataclass
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from chalicelib.core.accounts.stored import GROUPS
from chalicelib.core.buckets.stored import BUCKETS
from chalicelib.core.push.stored import INSTALLATIONS, NOTIFICATIONS
from chalicelib.core.query.query import Query
from chalicelib.core.tenants.stored import ACCOUNTS
from chalicelib.dialects.nec import dialect
from chalicelib.dialects.nec.auth import application, browser, master, system
from chalicelib.web.routing import Route, nobody
from tests.dialects.nec.files import ALL, Files
from tests.dialects.nec.world import NOTHING, PASSWORD, Answer, Nec, Person

SECRET = "alpha-secret"

REGISTRATION = {
    "_osType": "android",
    "_osVersion": "30",
    "_deviceToken": "alphatoken",
    "_pushType": "gcm",
    "_channels": [SECRET],
    "_appVersionCode": 1,
    "_appVersionString": "1",
    "_allowedSenders": ["g:anonymous"],
}

SIGN_UP = {"username": "alphaann", "email": "intruder@example.com", "password": PASSWORD}

BODIES: dict[str, Any] = {
    "POST /1/{tenant}/users": SIGN_UP,
    "POST /1/{tenant}/login": {"username": "alphaann", "password": PASSWORD},
    "PUT /1/{tenant}/users/{user_id}": {"options": {"taken": True}},
    "POST /1/{tenant}/objects/{bucket}/_batch": {"requests": [{"op": "delete", "_id": "<object>"}]},
    "POST /1/{tenant}/objects/{bucket}/_aggregate": {"pipeline": [{"$count": "all"}]},
    "PUT /1/{tenant}/push/installations/{installation_id}": {"note": "taken"},
    "POST /1/{tenant}/push/notifications": {"query": {}, "message": "to whoever is there"},
}

MOVES_ON = {"POST /1/{tenant}/users", "DELETE /1/{tenant}/login", "GET /1/{tenant}/management/apistats"}
"""Routes that answer differently the second time, because of the first time."""

ROUTES = [route for route in dialect.routes if route.authenticate not in (nobody, system)]
AUTHENTICATED = [route for route in ROUTES if route.authenticate is not browser]
READS_SESSION = [route for route in AUTHENTICATED if route.authenticate not in (application, master)]


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


@dataclass(frozen=True)
class Things:
    """What a tenant has, by the names of path parameters."""

    user_id: str
    group: str
    bucket: str
    object_id: str
    name: str
    installation_id: str
    notification_id: str

    def of(self, parameter: str) -> str:
        return str(getattr(self, parameter, "anything"))


UNKNOWN = Things(
    "514af36644f9cb2eb8000aaa",
    "nogroup",
    "nobox",
    "514af36644f9cb2eb8000bbb",
    "nofile.txt",
    "514af36644f9cb2eb8000ddd",
    "514af36644f9cb2eb8000eee",
)


def furnish(nec: Nec) -> Things:
    """Gives a tenant users, groups, buckets, objects and a published file that everybody there may read and write."""
    for special in ("_USERS", "_GROUPS", "_ROOT"):
        nec.allow(special, r=["g:anonymous"], w=["g:anonymous"])
    ann = nec.user("alphaann")
    nec.put(f"/users/{ann.id}", {"options": {"note": SECRET}}, by=ann)
    nec.group("alphastaff", users=("alphaann",))
    nec.bucket("alphabox")
    nec.bucket("alphabox", kind="file")
    made = nec.object(bucket="alphabox", note=SECRET)
    files = Files(nec, bucket="alphabox")
    files.made(
        "alpha.txt", SECRET.encode(), acl=json.dumps(ALL), headers={"X-Meta-Options": json.dumps({"note": SECRET})}
    )
    files.publish("alpha.txt")
    installation = nec.post("/push/installations", REGISTRATION).json["_id"]
    sent = nec.post("/push/notifications", {"query": {}, "message": SECRET}, by=nec.master)
    notification = sent.headers["X-Notification-Id"]
    return Things(ann.id, "alphastaff", "alphabox", made["_id"], "alpha.txt", installation, notification)


def url(route: Route, things: Things) -> str:
    """The path below the tenant."""
    path = route.path.removeprefix("/1/{tenant}")
    return re.sub(r"\{(\w+)\}", lambda match: quote(things.of(match[1]), safe=""), path)


def body(route: Route, things: Things) -> Any:
    if route.method not in ("POST", "PUT"):
        return NOTHING
    found = BODIES.get(name_of(route), {})
    if "requests" in found:
        return {"requests": [{"op": "delete", "_id": things.object_id}]}
    return found


def send(nec: Nec, route: Route, things: Things, by: Person) -> Answer:
    query = {"redirect": "https://a.example.com", "op": "google"} if route.authenticate is browser else None
    return nec.send(route.method, url(route, things), body(route, things), by=by, query=query)


def everything(nec: Nec) -> dict[str, list[dict[str, Any]]]:
    """All that is stored of a tenant's own."""
    names = (ACCOUNTS, GROUPS, BUCKETS, INSTALLATIONS, NOTIFICATIONS)
    stored = {name: list(nec.core.documents.find(nec.tenant, name, Query())) for name in names}
    objects = nec.post("/objects/alphabox/_query", {"limit": -1, "deleteMark": 1}, by=nec.master).json["results"]
    files = Files(nec, bucket="alphabox")
    listed = nec.get("/files/alphabox", by=nec.master, deleteMark=1).json["results"]
    contents = [{"content": files.download(file["filename"], by=nec.master).content} for file in listed]
    return stored | {"objects": objects, "files": listed, "contents": contents}


def without_names(answer: Answer, things: Things) -> str:
    """What an answer says, apart from what the request itself named."""
    text = answer.text
    for name in astuple(things):
        text = text.replace(name, "?")
    return re.sub(r"\d{4}-\d\d-\d\dT[\d:.]+Z|[0-9a-f]{24}|[0-9a-f-]{36}", "#", text)


@pytest.fixture
def alpha(nec: Nec) -> Iterator[tuple[Nec, Things]]:
    """The tenant under attack. Whatever happens, it is the same afterwards."""
    things = furnish(nec)
    before = everything(nec)
    yield nec, things
    assert everything(nec) == before


@pytest.mark.parametrize("route", AUTHENTICATED, ids=name_of)
def test_another_tenants_application_is_a_wrong_one_and_learns_nothing(
    alpha: tuple[Nec, Things], other: Nec, route: Route
) -> None:
    nec, things = alpha
    bob = other.user("bob")
    attacker = Nec(nec.core, nec.client, nec.tenant, other.app)
    for person in (other.guest, other.master, bob, Person(other.app.master_key, bob.token)):
        answer = send(attacker, route, things, person)
        assert answer.status == 401
        assert SECRET not in answer.text
        assert without_names(answer, things) == without_names(send(attacker, route, UNKNOWN, person), UNKNOWN)


@pytest.mark.parametrize("route", READS_SESSION, ids=name_of)
def test_another_tenants_session_is_a_dead_one(alpha: tuple[Nec, Things], other: Nec, route: Route) -> None:
    nec, things = alpha
    bob = other.user("bob")
    for key in (nec.app.key, nec.app.master_key):
        answer = send(nec, route, things, Person(key, bob.token))
        assert answer.status == 401
        assert SECRET not in answer.text


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_another_tenants_names_mean_as_little_as_invented_ones(
    alpha: tuple[Nec, Things], other: Nec, route: Route
) -> None:
    _nec, things = alpha
    for special in ("_USERS", "_GROUPS", "_ROOT"):
        other.allow(special, r=["g:anonymous"], w=["g:anonymous"])
    bob = other.user("bob")
    for person in (other.guest, other.master, bob):
        answer = send(other, route, things, person)
        assert SECRET not in answer.text
        if name_of(route) not in MOVES_ON:
            invented = send(other, route, UNKNOWN, person)
            assert answer.status == invented.status
            assert without_names(answer, things) == without_names(invented, UNKNOWN)


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_an_unknown_tenant_is_not_found_for_any_route(nec: Nec, route: Route) -> None:
    unknown = Nec(nec.core, nec.client, "514af36644f9cb2eb8000ccc", nec.app)
    assert send(unknown, route, UNKNOWN, nec.master).status == 404


def test_a_name_taken_elsewhere_is_free(alpha: tuple[Nec, Things], other: Nec) -> None:
    assert other.post("/users", SIGN_UP | {"email": "alphaann@example.com"}).status == 200


def test_lists_counts_and_conditions_end_at_the_tenant(alpha: tuple[Nec, Things], other: Nec) -> None:
    other.bucket("alphabox")
    other.object(bucket="alphabox", note="own")
    assert other.get("/objects/alphabox", count=1).json["count"] == 1
    pipeline = [{"$lookup": {"from": "alphabox", "pipeline": [], "as": "found"}}, {"$count": "all"}]
    assert other.post("/objects/alphabox/_aggregate", {"pipeline": pipeline}).json["results"] == [{"all": 1}]
    assert other.delete("/objects/alphabox", by=other.master).json["deletedObjects"] == 1
    assert other.get("/users", by=other.master).json["count"] == 0
    assert other.post("/login", {"username": "alphaann", "password": PASSWORD}).status == 401


def test_a_file_of_the_same_name_is_another_file(alpha: tuple[Nec, Things], other: Nec) -> None:
    nec, things = alpha
    other.bucket("alphabox", kind="file")
    files = Files(other, bucket="alphabox")
    assert files.names(by=other.master, deleteMark=1) == []
    made = files.made(things.name, b"own")
    assert files.download(things.name).content == b"own"
    mine = Files(nec, bucket="alphabox").meta(things.name).json
    assert files.replace(things.name, metaETag=mine["metaETag"]).status == 409
    public = urlsplit(mine["publicUrl"]).path
    assert nec.send_to(public.replace(nec.tenant, other.tenant)).status == 404
    assert files.delete(things.name, metaETag=made["metaETag"]).status == 200
    assert nec.send_to(public).content == SECRET.encode()


def test_members_of_another_tenant_are_unknown(alpha: tuple[Nec, Things], other: Nec) -> None:
    _, things = alpha
    assert other.put("/groups/staff", {"users": [things.user_id]}, by=other.master).status == 400
    assert other.put("/groups/staff", {"groups": [things.group]}, by=other.master).status == 400


def test_a_group_of_the_same_name_opens_nothing(alpha: tuple[Nec, Things], other: Nec) -> None:
    nec, _ = alpha
    other.group("alphastaff", users=("bob",))
    other.bucket("alphabox")
    made = other.object(bucket="alphabox", ACL={"r": ["g:alphastaff"]})
    ann = Person(other.app.key, nec.user("alphaann").token)
    assert other.get(f"/objects/alphabox/{made['_id']}", by=ann).status == 401
    assert other.get(f"/objects/alphabox/{made['_id']}", by=other.user("bob")).status == 200
