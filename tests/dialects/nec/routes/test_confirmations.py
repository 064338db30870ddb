from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

from tests.dialects.nec.world import PASSWORD, Nec


def confirming(nec: Nec) -> None:
    nec.core.tenants.change_settings(
        nec.tenant,
        lambda settings: replace(settings, mail=replace(settings.mail, confirm_accounts=True, language="en")),
    )


def link_path(nec: Nec, mails: Path) -> str:
    """The path of the newest link that was mailed for this tenant."""
    page = re.compile(rf"(/1/{nec.tenant}/confirmations/\S+)")
    for file in sorted(mails.glob("*.eml"), reverse=True):
        mail: Any = message_from_bytes(file.read_bytes(), policy=default)
        found = page.search(mail.get_content())
        if found:
            return found[1]
    raise AssertionError("no link was mailed")


def test_a_sign_up_waits_for_the_button_behind_the_mailed_link(nec: Nec, mails: Path, client: Any) -> None:
    confirming(nec)
    body = {"username": "ann", "email": "ann@example.com", "password": PASSWORD}

    asked = nec.post("/users", body, by=nec.guest)
    assert (asked.status, asked.json) == (200, {})
    path = link_path(nec, mails)
    shown = client.get(path)
    assert shown.status_code == 200
    assert "<button>Confirm</button>" in shown.body.decode()
    assert nec.post("/login", {"username": "ann", "password": PASSWORD}, by=nec.guest).status == 401

    assert client.post(path).status_code == 200
    assert nec.post("/login", {"username": "ann", "password": PASSWORD}, by=nec.guest).status == 200
    assert client.post(path).status_code == 404


def test_a_change_waits_too(nec: Nec, mails: Path, client: Any) -> None:
    ann = nec.user("ann")
    confirming(nec)

    asked = nec.put(f"/users/{ann.id}", {"email": "new@example.com"}, by=ann)
    assert (asked.status, asked.json) == (200, {})
    assert nec.get("/users/current", by=ann).json["email"] == "ann@example.com"
    client.post(link_path(nec, mails))
    assert nec.get("/users/current", by=ann).json["email"] == "new@example.com"


def test_another_tenants_link_is_a_page_that_says_no(nec: Nec, mails: Path, client: Any) -> None:
    confirming(nec)
    nec.post("/users", {"email": "ann@example.com", "password": PASSWORD}, by=nec.guest)
    other = nec.core.tenants.create(f"other {nec.tenant[-6:]}")

    stolen = link_path(nec, mails).replace(nec.tenant, other.id)
    for answer in (client.get(stolen), client.post(stolen)):
        assert answer.status_code == 404
        assert answer.headers["Content-Type"].startswith("text/html")
