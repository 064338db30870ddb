"""Large bodies and streams over a real socket."""

from __future__ import annotations

import asyncio
import hashlib
import json
import socket
import tempfile
import threading
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection, HTTPException, HTTPResponse
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from chalicelib.web.chalice_bridge import YorozuApp, mount
from chalicelib.web.errors import MalformedBody
from chalicelib.web.server import bodies
from chalicelib.web.server.asgi import AsgiApp
from chalicelib.web.server.bodies import PIECE_BYTES, BodyInMemory, read_body
from chalicelib.web.server.http_heads import WholeHeads
from tests.live import PATIENCE_SECONDS, eventually
from tests.web.hose import PIECE, Water, dialect
from tests.web.parrot import ParrotCore

MAX_FILE_BYTES = 5_000_000


@pytest.fixture(scope="module")
def spool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("spool")


@pytest.fixture(scope="module")
def port(spool: Path) -> Iterator[int]:
    core: Any = ParrotCore()
    app = YorozuApp("hose")
    mount(app, dialect, lambda: core)
    asgi = AsgiApp(app, max_body_bytes=1000, max_file_bytes=MAX_FILE_BYTES, spool_folder=spool)
    server = uvicorn.Server(
        uvicorn.Config(asgi, port=0, lifespan="on", http=WholeHeads, loop="asyncio", log_config=None)
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    eventually(lambda: server.started)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


def ask(port: int, method: str, path: str, **options: Any) -> tuple[HTTPResponse, bytes]:
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)) as connection:
        connection.request(method, path, **options)
        with closing(connection.getresponse()) as reply:
            return reply, reply.read()


@pytest.mark.parametrize("size", [0, 1, 1001, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, MAX_FILE_BYTES])
@pytest.mark.parametrize("chunked", [False, True])
def test_a_streamed_body_arrives_as_it_was_sent(port: int, size: int, chunked: bool) -> None:
    body = (bytes(range(251)) * (size // 251 + 1))[:size]
    sent: Any = iter([body[at : at + 70_001] for at in range(0, size, 70_001)]) if chunked else body
    _, told = ask(port, "PUT", "/h/acme/sink/x", body=sent, encode_chunked=chunked)
    assert json.loads(told) == {"name": "x", "length": size, "sha256": hashlib.sha256(body).hexdigest()}


def test_a_streamed_body_over_the_limit_is_refused_in_the_dialects_form(port: int, spool: Path) -> None:
    reply, told = ask(port, "PUT", "/h/acme/sink/x", body=b"x" * (MAX_FILE_BYTES + 1))
    assert reply.status == 413
    assert json.loads(told)["error"] == f"the request body is larger than {MAX_FILE_BYTES} bytes"
    assert list(spool.iterdir()) == []


def test_a_streamed_body_may_be_read_as_json(port: int) -> None:
    _, told = ask(port, "POST", "/h/acme/sink/x", body=b'{"a":[1]}', headers={"Content-Type": "application/json"})
    assert json.loads(told) == {"name": "x", "sent": {"a": [1]}, "length": 9}


def test_a_disk_that_takes_no_body_is_an_error_in_the_dialects_form(port: int, spool: Path) -> None:
    moved = spool.rename(spool.with_name("moved"))
    try:
        reply, told = ask(port, "PUT", "/h/acme/sink/x", body=b"x" * 2 * PIECE_BYTES)
    finally:
        moved.rename(spool)
    assert reply.status == 503
    assert "cannot keep the body" in json.loads(told)["error"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 401), ({"X-Key": "broken"}, 500), ({"X-Key": "friend", "Content-Encoding": "gzip"}, 415)],
)
def test_a_large_body_of_a_stranger_is_refused_before_it_is_kept(
    port: int, monkeypatch: pytest.MonkeyPatch, headers: dict[str, str], status: int
) -> None:
    kept: list[object] = []
    made = tempfile.TemporaryFile

    def keep(**options: Any) -> Any:
        kept.append(options)
        return made(**options)

    monkeypatch.setattr(tempfile, "TemporaryFile", keep)
    reply, _ = ask(port, "PUT", "/h/acme/safe/x", body=b"x" * 4 * PIECE_BYTES, headers=headers)
    assert reply.status == status
    assert kept == [] or status == 500
    assert ask(port, "PUT", "/h/acme/safe/x", body=b"x", headers=headers)[0].status == status
    friend = {"X-Key": "friend"}
    assert ask(port, "PUT", "/h/acme/safe/x", body=b"x" * 2 * PIECE_BYTES, headers=friend)[0].status == 200


def test_a_refused_upload_leaves_the_connection_usable(port: int) -> None:
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)) as connection:
        for key, status in (("x", 401), ("friend", 200), ("x", 401), ("friend", 200)):
            connection.request("PUT", "/h/acme/safe/x", body=b"x" * 2 * PIECE_BYTES, headers={"X-Key": key})
            reply = connection.getresponse()
            assert (reply.status, bool(reply.read())) == (status, True)


@pytest.mark.parametrize("path", ["/h/acme/sink/x", "/h/acme/nothing"])
def test_a_client_that_stops_sending_is_hung_up_on(port: int, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    monkeypatch.setattr(bodies, "BODY_SECONDS", 0.2)
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(f"PUT {path} HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf".encode())
        answer = b""
        while piece := connection.recv(1000):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"did not come in time" in answer


def read_at_a_pace(seconds_a_mebibyte: float, mebibytes: int) -> bool:
    """Reads a body from a client of that pace, by a clock that is moved instead of waited for."""
    ahead = 0.0

    async def receive() -> dict[str, Any]:
        nonlocal ahead, mebibytes
        ahead += seconds_a_mebibyte
        await asyncio.sleep(0)
        mebibytes -= 1
        return {"type": "http.request", "body": b"x" * 1024 * 1024, "more_body": mebibytes > 0}

    async def read() -> bool:
        loop = asyncio.get_running_loop()
        machine_time = loop.time
        loop.time = lambda: machine_time() + ahead  # type: ignore[method-assign]
        return await read_body(receive, BodyInMemory(), 100 * 1024 * 1024)

    return asyncio.run(read())


def test_a_client_that_is_slow_but_steady_is_heard_out() -> None:
    slowest = 1024 * 1024 / bodies.SLOWEST_BYTES_PER_SECOND
    assert read_at_a_pace(slowest, 30)
    with pytest.raises(MalformedBody, match="did not come in time"):
        read_at_a_pace(1.2 * slowest, 30)


def test_a_stream_is_sent_with_its_length_and_the_connection_lives_on(port: int) -> None:
    with closing(HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)) as connection:
        for pieces in (0, 1, 40):
            connection.request("GET", f"/h/acme/tap/{pieces}")
            reply = connection.getresponse()
            assert reply.headers["Content-Length"] == str(pieces * len(PIECE))
            assert reply.headers["Content-Type"] == "x/water"
            assert reply.read() == PIECE * pieces
    eventually(lambda: Water.open_now == 0)


@pytest.mark.parametrize("way", ["short", "breaks"])
def test_a_stream_that_breaks_off_cuts_the_connection(port: int, way: str) -> None:
    with pytest.raises(HTTPException):
        ask(port, "GET", f"/h/acme/tap/5?{way}=1")
    eventually(lambda: Water.open_now == 0)


def test_a_stream_is_closed_when_its_reader_goes(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(b"GET /h/acme/tap/100000 HTTP/1.1\r\nHost: h\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200")
    eventually(lambda: Water.open_now == 0)


def test_a_head_request_of_a_stream_has_its_length_and_no_body(port: int) -> None:
    reply, body = ask(port, "HEAD", "/h/acme/tap/3")
    assert (reply.headers["Content-Length"], body) == (str(3 * len(PIECE)), b"")
    eventually(lambda: Water.open_now == 0)


def test_the_base_url_has_the_prefix_that_was_asked_for(port: int) -> None:
    for prefix in ("", "/api"):
        _, told = ask(port, "GET", f"{prefix}/h/acme/base")
        assert json.loads(told) == {"base": f"http://127.0.0.1:{port}{prefix}"}
