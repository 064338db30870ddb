"""A server in place of AWS that fails: with a status and a code, by silence, in the middle of a body, or not at all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]

XML_ERROR = (
    "<?xml version='1.0'?><ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>no</Message></Error>"
    "<RequestId>1</RequestId></ErrorResponse>"
)
S3_ERROR = "<?xml version='1.0'?><Error><Code>{code}</Code><Message>no</Message><RequestId>1</RequestId></Error>"
JSON_ERROR = '{{"__type":"com.amazonaws#{code}","message":"no"}}'


@dataclass
class FailingServer:
    """Answers everything with `answer`, and with silence until there is one; counts the requests."""

    url: str
    answer: Answer | None = None
    requests: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)


def refuses(status: int, body: str, **headers: str) -> Answer:
    """Answers with a status and an error's body."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        if request.command != "HEAD":
            request.wfile.write(body.encode())

    return answer


def breaks_off(request: BaseHTTPRequestHandler) -> None:
    """Promises a content and closes the connection before its end."""
    request.send_response(200)
    request.send_header("Content-Length", "3000000")
    request.end_headers()
    request.wfile.write(b"x" * 1_500_000)


@contextmanager
def failing_server() -> Iterator[FailingServer]:
    """The server on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            self.close_connection = True
            if self.raw_requestline and self.parse_request():
                failing.requests += 1
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                if failing.answer is not None:
                    failing.answer(self)
                else:
                    failing.stopped.wait(10)

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    failing = FailingServer(f"http://127.0.0.1:{server.server_address[1]}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield failing
    finally:
        failing.stopped.set()
        server.shutdown()
        server.server_close()
        thread.join()
