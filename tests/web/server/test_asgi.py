"""The parrot behind uvicorn on a real socket: what only shows on the wire."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from http.client import HTTPConnection, HTTPResponse
from typing import Any

import pytest
import uvicorn

from chalicelib.web.server import http_heads
from chalicelib.web.server.http_heads import MAX_HEAD_BYTES, WholeHeads
from tests.live import PATIENCE_SECONDS, eventually
from tests.web.parrot import ParrotCore
from tests.web.parrot_server import parrot_asgi


@pytest.fixture(scope="module")
def config() -> uvicorn.Config:
    return uvicorn.Config(
        parrot_asgi(ParrotCore()), port=0, lifespan="on", http=WholeHeads, loop="asyncio", log_config=None
    )


@pytest.fixture(scope="module")
def port(config: uvicorn.Config) -> Iterator[int]:
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    eventually(lambda: server.started)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


def ask(port: int, method: str, path: str, **options: Any) -> tuple[HTTPResponse, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    connection.request(method, path, **options)
    reply = connection.getresponse()
    body = reply.read()
    connection.close()
    return reply, body


def exchange(port: int, *parts: bytes) -> bytes:
    """Sends bytes as they are, in separate packets, and reads until the server hangs up."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
        for part in parts:
            connection.sendall(part)
            time.sleep(0.01)
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    return answer


@pytest.mark.parametrize("prefix", ["", "/api"])
def test_the_server_answers_under_both_prefixes(port: int, prefix: str) -> None:
    reply, body = ask(port, "GET", f"{prefix}/p/acme/words/hello")
    assert reply.status == 200
    assert json.loads(body)["word"] == "hello"


def test_an_encoded_slash_stays_inside_its_parameter(port: int) -> None:
    _, body = ask(port, "GET", "/p/acme/words/a%2Fb%2520/%E6%97%A5%E6%9C%AC")
    assert json.loads(body) == {"word": "a/b%20", "tail": "日本"}


@pytest.mark.parametrize("path", ["/p/acme/words/%ff", "/p/acme/query?a=%ff", "/p/acme/query?%C3%28=1"])
def test_addresses_that_are_not_utf8_are_refused(port: int, path: str) -> None:
    reply, body = ask(port, "GET", path)
    assert reply.status == 400
    assert "UTF-8" in json.loads(body)["squawk"]


def test_a_static_segment_is_no_dead_end(port: int) -> None:
    assert json.loads(ask(port, "GET", "/p/acme/words/special/x")[1]) == {"word": "special", "tail": "x"}
    assert json.loads(ask(port, "GET", "/p/acme/words/special/x/end")[1]) == {"special": "x"}


def test_a_chunked_body_without_length_arrives_whole(port: int) -> None:
    head = b"PUT /p/acme/words/w HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    answer = exchange(port, head, b"5\r\nhello\r\n", b"1\r\n \r\n5\r", b"\nworld\r\n0\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 200 OK")
    assert answer.endswith(b"hello world")


def test_one_connection_carries_many_requests(port: int) -> None:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    for number in range(5):
        connection.request("PUT", "/p/acme/words/w", body=iter([b"a" * number, b"b"]), encode_chunked=True)
        assert connection.getresponse().read() == b"a" * number + b"b"
    connection.close()


def test_a_body_at_the_limit_passes_and_a_larger_one_is_refused_in_the_dialects_form(port: int) -> None:
    assert ask(port, "PUT", "/p/acme/words/w", body=b"x" * 1000)[1] == b"x" * 1000
    reply, body = ask(port, "PUT", "/p/acme/words/w", body=b"x" * 1001)
    assert reply.status == 413
    assert json.loads(body) == {"squawk": "the request body is larger than 1000 bytes"}


def test_a_large_chunked_body_is_refused_without_being_kept(port: int) -> None:
    chunks = (b"x" * 65536 for _ in range(160))
    reply, _ = ask(port, "PUT", "/p/acme/words/w", body=chunks, encode_chunked=True)
    assert reply.status == 413


def test_a_head_request_has_the_length_and_no_body(port: int) -> None:
    got, body = ask(port, "GET", "/p/acme/text")
    headed, nothing = ask(port, "HEAD", "/p/acme/text")
    assert (headed.status, nothing) == (200, b"")
    assert headed.headers["Content-Length"] == got.headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(("path", "status"), [("/p/acme/nothing", 204), ("/p/acme/unchanged", 304)])
def test_an_answer_without_content_has_no_length(port: int, method: str, path: str, status: int) -> None:
    reply, body = ask(port, method, path)
    assert (reply.status, body, reply.headers["Content-Length"]) == (status, b"", None)


def test_a_preflight_is_answered_for_every_path(port: int) -> None:
    reply, _ = ask(port, "OPTIONS", "/p/acme/json", headers={"Origin": "https://dog.example"})
    assert reply.status == 204
    assert reply.headers["Access-Control-Allow-Origin"] == "https://dog.example"


@pytest.mark.parametrize("path", ["/p", "/p/", "/p/acme/zzz", "/p/acme/words", "/", "/zzz", "/p/acme/words/a/b/c/d"])
def test_an_unknown_path_is_answered_in_the_dialects_form(port: int, path: str) -> None:
    reply, body = ask(port, "GET", path)
    assert reply.status == 404
    assert json.loads(body)["squawk"].startswith("no such path")
    assert reply.headers["X-Request-Id"]


def test_an_unknown_method_names_the_known_ones(port: int) -> None:
    reply, _ = ask(port, "PATCH", "/p/acme/words/w")
    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD, OPTIONS, PUT")


@pytest.mark.parametrize("accept", [None, "application/json", "image/png"])
def test_binary_answers_arrive_whatever_is_accepted(port: int, accept: str | None) -> None:
    body = bytes(range(256))
    headers = {"Content-Type": "image/png"} | ({} if accept is None else {"Accept": accept})
    assert ask(port, "PUT", "/p/acme/words/w", body=body, headers=headers)[1] == body


def test_repeated_headers_are_sent_twice(port: int) -> None:
    assert ask(port, "GET", "/p/acme/headers")[0].headers.get_all("X-Two") == ["1", "2"]


@pytest.mark.parametrize("sent", ["X-Word: tweet", "X-Word:tweet", "X-Word: \t tweet \t ", "x-word:tweet\t"])
def test_space_around_a_headers_value_is_no_part_of_it(port: int, sent: str) -> None:
    """HTTP semantics, RFC 9110, section 5.5."""
    asked = f"GET /p/acme/pause/w HTTP/1.1\r\nHost: h\r\nConnection: close\r\n{sent}\r\n\r\n"
    answer = exchange(port, asked.encode())
    assert json.loads(answer.partition(b"\r\n\r\n")[2])["header"] == "tweet"


def test_32_requests_at_once_each_get_their_own_answer(port: int) -> None:
    def talk(client: int) -> list[dict[str, str]]:
        connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
        answers = []
        for number in range(10):
            path = f"/p/tenant{client}/pause/word{client}-{number}"
            connection.request("GET", path, headers={"X-Word": f"{client}-{number}"})
            answers.append(json.loads(connection.getresponse().read()))
        connection.close()
        return answers

    with ThreadPoolExecutor(32) as clients:
        answers = list(clients.map(talk, range(32)))
    assert answers == [
        [{"word": f"word{c}-{n}", "tenant": f"tenant{c}", "header": f"{c}-{n}"} for n in range(10)] for c in range(32)
    ]


def test_what_is_not_http_is_refused_as_json(port: int) -> None:
    head, _, body = exchange(port, b"HELLO\r\n\r\n").partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/json" in head
    assert json.loads(body)["error"]


CHUNKED = b"PUT /p/acme/words/w HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    "beginning",
    [
        b"\r\nGET /p/acme/text HTTP/1.1\r\nX-Long: ",
        b"GET /p/acme/text HTTP/1.1\r\nHost: h\r\n\r\nGET /p/acme/text HTTP/1.1\r\nX-Long: ",
        CHUNKED + b"2\r\n{}\r\n0\r\nX-Long: ",
        CHUNKED + b"2;long=",
    ],
    ids=["behind an empty line", "behind another request", "behind a body", "beside a chunk"],
)
def test_what_never_comes_to_its_end_is_cut_off_wherever_it_stands(port: int, beginning: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(beginning)
        time.sleep(0.01)
        with suppress(ConnectionError):
            for _ in range(64):
                connection.sendall(b"1" * MAX_HEAD_BYTES)
            while connection.recv(65536):
                pass


def test_headers_without_end_are_cut_off(port: int) -> None:
    line = b"X-Long: " + b"x" * 8000 + b"\r\n"
    answer = exchange(port, b"GET /p/acme/text HTTP/1.1\r\nHost: h\r\n" + line * 8, line)
    assert answer.startswith(b"HTTP/1.1 431 ")
    assert len(answer.partition(b"\r\n\r\n")[2]) == 42


@pytest.mark.parametrize(
    "before",
    [b"", b"\r\n", b"GET /p/acme/text HTTP/1.1\r\nHost: h\r\n\r\n"],
    ids=["first", "behind an empty line", "second"],
)
def test_a_head_that_stops_half_way_is_cut_off(port: int, monkeypatch: pytest.MonkeyPatch, before: bytes) -> None:
    monkeypatch.setattr(http_heads, "HEAD_SECONDS", 0.1)
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS) as connection:
        connection.sendall(before)
        if before.startswith(b"GET"):
            connection.recv(65536)
        connection.sendall(b"GET /p/acme/text HT")
        answer = b""
        while chunk := connection.recv(65536):
            answer += chunk
    assert answer.rpartition(b"HTTP/1.1 ")[2].startswith(b"408 ")


def test_a_client_that_says_nothing_is_hung_up_on(
    port: int, config: uvicorn.Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(config, "timeout_keep_alive", 0.1)
    assert exchange(port) == b""


def test_a_long_but_finished_head_is_answered(port: int) -> None:
    reply, body = ask(port, "GET", "/p/acme/query?where=" + "x" * 40_000)
    assert reply.status == 200
    assert len(body) > 40_000


@pytest.mark.parametrize("upgrade", ["h2c", "websocket"])
def test_an_offer_to_upgrade_is_ignored(port: int, upgrade: str) -> None:
    headers = {"Connection": "Upgrade", "Upgrade": upgrade, "Content-Type": "application/json"}
    assert json.loads(ask(port, "GET", "/p/acme/words/w", headers=headers)[1])["word"] == "w"
    assert json.loads(ask(port, "POST", "/p/acme/json", body=b'{"a":1}', headers=headers)[1]) == {"sent": {"a": 1}}


def test_a_head_in_many_pieces_is_put_together(port: int) -> None:
    head = b"PUT /p/acme/words/w HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
    assert exchange(port, *(head[at : at + 9] for at in range(0, len(head), 9))).endswith(b"\r\n\r\nok")


def test_requests_sent_ahead_are_answered_in_order(port: int) -> None:
    first = b"PUT /p/acme/words/w HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\none"
    second = b"PUT /p/acme/words/w HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: 3\r\n\r\ntwo"
    answer = exchange(port, first + second)
    assert 0 < answer.index(b"one") < answer.index(b"two")


def test_a_greeting_of_another_protocol_is_refused(port: int) -> None:
    assert exchange(port, b"\x16\x03\x01\x02\x00\x01").startswith(b"HTTP/1.1 400")


def test_an_answer_that_http_cannot_carry_is_an_internal_error(port: int) -> None:
    reply, body = ask(port, "GET", "/p/acme/header")
    assert (reply.status, json.loads(body)) == (500, {"error": "internal server error"})
