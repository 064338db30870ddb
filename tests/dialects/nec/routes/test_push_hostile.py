"""Whatever is sent to the push routes, by those who know an id too, the answer is one that the reference has."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest

from tests.dialects.nec.hostile import Hostile
from tests.dialects.nec.push import REGISTRATION, allow_client_push, register
from tests.dialects.nec.world import Answer, Nec

REQUESTS = 150

ANSWERS = {200, 400, 404, 409, 413}


def check(answer: Answer) -> None:
    assert answer.status in ANSWERS, answer.text[:300]
    assert isinstance(answer.json, dict)


@pytest.mark.parametrize("seed", range(4))
def test_registrations_and_changes_of_any_kind_are_answered(nec: Nec, seed: int) -> None:
    for number in range(REQUESTS):
        hostile = Hostile(f"installation {seed} {number}")
        made = register(nec, a=1, list=[1, 2], deep={"x": 1})
        path = f"/push/installations/{made['_id']}"
        check(nec.post("/push/installations", hostile.body(partial(_registration, hostile))))
        check(nec.put(path, hostile.body(partial(_change, hostile))))
        check(nec.get(path))


@pytest.mark.parametrize("seed", range(4))
def test_notifications_of_any_kind_are_answered(nec: Nec, seed: int) -> None:
    allow_client_push(nec)
    nec.group("staff", users=("ann",))
    register(nec, "01", a="a" * 60, list=[{"x": 1}, 2, "b"], n=1)
    register(nec, "02", by=nec.user("ann"), a=["aaaa", None], n=2.5, deep={"x": "y"})
    for number in range(REQUESTS):
        hostile = Hostile(f"notification {seed} {number}")
        answer = nec.post("/push/notifications", hostile.body(partial(_notification, hostile)))
        check(answer)
        assert answer.status != 200 or answer.json["installations"] in (0, 1, 2)


def _registration(hostile: Hostile) -> dict[str, Any]:
    body = REGISTRATION | hostile.document()
    if hostile.often(0.5):
        body[hostile.one(list(REGISTRATION))] = hostile.value()
    return body


def _change(hostile: Hostile) -> dict[str, Any]:
    fields = [*REGISTRATION, "_owner", "_server.app", "_sse", "_id", "_channels.0", "_server"]
    change = hostile.update()
    if hostile.often(0.5):
        change[hostile.one(["$set", "$unset", "$push", "$rename"])] = {hostile.one(fields): hostile.one(fields)}
    return change


def _notification(hostile: Hostile) -> dict[str, Any]:
    body: dict[str, Any] = {"query": hostile.condition(), "message": "hello"}
    names = ("badge", "sound", "content-available", "title", "sseEventId", "allowedReceivers", "message", "query")
    for name in names:
        if hostile.often(0.05):
            body[name] = hostile.value()
    if hostile.often(0.3):
        body["allowedReceivers"] = hostile.some(3, lambda: hostile.one(["g:staff", "g:x", "u", "", "g:"]))
    return body
