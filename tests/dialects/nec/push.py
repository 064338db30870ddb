"""Installations and notifications as callers see them: requests beside those of world.py."""

from __future__ import annotations

from typing import Any

from chalicelib.core.push.stored import INSTALLATIONS
from chalicelib.core.query.query import Query
from chalicelib.core.tenants.model import AppCredentials
from tests.dialects.nec.world import Answer, Nec, Person

REGISTRATION: dict[str, Any] = {
    "_osType": "ios",
    "_osVersion": "10.0.0",
    "_deviceToken": "00ff",
    "_pushType": "apns",
    "_channels": ["chan1", "chan2"],
    "_appVersionCode": 6,
    "_appVersionString": "1.0.5",
    "_allowedSenders": ["g:anonymous", "55ed50600c69293704e34f9d"],
    "email": "foo@example.com",
}
"""As the reference has it, but for a token that is one. Spec: nec-rest, 10.1."""

UNKNOWN = "514af36644f9cb2eb8000aaa"


def register(nec: Nec, token: str = "00ff", by: Person | None = None, **fields: Any) -> dict[str, Any]:
    answer = nec.post("/push/installations", REGISTRATION | {"_deviceToken": token} | fields, by=by)
    assert answer.status == 200, answer.content
    made: dict[str, Any] = answer.json
    return made


def send(nec: Nec, by: Person | None = None, **fields: Any) -> Answer:
    return nec.post("/push/notifications", {"query": {}, "message": "hello"} | fields, by=by or nec.master)


def reached(nec: Nec, by: Person | None = None, **fields: Any) -> int:
    answer = send(nec, by, **fields)
    assert answer.status == 200, answer.content
    assert answer.json.keys() == {"result", "installations"}
    assert answer.json["result"] == "ok"
    return int(answer.json["installations"])


def stored(nec: Nec) -> list[dict[str, Any]]:
    return list(nec.core.documents.find(nec.tenant, INSTALLATIONS, Query()))


def allow_client_push(nec: Nec) -> None:
    nec.core.tenants.allow_client_push(nec.tenant, nec.app.app.id, True)


def another_app(nec: Nec) -> Nec:
    """The same tenant, as clients of its other app see it."""
    app: AppCredentials = nec.core.tenants.create_app(nec.tenant, "second")
    return Nec(nec.core, nec.client, nec.tenant, app)
