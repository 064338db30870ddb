"""Listening where connections cannot stay open: what is there by now, and who may hear it."""

from __future__ import annotations

import base64
import threading
import time
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.access.caller import Caller
from chalicelib.core.core import Core
from chalicelib.core.push.event_streams import MAX_WAIT_SECONDS, EventStreams
from tests.dialects.sse.listeners import Listener, basic, form, listener, new_tenant
from tests.live import PATIENCE_SECONDS

RETRY = b"retry: 3000\n\n"


def hear(client: Any, phone: Listener, **headers: str) -> bytes:
    answer = client.get(phone.path, headers=phone.headers(**headers))
    assert answer.status_code == 200
    body: bytes = answer.body
    return body


def test_an_event_has_its_type_its_id_and_a_line_for_each_line_of_its_text(client: Any, phone: Listener) -> None:
    phone.receive("one\ntwo\r\n万屋", "id 1", "news")
    assert hear(client, phone) == RETRY + "event: news\nid: id 1\ndata: one\ndata: two\ndata: 万屋\n\n".encode()


def test_the_answer_is_an_event_stream_and_nobody_keeps_it(client: Any, phone: Listener) -> None:
    answer = client.get(phone.path, headers=phone.headers())
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.body == RETRY


def test_an_event_without_a_type_is_a_message(client: Any, phone: Listener) -> None:
    phone.receive("hello", "1")
    assert hear(client, phone) == RETRY + b"event: message\nid: 1\ndata: hello\n\n"


def test_text_that_looks_like_fields_stays_text(client: Any, phone: Listener) -> None:
    phone.receive("\n\nevent: x\rid: y", "1\ndata: z", "t\r\ndata: z")
    assert (
        hear(client, phone) == RETRY + b"event: tdata: z\nid: 1data: z\ndata: \ndata: \ndata: event: x\ndata: id: y\n\n"
    )


def test_half_a_surrogate_pair_does_not_break_the_stream(client: Any, phone: Listener) -> None:
    phone.receive("a\ud800b", "1")
    assert b"data: a?b\n" in hear(client, phone)


def test_a_client_that_comes_back_gets_what_it_missed_in_order(client: Any, phone: Listener) -> None:
    for name in ("a", "b", "c"):
        phone.receive(f"text {name}", name)
    heard = hear(client, phone, Last_Event_ID="a")
    assert heard == RETRY + b"event: message\nid: b\ndata: text b\n\nevent: message\nid: c\ndata: text c\n\n"
    assert hear(client, phone, Last_Event_ID="c") == RETRY


def test_an_id_outside_ascii_is_found_again(client: Any, phone: Listener) -> None:
    phone.receive("one", "番号1")
    phone.receive("two", "番号2")
    sent = "番号1".encode().decode("latin-1")
    assert b"data: two" in hear(client, phone, Last_Event_ID=sent)
    assert b"data: one" not in hear(client, phone, Last_Event_ID=sent)
    assert b"data: one" not in hear(client, phone, Last_Event_ID="番号1")


def test_a_client_that_tells_no_id_gets_each_event_once(client: Any, phone: Listener) -> None:
    phone.receive("one")
    assert b"data: one" in hear(client, phone)
    assert hear(client, phone) == RETRY
    phone.receive("two")
    heard = hear(client, phone)
    assert b"data: two" in heard
    assert b"data: one" not in heard


def test_a_host_that_cannot_stream_may_wait_for_an_event(client: Any, phone: Listener, core: Core) -> None:
    streams = core.push.event_streams
    streams.wait_seconds = PATIENCE_SECONDS
    timer = threading.Timer(0.3, phone.receive, ("late", "1"))
    timer.start()
    assert hear(client, phone) == RETRY + b"event: message\nid: 1\ndata: late\n\n"
    timer.join()
    streams.wait_seconds = 0.2
    started = time.monotonic()
    assert hear(client, phone) == RETRY
    assert 0.2 <= time.monotonic() - started < PATIENCE_SECONDS


def test_nobody_waits_longer_than_a_gateway_does(core: Core) -> None:
    push = core.push
    streams = EventStreams(
        push.events, core.tenants, push.installations.admits, heartbeat_seconds=30, wait_seconds=3600
    )
    assert streams.wait_seconds == MAX_WAIT_SECONDS


# --- who may listen ---


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Basic",
        "Basic !!!",
        "Basic " + base64.b64encode(b"\xff\xfe").decode(),
        "Basic " + base64.b64encode(b"no colon").decode(),
        "Bearer abc",
        basic("somebody", "wrong"),
    ],
)
def test_without_the_credentials_the_client_is_asked_for_them(
    client: Any, phone: Listener, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    answer = client.get(phone.path, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert answer.json_body["error"]


def test_each_half_of_the_credentials_counts(client: Any, phone: Listener) -> None:
    for username, password in ((phone.id, "wrong"), ("wrong", phone.password), (phone.id, ""), ("", phone.password)):
        answer = client.get(phone.path, headers={"Authorization": basic(username, password)})
        assert answer.status_code == 401


def test_the_scheme_may_be_written_in_any_case(client: Any, phone: Listener) -> None:
    header = basic(phone.id, phone.password).replace("Basic", "bAsIc")
    assert client.get(phone.path, headers={"Authorization": header}).status_code == 200


def test_the_credentials_of_one_installation_open_no_other(
    client: Any, core: Core, acme: Caller, phone: Listener
) -> None:
    tablet = listener(core, acme, "another")
    tablet.receive("secret")
    answer = client.get(tablet.path, headers=phone.headers())
    assert answer.status_code == 401
    assert b"secret" not in answer.body


def test_an_installation_of_another_tenant_is_unknown(client: Any, core: Core, phone: Listener) -> None:
    phone.receive("secret")
    other = listener(core, new_tenant(core, "other"))
    for stranger in (replace(phone, tenant=other.tenant), replace(other, id=phone.id)):
        answer = client.get(stranger.path, headers=stranger.headers())
        assert answer.status_code == 401
        assert b"secret" not in answer.body


def test_an_unknown_tenant_is_answered_like_wrong_credentials(client: Any, phone: Listener) -> None:
    known = client.get(phone.path, headers={"Authorization": basic("a", "b")})
    unknown = client.get(f"/events/nowhere/{phone.id}", headers={"Authorization": basic("a", "b")})
    assert (unknown.status_code, unknown.body) == (known.status_code, known.body)


def test_an_installation_of_another_technology_has_no_events(client: Any, core: Core, acme: Caller) -> None:
    other = core.push.installations.register(acme, form("abc", "gcm"))
    assert other.credentials is None
    credentials = core.push.installations._passwords.of(acme.tenant.id, other.id)
    answer = client.get(
        f"/events/{acme.tenant.id}/{other.id}", headers={"Authorization": basic(other.id, credentials.password)}
    )
    assert answer.status_code == 401


def test_a_deleted_installation_is_unknown(client: Any, core: Core, acme: Caller, phone: Listener) -> None:
    core.push.installations.delete(acme, phone.id)
    assert client.get(phone.path, headers=phone.headers()).status_code == 401


def test_a_tenant_can_be_named_by_its_name(client: Any, phone: Listener) -> None:
    phone.receive("hello")
    answer = client.get(f"/events/acme/{phone.id}", headers=phone.headers())
    assert b"data: hello" in answer.body


# --- browsers ---


def test_a_preflight_allows_what_clients_send(client: Any, phone: Listener) -> None:
    answer = client.request("OPTIONS", phone.path, headers={"Origin": "https://app.example"})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    for name in ("Authorization", "Last-Event-ID", "Cache-Control"):
        assert name in answer.headers["Access-Control-Allow-Headers"]


def test_answers_and_errors_can_be_read_by_browsers(client: Any, phone: Listener) -> None:
    good = client.get(phone.path, headers=phone.headers(Origin="https://app.example"))
    bad = client.get(phone.path, headers={"Origin": "https://app.example"})
    assert good.headers["Access-Control-Allow-Origin"] == "*"
    assert bad.status_code == 401
    assert bad.headers["Access-Control-Allow-Origin"] == "*"


def test_a_head_request_has_the_headers_and_takes_no_event(client: Any, phone: Listener) -> None:
    phone.receive("hello")
    answer = client.request("HEAD", phone.path, headers=phone.headers())
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "text/event-stream"
    assert answer.body == b""
    assert b"data: hello" in hear(client, phone)
