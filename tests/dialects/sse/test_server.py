"""Streams of real server processes: told to stop, killed, and several of them at once."""

from __future__ import annotations

import json
import socket
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from chalicelib.core.core import Core
from chalicelib.core.push.fan_out import DELIVER_QUEUE, EXPAND_QUEUE
from chalicelib.engines.embedded.sqlite_jobs import SqliteJobs
from tests.dialects.sse.listeners import Listener, form
from tests.dialects.sse.stream_client import StreamClient
from tests.live import PATIENCE_SECONDS, LiveServer, eventually, live_server

RETRY = b"retry: 3000\n\n"


def post(server: LiveServer, demo: dict[str, str], path: str, body: dict[str, Any]) -> Any:
    connection = HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_SECONDS)
    headers = {
        "X-Application-Id": demo["app_id"],
        "X-Application-Key": demo["master_key"],
        "Content-Type": "application/json",
    }
    connection.request("POST", f"/1/{demo['tenant_id']}{path}", json.dumps(body), headers)
    reply = connection.getresponse()
    answer = json.loads(reply.read())
    connection.close()
    assert reply.status == 200, answer
    return answer


def registered(server: LiveServer, demo: dict[str, str], token: str = "phone") -> Listener:
    """An installation registered by REST; its core is the server's and not for tests."""
    made = post(server, demo, "/push/installations", form(token))
    no_core: Core = None  # type: ignore[assignment]
    assert made["_sse"]["uri"] == f"http://127.0.0.1:{server.port}/events/{demo['tenant_id']}/{made['_id']}"
    assert made["_sse"]["username"] == made["_id"]
    return Listener(no_core, demo["tenant_id"], made["_id"], made["_sse"]["password"])


def push(server: LiveServer, demo: dict[str, str], text: str, event_id: str) -> None:
    sent = post(server, demo, "/push/notifications", {"query": {}, "message": text, "sseEventId": event_id})
    assert sent["installations"] == 1


def wait_until_sent(data: Path) -> None:
    """Returns when no push is being worked on: one that is would wait for its worker's time to be over."""
    jobs = SqliteJobs(data / "jobs" / "jobs.db")
    eventually(lambda: not jobs.count(EXPAND_QUEUE) and not jobs.count(DELIVER_QUEUE))
    jobs.close()


def event(text: str, event_id: str) -> bytes:
    return f"event: message\nid: {event_id}\ndata: {text}\n\n".encode()


def test_a_server_that_is_told_to_stop_ends_its_streams_and_then_itself(tmp_path: Path) -> None:
    with live_server(tmp_path / "data") as server:
        phone = registered(server, server.demo)
        with StreamClient(server.port, phone) as stream:
            stream.until(RETRY)
            server.process.terminate()
            assert stream.until_over() == RETRY
            server.process.wait(PATIENCE_SECONDS)
        # Nothing was left to be cut off when the time for running requests was over.
        assert "timeout graceful shutdown exceeded" not in (tmp_path / "data.log").read_text()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_was_kept_before_a_kill_reaches_the_client_that_comes_back(tmp_path: Path, workers: str) -> None:
    data = tmp_path / "data"
    with live_server(data, "--workers", workers) as server:
        demo = server.demo
        phone = registered(server, demo)
        with StreamClient(server.port, phone) as stream:
            stream.until(RETRY)
            push(server, demo, "seen", "1")
            stream.until(event("seen", "1"))
        push(server, demo, "missed", "2")
        wait_until_sent(data)
        server.kill()
    with live_server(data) as server, StreamClient(server.port, phone, Last_Event_ID="1") as stream:
        stream.until(event("missed", "2"))
        push(server, demo, "new", "3")
        assert stream.until(event("new", "3")) == RETRY + event("missed", "2") + event("new", "3")


def test_a_push_is_heard_in_every_process_of_a_server(tmp_path: Path) -> None:
    with live_server(tmp_path / "data", "--workers", "2") as server:
        demo = server.demo
        phone = registered(server, demo)
        streams = [StreamClient(server.port, phone) for _ in range(8)]
        for stream in streams:
            stream.until(RETRY)
        push(server, demo, "everybody", "1")
        for stream in streams:
            assert stream.until(event("everybody", "1")) == RETRY + event("everybody", "1")
            stream.close()


def test_workers_end_when_their_server_is_killed(tmp_path: Path) -> None:
    with live_server(tmp_path / "data", "--workers", "2") as server:
        server.kill()
        eventually(lambda: not is_open(server.port))


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
