from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core.tenants.model import PasswordPolicy
from tests.dialects.nec.world import PASSWORD, Nec

NEW = "another horse"


def token_for(nec: Nec, mails: Path) -> str:
    """The secret in the newest link that was mailed for this tenant."""
    page = re.compile(rf"https://api\.example\.com(/api)?/1/{nec.tenant}/request_password_reset/(\S+)")
    for file in sorted(mails.glob("*.eml"), reverse=True):
        mail: Any = message_from_bytes(file.read_bytes(), policy=default)
        found = page.search(mail.get_content())
        if found:
            return found[2]
    raise AssertionError("no link was mailed")


def test_a_user_asks_gets_a_link_and_sets_a_password(nec: Nec, mails: Path, client: Any) -> None:
    ann = nec.user("ann")

    asked = nec.post("/request_password_reset", {"username": "ann"}, by=nec.guest)
    assert (asked.status, asked.json) == (200, {"result": "ok"})
    path = f"/1/{nec.tenant}/request_password_reset/{token_for(nec, mails)}"
    shown = client.get(path)
    assert shown.status_code == 200
    assert shown.headers["Content-Type"] == "text/html; charset=utf-8"
    assert shown.headers["Referrer-Policy"] == "no-referrer"
    assert shown.headers["Cache-Control"] == "no-store"
    page = shown.body.decode()
    assert '<html lang="ja">' in page
    assert page.count("<label for=") == page.count("<input id=") == 2

    for form, text in ((b"new=another+horse&again=other", "一致"), (b"new=short&again=short", "使用できません")):
        wrong = client.post(path, headers={"Content-Type": "application/x-www-form-urlencoded"}, body=form)
        assert wrong.status_code == 400
        assert text in wrong.body.decode()
        assert 'role="alert"' in wrong.body.decode()
    done = client.post(path, body=b"new=another+horse&again=another+horse")
    assert done.status_code == 200

    assert nec.get("/users/current", by=ann).status == 401
    assert nec.post("/login", {"username": "ann", "password": PASSWORD}, by=nec.guest).status == 401
    assert nec.post("/login", {"username": "ann", "password": NEW}, by=nec.guest).status == 200
    assert client.get(path).status_code == 404
    assert client.post(path, body=b"new=another+horse&again=another+horse").status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({}, 400),
        ({"username": 5}, 400),
        ({"username": "nobody"}, 404),
        ({"email": ""}, 404),
        ([], 400),
    ],
)
def test_a_request_that_names_nobody_is_refused(nec: Nec, body: Any, status: int) -> None:
    answer = nec.post("/request_password_reset", body, by=nec.guest)

    assert answer.status == status
    assert answer.json["error"]


def test_a_second_request_within_ten_minutes_is_forbidden(nec: Nec) -> None:
    nec.user("ann")

    assert nec.post("/request_password_reset", {"email": "ann@example.com"}, by=nec.guest).status == 200
    second = nec.post("/request_password_reset", {"email": "ann@example.com"}, by=nec.guest)
    assert second.status == 403
    assert second.json["error"]


def test_the_page_tells_the_rule_for_passwords(nec: Nec, mails: Path, client: Any) -> None:
    policy = PasswordPolicy(min_length=10, min_digits=2, min_symbols=1)
    nec.core.tenants.change_settings(nec.tenant, lambda found: replace(found, password=policy))
    body = {"username": "ann", "email": "ann@example.com", "password": "correct horse 22"}
    assert nec.post("/users", body | {"password": PASSWORD}).status == 400
    assert nec.post("/users", body).status == 200
    nec.post("/request_password_reset", {"username": "ann"})

    shown = client.get(f"/1/{nec.tenant}/request_password_reset/{token_for(nec, mails)}").body.decode()

    assert "半角英数記号 10 ~ 100 文字 (0-9: 2 文字以上, 記号: 1 文字以上)" in shown


def test_a_wrong_link_is_a_page_that_says_so(nec: Nec, client: Any) -> None:
    for path in (f"/1/{nec.tenant}/request_password_reset/wrong", "/1/nowhere/request_password_reset/wrong"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert answer.headers["Content-Type"].startswith("text/html")


def test_what_is_no_form_is_refused(nec: Nec, client: Any) -> None:
    answer = client.post(f"/1/{nec.tenant}/request_password_reset/x", body=b"\xff\xfe")

    assert answer.status_code == 400
