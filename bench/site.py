"""What the benchmarks over requests call: a tenant with an app, a signed-in user and a bucket of 10,000 objects."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from chalicelib.core.core import Core

OBJECTS = 10_000
BATCH = 50

Send = Callable[[str, str, dict[str, str], bytes], tuple[int, bytes]]
"""`send(method, target, headers, body) -> (status, body)`: by HTTP, or straight into the app."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One measured request; `number` goes up with each, so that no two are alike where that matters."""

    name: str
    method: str
    target: Callable[[int], str]
    body: Callable[[int], bytes]
    statuses: tuple[int, ...] = (200,)


@dataclass(frozen=True, slots=True)
class Site:
    """`base` begins every path; `headers` are the user's, `master` those of the app's master key."""

    base: str
    headers: dict[str, str]
    master: dict[str, str]
    operations: tuple[Operation, ...]


def build_site(core: Core, send: Send) -> Site:
    """Makes tenant and app in the core, and everything else by requests, as a client would."""
    tenant = core.tenants.create("bench")
    credentials = core.tenants.create_app(tenant.id, "bench")
    base = f"/1/{tenant.id}"
    plain = {"Content-Type": "application/json", "X-Application-Id": credentials.app.id}
    app = plain | {"X-Application-Key": credentials.key}
    master = plain | {"X-Application-Key": credentials.master_key}

    def ask(method: str, path: str, headers: dict[str, str], body: Any) -> Any:
        status, answer = send(method, base + path, headers, json.dumps(body).encode())
        if status != 200:
            raise RuntimeError(f"{method} {path}: {status} {answer.decode()}")
        return json.loads(answer)

    password = "Passw0rd"  # noqa: S105 - of a user who lives for a minute
    ask("POST", "/users", app, {"username": "tarou", "email": "tarou@example.com", "password": password})
    token = ask("POST", "/login", app, {"username": "tarou", "password": password})["sessionToken"]
    user = app | {"X-Session-Token": token}
    everybody = ["g:authenticated"]
    bucket = {"ACL": {"r": everybody}, "contentACL": {"r": everybody, "w": everybody}}
    ask("PUT", "/buckets/object/scores", master, {"description": "", **bucket})
    ids: list[str] = []
    for start in range(0, OBJECTS, BATCH):
        requests = [{"op": "insert", "data": _score(number)} for number in range(start, start + BATCH)]
        ids += [one["_id"] for one in ask("POST", "/objects/scores/_batch", user, {"requests": requests})["results"]]
    return Site(base, user, master, _operations(base + "/objects/scores", base, ids, password))


def index_scores(core: Core, tenant: str = "bench") -> None:
    """The index that an operator would make for the measured query."""
    from chalicelib.core.access.caller import Caller
    from chalicelib.core.documents import Index

    caller = Caller(core.tenants.get(tenant), is_master=True)
    core.buckets.create_index(caller, "scores", Index("score", (("score", 1),)))


def _operations(objects: str, base: str, ids: list[str], password: str) -> tuple[Operation, ...]:
    login = json.dumps({"username": "tarou", "password": password}).encode()
    requests = [{"op": "insert", "data": _score(number)} for number in range(BATCH)]
    batch = json.dumps({"requests": requests}).encode()
    increment = json.dumps({"$inc": {"plays": 1}}).encode()

    def above(number: int) -> str:
        return quote(json.dumps({"score": {"$gt": number * 37 % OBJECTS}}))

    return (
        Operation("get", "GET", lambda n: f"{objects}/{ids[n * 7919 % len(ids)]}", _nothing),
        Operation("query", "GET", lambda n: f"{objects}?where={above(n)}&order=score&limit=100", _nothing),
        Operation("count", "GET", lambda n: f"{objects}?where={above(n)}&limit=0&count=1", _nothing),
        Operation("$inc", "PUT", lambda n: f"{objects}/{ids[n * 7919 % len(ids)]}", lambda n: increment),
        Operation("create", "POST", lambda n: objects, lambda n: json.dumps(_score(n)).encode()),
        Operation("batch of 50", "POST", lambda n: f"{objects}/_batch", lambda n: batch),
        Operation("login", "POST", lambda n: f"{base}/login", lambda n: login),
    )


def _nothing(number: int) -> bytes:
    return b""


def _score(number: int) -> dict[str, Any]:
    """About 300 bytes: a player's score, as a game would store it."""
    return {
        "name": f"player {number}",
        "score": number * 7919 % OBJECTS,
        "plays": 1,
        "level": {"world": number % 9, "stage": number % 31, "cleared": number % 2 == 0},
        "items": ["sword", "shield", f"potion {number % 100}"],
        "comment": "今日はとても調子が良かったので、明日もまた遊びます。",
    }
