"""Whatever is sent, the answer is one that the reference knows, soon, in JSON, and nobody's data is touched."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib.core.query.query import Query
from chalicelib.dialects.nec import dialect
from chalicelib.dialects.nec.auth import browser
from chalicelib.web.routing import Route, nobody
from tests.dialects.nec.hostile import Hostile
from tests.dialects.nec.world import NOTHING, Answer, Nec, Person

REQUESTS = 30
"""Requests per route and sender. Raise it by hand to search longer."""

SECONDS = 3.0
"""The longest that one request may work here, in this thread's processor time; hostile patterns included."""

REFUSALS = {400, 401, 403, 404, 413, 415}
QUERIES = {200, 500, 504}
WRITES = {200, 409}

STATUSES: dict[str, set[int]] = {
    "GET /1/{tenant}/objects/{bucket}": QUERIES,
    "DELETE /1/{tenant}/objects/{bucket}": QUERIES,
    "POST /1/{tenant}/objects/{bucket}/_query": QUERIES,
    "POST /1/{tenant}/objects/{bucket}/_aggregate": QUERIES,
    "PUT /1/{tenant}/objects/{bucket}/{object_id}": WRITES | {500},
}
"""Beside REFUSALS; of every other route 200, and 409 for writes."""

MAKERS: dict[str, Callable[[Hostile], Any]] = {
    "POST /1/{tenant}/objects/{bucket}": Hostile.document,
    "PUT /1/{tenant}/objects/{bucket}/{object_id}": Hostile.update,
    "POST /1/{tenant}/objects/{bucket}/_query": Hostile.parameters,
    "POST /1/{tenant}/objects/{bucket}/_batch": Hostile.batch,
    "POST /1/{tenant}/objects/{bucket}/_aggregate": Hostile.aggregation,
}


def name_of(route: Route) -> str:
    return f"{route.method} {route.path}"


def allowed(route: Route) -> set[int]:
    usual = {200} if route.method == "GET" else WRITES
    return REFUSALS | STATUSES.get(name_of(route), usual)


def request(hostile: Hostile, route: Route, known: dict[str, str]) -> tuple[str, Any, dict[str, str]]:
    """A path below the tenant, a body and a query, some of it right so that the rest is reached."""

    def parameter(match: re.Match[str]) -> str:
        name = known.get(match[1], "x") if hostile.often(0.9) else str(hostile.word("names"))
        return quote(name, safe="")

    path = re.sub(r"\{(\w+)\}", parameter, route.path.removeprefix("/1/{tenant}"))
    maker: Callable[[Hostile], Any] = MAKERS.get(name_of(route), Hostile.account)
    body = hostile.body(lambda: maker(hostile)) if route.method in ("POST", "PUT") else NOTHING
    return path, body, hostile.url_query()


def check(answer: Answer, route: Route, seconds: float) -> None:
    assert answer.status in allowed(route), answer.text[:300]
    assert seconds < SECONDS
    if "text/html" in answer.headers.get("Content-Type", ""):
        assert route.authenticate in (browser, nobody)
    else:
        body = answer.json
        assert isinstance(body, dict)
        assert answer.status < 400 or isinstance(body.get("error", body.get("reasonCode")), str)
        assert answer.status != 500 or body["error"] != "Internal Server Error"


def furnish(nec: Nec) -> dict[str, str]:
    ann = nec.user("ann")
    nec.group("staff", users=("ann",))
    nec.bucket()
    made = nec.object(ann, n=1, a="a" * 60, list=[{"x": 1}, 2, "b"], deep={"x": "y"}, ACL={"r": ["g:anonymous"]})
    nec.object(ann, n=2.5, a=["aaaa", None], ACL={"r": ["g:anonymous"]})
    nec.bucket(content_acl={"r": ["g:anonymous"]})
    return {"user_id": ann.id, "group": "staff", "bucket": "box", "object_id": made["_id"]}


def everything(nec: Nec) -> list[Any]:
    collections = ("_accounts", "_groups", "_buckets")
    stored = [list(nec.core.documents.find(nec.tenant, name, Query())) for name in collections]
    return [*stored, nec.post("/objects/box/_query", {"limit": -1, "deleteMark": 1}, by=nec.master).json["results"]]


ROUTES = [route for route in dialect.routes if "{tenant}" in route.path]


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_a_guest_without_rights_changes_nothing_whatever_they_send(nec: Nec, route: Route) -> None:
    known = furnish(nec)
    for special in ("_USERS", "_GROUPS", "_ROOT"):
        nec.allow(special, r=["g:anonymous"])
    before = everything(nec)
    for number in range(REQUESTS):
        hostile = Hostile(f"guest {name_of(route)} {number}")
        path, body, query = request(hostile, route, known)
        started = time.thread_time()
        answer = nec.send(route.method, path, body, query=query)
        check(answer, route, time.thread_time() - started)
        assert answer.status != 200 or route.method in ("GET", "DELETE") or "_" in path.rpartition("/")[2]
    assert everything(nec) == before


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_the_master_key_is_answered_whatever_it_sends_and_reaches_no_other_tenant(
    nec: Nec, other: Nec, route: Route
) -> None:
    known, _ = furnish(nec), furnish(other)
    before = everything(other)
    for number in range(REQUESTS):
        hostile = Hostile(f"master {name_of(route)} {number}")
        path, body, query = request(hostile, route, known)
        started = time.thread_time()
        answer = nec.send(route.method, path, body, by=nec.master, query=query)
        check(answer, route, time.thread_time() - started)
    assert everything(other) == before


@pytest.mark.parametrize("route", ROUTES, ids=name_of)
def test_headers_of_any_kind_are_answered(nec: Nec, route: Route) -> None:
    known = furnish(nec)
    odd = ["", " ", "x" * 5000, "é", "\x7f", "null", "514af36644f9cb2eb8000002", "a.b.c", "..", "@tenant", "@tenant.x"]
    for value in odd:
        for header in ("X-Application-Id", "X-Application-Key", "X-Session-Token", "Origin"):
            path, _, _ = request(Hostile("headers"), route, known)
            started = time.thread_time()
            answer = nec.send(route.method, path, {}, headers={header: value})
            check(answer, route, time.thread_time() - started)
            assert answer.status in REFUSALS or header in ("X-Session-Token", "Origin") or "/auth/" in route.path


def test_a_guest_of_another_key_learns_nothing_from_hostile_requests(nec: Nec) -> None:
    known = furnish(nec)
    for route in (route for route in ROUTES if route.authenticate is not nobody):
        for number in range(5):
            path, body, query = request(Hostile(f"stranger {name_of(route)} {number}"), route, known)
            answer = nec.send(route.method, path, body, by=Person("wrong"), query=query)
            assert answer.status in ({400, 403} if route.authenticate is browser else {400, 401})
