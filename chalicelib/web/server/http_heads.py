"""What uvicorn's parser does not do with the head of a request (its first line and headers): limit its length and its
time, and ignore offers to upgrade."""

from __future__ import annotations

import asyncio
import re
import socket
from contextlib import suppress

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

MAX_HEAD_BYTES = 64 * 1024
"""The longest head, included: room for the longest `where` in a URL that common proxies let through. API Gateway
allows 10,240 bytes of headers."""

HEAD_SECONDS = 30.0
"""How long a head may take from its first byte on; a body's time is limited in bodies.py. Our choice."""

_END = re.compile(rb"\r?\n\r?\n")
_UPGRADE = re.compile(rb"\nupgrade:", re.IGNORECASE)


def _refusal(status: str, error: str) -> bytes:
    """An answer to what never becomes a request, in the same form as all other errors."""
    body = f'{{"error":"{error}"}}'
    return (
        f"HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
        f"connection: close\r\n\r\n{body}"
    ).encode("ascii")


class WholeHeads(HttpToolsProtocol):
    """Hands each head to the parser in one piece.

    A client whose headers never end is refused instead of being read forever; and so is one that hides them where heads
    are not gathered (behind an empty line, another request or a chunked body), for the parser keeps what has no end.
    A client that stops in the middle of a head, or connects and says nothing, is hung up on: each connection is an open
    file, and anybody can open thousands. An `Upgrade` header is renamed: Java's HTTP client offers h2c with every
    request, and the parser would take the body of such a request for the other protocol and drop it.
    """

    _head = b""
    _in_head = True
    _head_timer: asyncio.TimerHandle | None = None
    _bytes_without_end = 0
    """What the parser was given since it last came to the end of anything."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        # asyncio does so itself, but not where several workers share a listener: the second part of each answer then
        # waits for the client's delayed acknowledgement, 40 ms.
        with suppress(OSError):  # some systems refuse it for a client who has left
            transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # As between requests, where load balancers keep silent for a while too.
        self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)

    def connection_lost(self, exc: Exception | None) -> None:
        self._unset_keepalive_if_required()
        self._stop_head_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._parse(data)
        is_answering = self.cycle is not None and not self.cycle.response_complete
        if self._in_head and not is_answering and self._head_timer is None:
            self._head_timer = self.loop.call_later(HEAD_SECONDS, self._refuse_slow_head)

    def _parse(self, data: bytes) -> None:
        # The parser refuses what cannot begin a head, such as a TLS greeting.
        if self._in_head and (self._head or data[:1].isalpha()):
            self._unset_keepalive_if_required()
            self._head += data
            end = _END.search(self._head)
            if (end.end() if end else len(self._head)) > MAX_HEAD_BYTES:
                self._refuse_head()
                return
            if end is None:
                return
            data, self._head = _without_upgrade(self._head, end.end()), b""
        self._bytes_without_end += len(data)
        super().data_received(data)
        if self._bytes_without_end > MAX_HEAD_BYTES and not self.transport.is_closing():
            self._refuse_head()

    def send_400_response(self, msg: str) -> None:
        self._refuse("400 Bad Request", "the request is not valid HTTP")

    def _refuse_slow_head(self) -> None:
        if not self.transport.is_closing():
            self._refuse("408 Request Timeout", "the request's head did not come in time")

    def _stop_head_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _refuse_head(self) -> None:
        self._refuse("431 Request Header Fields Too Large", "the request's head is too long")

    def _refuse(self, status: str, error: str) -> None:
        self.transport.write(_refusal(status, error))
        self.transport.close()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._stop_head_timer()
        self._bytes_without_end = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._bytes_without_end = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        self._in_head = True
        self._bytes_without_end = 0
        super().on_message_complete()


def _without_upgrade(data: bytes, end: int) -> bytes:
    return _UPGRADE.sub(b"\nx-offered-upgrade:", data[:end]) + data[end:]
