"""Files of 100 MB through a real server, whose memory does not grow by them."""

from __future__ import annotations

import hashlib
import http.client
import json
import re
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.live import PATIENCE_SECONDS, LiveServer, eventually, live_server

MIB = 1024 * 1024
SIZE = 100 * MIB
MAX_GROWTH_BYTES = 60 * MIB


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("streaming") / "data") as running:
        yield running


class Client:
    def __init__(self, server: LiveServer) -> None:
        demo = server.demo
        self.address = demo["base_url"].removeprefix("http://").removesuffix("/api")
        self.prefix = f"/1/{demo['tenant_id']}"
        self.headers = {"X-Application-Id": demo["app_id"], "X-Application-Key": demo["master_key"]}

    @contextmanager
    def open(self, method: str, path: str, body: Any = None, **headers: str) -> Iterator[http.client.HTTPResponse]:
        connection = http.client.HTTPConnection(self.address, timeout=PATIENCE_SECONDS)
        sent = self.headers | {"Content-Type": "a/b"} | {name.replace("_", "-"): text for name, text in headers.items()}
        with closing(connection):
            connection.request(method, self.prefix + path, body, sent, encode_chunked="Transfer-Encoding" in sent)
            with closing(connection.getresponse()) as response:
                yield response

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        with self.open(method, path, body, **headers) as response:
            return response.status, json.loads(response.read())


@pytest.fixture(scope="module")
def client(server: LiveServer) -> Client:
    client = Client(server)
    status, _ = client.ask("PUT", "/buckets/file/box", "{}", Content_Type="application/json")
    assert status == 200
    return client


def pieces(seed: int, size: int) -> Iterator[bytes]:
    """Bytes that do not repeat at the sizes at which things are cut."""
    block = hashlib.sha256(str(seed).encode()).digest() * 2049
    while size > 0:
        yield block[:size]
        size -= len(block)


def peak_bytes(server: LiveServer) -> int:
    """The most memory that the server ever had."""
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    match = re.search(r"VmHWM:\s+(\d+) kB", status)
    assert match
    return int(match[1]) * 1024


def test_100_mb_go_up_and_down_through_a_server_that_stays_small(server: LiveServer, client: Client) -> None:
    before = peak_bytes(server)
    sent = hashlib.sha256(b"".join(pieces(1, SIZE)))
    status, made = client.ask("POST", "/files/box/big", pieces(1, SIZE), Transfer_Encoding="chunked")
    assert (status, made["length"]) == (200, SIZE)
    assert client.ask("PUT", "/files/box/big", pieces(1, SIZE), Content_Length=str(SIZE))[0] == 200

    received, length = hashlib.sha256(), 0
    with client.open("GET", "/files/box/big") as response:
        assert response.headers["X-Content-Length"] == response.headers["Content-Length"] == str(SIZE)
        while piece := response.read(MIB):
            received.update(piece)
            length += len(piece)
    assert (length, received.hexdigest()) == (SIZE, sent.hexdigest())
    assert peak_bytes(server) - before < MAX_GROWTH_BYTES


def test_many_at_once_do_not_add_up(server: LiveServer, client: Client) -> None:
    before = peak_bytes(server)

    def work(number: int) -> int:
        path = f"/files/box/many{number}"
        assert client.ask("POST", path, pieces(number, 20 * MIB), Transfer_Encoding="chunked")[0] == 200
        with client.open("GET", path) as response:
            return sum(len(piece) for piece in iter(lambda: response.read(MIB), b""))

    with ThreadPoolExecutor(6) as clients:
        assert list(clients.map(work, range(6))) == [20 * MIB] * 6
    assert peak_bytes(server) - before < MAX_GROWTH_BYTES


def test_a_part_of_a_large_file_is_sent_alone(client: Client) -> None:
    whole = b"".join(pieces(2, 5 * MIB))
    assert client.ask("POST", "/files/box/parts", whole)[0] == 200
    with client.open("GET", "/files/box/parts", Range=f"bytes={3 * MIB - 7}-{4 * MIB + 7}") as response:
        assert response.status == 206
        assert response.read() == whole[3 * MIB - 7 : 4 * MIB + 8]


def test_a_file_over_the_limit_is_refused_and_nothing_of_it_is_kept(server: LiveServer, client: Client) -> None:
    before = stored_bytes(server)
    status, answer = client.ask("POST", "/files/box/huge", pieces(3, SIZE + 1), Transfer_Encoding="chunked")
    assert (status, answer) == (413, {"error": f"the request body is larger than {SIZE} bytes"})
    assert client.ask("GET", "/files/box/huge/meta")[0] == 404
    assert stored_bytes(server) == before


def test_a_client_that_hangs_up_leaves_nothing(server: LiveServer, client: Client) -> None:
    before = stored_bytes(server)
    host, port = client.address.split(":")
    lines = [f"{name}: {value}" for name, value in (client.headers | {"Content-Length": str(50 * MIB)}).items()]
    head = f"POST {client.prefix}/files/box/gone HTTP/1.1\r\nHost: x\r\nContent-Type: a/b\r\n" + "\r\n".join(lines)
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(head.encode() + b"\r\n\r\n" + b"x" * 9 * MIB)
    assert client.ask("GET", "/files/box/gone/meta")[0] == 404
    assert stored_bytes(server) == before


def test_a_reader_that_hangs_up_lets_go_of_the_file(server: LiveServer, client: Client) -> None:
    assert client.ask("POST", "/files/box/left", pieces(4, 50 * MIB), Transfer_Encoding="chunked")[0] == 200
    with client.open("GET", "/files/box/left") as response:
        assert response.read(10)
    eventually(lambda: not open_contents(server))


def test_a_slow_reader_holds_up_nobody(client: Client) -> None:
    assert client.ask("POST", "/files/box/slow", pieces(5, 20 * MIB), Transfer_Encoding="chunked")[0] == 200
    with ExitStack() as readers:
        for _ in range(40):
            readers.enter_context(client.open("GET", "/files/box/slow"))
        assert client.ask("GET", "/files/box/slow/meta")[0] == 200


def stored_bytes(server: LiveServer) -> int:
    return sum(path.stat().st_size for path in (server.data / "files").rglob("*") if path.is_file())


def open_contents(server: LiveServer) -> list[str]:
    """The contents that the server has open."""
    handles = Path(f"/proc/{server.process.pid}/fd").iterdir()
    targets = [str(handle.readlink()) for handle in handles if handle.is_symlink()]
    return [target for target in targets if str(server.data / "files") in target]
