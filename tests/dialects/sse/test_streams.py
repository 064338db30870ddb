"""Streams that stay open, on a real socket: bytes, heartbeats, coming back, many at once, and their ends."""

from __future__ import annotations

import itertools
import resource
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from http.client import HTTPConnection

import pytest
import uvicorn

from chalicelib.core.access.caller import Caller
from chalicelib.core.core import Core
from chalicelib.core.push.events import BEGINNING, KEPT_EVENTS, EventLog
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from chalicelib.settings import Settings
from chalicelib.web.chalice_bridge import YorozuApp
from chalicelib.web.server.asgi import AsgiApp
from chalicelib.web.server.http_heads import WholeHeads
from tests.dialects.sse.listeners import Listener, listener
from tests.dialects.sse.stream_client import StreamClient
from tests.live import PATIENCE_SECONDS, eventually

RETRY = b"retry: 3000\n\n"
HEARTBEAT = b":\n\n"


def event(text: str, event_id: str) -> bytes:
    return f"event: message\nid: {event_id}\ndata: {text}\n\n".encode()


def without_heartbeats(body: bytes) -> bytes:
    return body.replace(HEARTBEAT, b"")


@pytest.fixture
def port(app: YorozuApp) -> Iterator[int]:
    config = uvicorn.Config(
        AsgiApp(app),
        port=0,
        lifespan="on",
        http=WholeHeads,
        loop="asyncio",
        log_config=None,
        timeout_graceful_shutdown=1,
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    eventually(lambda: server.started)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


def test_a_stream_begins_with_the_headers_and_the_time_to_retry(port: int, phone: Listener) -> None:
    with StreamClient(port, phone) as stream:
        assert stream.until(RETRY) == RETRY
        lines = stream.head.lower().split(b"\r\n")
        assert lines[0] == b"http/1.1 200 ok"
        assert b"content-type: text/event-stream" in lines
        assert b"cache-control: no-cache" in lines
        assert not [line for line in lines if line.startswith(b"content-length")]


def test_events_come_as_they_happen(port: int, phone: Listener) -> None:
    with StreamClient(port, phone) as stream:
        stream.until(RETRY)
        phone.receive("one\ntwo", "1", "news")
        assert without_heartbeats(stream.until(b"two\n\n")) == RETRY + b"event: news\nid: 1\ndata: one\ndata: two\n\n"
        phone.receive("three", "2")
        assert without_heartbeats(stream.until(b"three\n\n")).endswith(event("three", "2"))


def test_a_silent_stream_shows_that_it_lives(port: int, phone: Listener) -> None:
    started = time.monotonic()
    with StreamClient(port, phone) as stream:
        assert stream.until(HEARTBEAT * 2).startswith(RETRY + HEARTBEAT * 2)
        assert time.monotonic() - started >= 2


def test_heartbeats_are_not_put_off_by_events(port: int, phone: Listener) -> None:
    with StreamClient(port, phone) as stream:
        deadline, number = time.monotonic() + PATIENCE_SECONDS, 0
        # On a slow machine a heartbeat may come before there were events to put it off.
        while stream.body.rpartition(HEARTBEAT)[0].count(b"data: again") < 3:
            assert time.monotonic() < deadline
            number += 1
            phone.receive("again", str(number))
            stream.until(event("again", str(number)))
            time.sleep(0.05)


def test_what_was_sent_in_the_gap_comes_in_order_and_once(port: int, phone: Listener) -> None:
    with StreamClient(port, phone) as stream:
        phone.receive("before", "1")
        stream.until(event("before", "1"))
    for number in range(2, 52):
        phone.receive("gap", str(number))
    with StreamClient(port, phone, Last_Event_ID="1") as stream:
        expected = RETRY + b"".join(event("gap", str(number)) for number in range(2, 52))
        assert without_heartbeats(stream.until(event("gap", "51"))) == expected
        phone.receive("after", "52")
        assert without_heartbeats(stream.until(event("after", "52"))) == expected + event("after", "52")


def test_events_that_come_while_the_client_comes_back_are_neither_lost_nor_doubled(port: int, phone: Listener) -> None:
    stop, seen = threading.Event(), list[str]()

    def send() -> None:
        for number in itertools.count(1):
            phone.receive("text", str(number))
            # Never so many ahead that what a slow client has missed is kept no more.
            while not stop.wait(0.002) and number > len(seen) + KEPT_EVENTS // 2:
                pass
            if stop.is_set():
                break
        phone.receive("end", "end")

    sender = threading.Thread(target=send)
    sender.start()
    for _ in range(10):
        more = {"Last_Event_ID": seen[-1]} if seen else {}
        with StreamClient(port, phone, **more) as stream:
            stream.until(b"data: text\n\n")
            stream.linger(0.05)
            seen += ids(stream.body)
    stop.set()
    sender.join()
    with StreamClient(port, phone, Last_Event_ID=seen[-1]) as stream:
        seen += ids(stream.until(event("end", "end")))
    assert seen[:-1] == [str(number) for number in range(1, len(seen))]
    assert seen[-1] == "end"


def ids(body: bytes) -> list[str]:
    """The ids of the complete events."""
    complete = body[: body.rfind(b"\n\n")].decode()
    return [line.removeprefix("id: ") for line in complete.split("\n") if line.startswith("id: ")]


def test_a_client_that_tells_no_id_is_not_told_twice(port: int, core: Core, phone: Listener) -> None:
    with StreamClient(port, phone) as stream:
        phone.receive("one", "1")
        stream.until(event("one", "1"))
    eventually(lambda: core.push.events.position(phone.tenant, phone.id, None) != BEGINNING)
    phone.receive("two", "2")
    with StreamClient(port, phone) as stream:
        assert without_heartbeats(stream.until(event("two", "2"))) == RETRY + event("two", "2")


def test_an_event_of_another_process_comes_too(port: int, settings: Settings, phone: Listener) -> None:
    elsewhere = SqliteDocuments(settings.data_folder, durability="none")
    with StreamClient(port, phone) as stream:
        stream.until(RETRY)
        EventLog(elsewhere, phone.core.clock).append(phone.tenant, phone.id, "1", None, "far", datetime.now(UTC))
        assert without_heartbeats(stream.until(event("far", "1"))) == RETRY + event("far", "1")
        stream.until(HEARTBEAT)
    elsewhere.close()


def test_two_streams_of_one_installation_hear_the_same(port: int, phone: Listener) -> None:
    with StreamClient(port, phone) as one, StreamClient(port, phone) as two:
        one.until(RETRY)
        two.until(RETRY)
        phone.receive("both", "1")
        one.until(event("both", "1"))
        two.until(event("both", "1"))


def test_wrong_credentials_get_no_stream(port: int, phone: Listener) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    connection.request("GET", phone.path, headers={"Authorization": "Basic eDp5"})
    reply = connection.getresponse()
    assert reply.status == 401
    assert reply.headers["WWW-Authenticate"]
    connection.close()


def test_a_deleted_installation_ends_its_stream(port: int, core: Core, acme: Caller, phone: Listener) -> None:
    with StreamClient(port, phone) as stream:
        stream.until(RETRY)
        core.push.installations.delete(acme, phone.id)
        assert without_heartbeats(stream.until_over()) == RETRY


def test_a_disabled_tenant_ends_its_streams(port: int, core: Core, phone: Listener) -> None:
    with StreamClient(port, phone) as stream:
        stream.until(RETRY)
        core.tenants.set_enabled("acme", False)
        assert without_heartbeats(stream.until_over()) == RETRY


def test_two_hundred_streams_share_a_process_without_threads_or_memory_of_their_own(
    port: int, core: Core, acme: Caller
) -> None:
    phones = [listener(core, acme, f"phone {number}") for number in range(200)]
    with StreamClient(port, phones[0]) as warm:
        warm.until(RETRY)
    threads, before = threading.active_count(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    streams = [StreamClient(port, phone) for phone in phones]
    for stream in streams:
        stream.until(RETRY)
    for round_number in range(3):
        for phone in phones:
            phone.receive("round", str(round_number))
        for stream in streams:
            stream.until(event("round", str(round_number)))
    for stream in streams:
        assert ids(stream.body) == ["0", "1", "2"]
    assert threading.active_count() <= threads + 40
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 40_000
    for stream in streams:
        stream.close()
    eventually(lambda: not core.push.events.bell._listeners)
