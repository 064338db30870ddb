"""A client of event streams on a plain socket: it sees each byte."""

from __future__ import annotations

import socket
import time
from types import TracebackType

from tests.dialects.sse.listeners import Listener
from tests.live import PATIENCE_SECONDS


class StreamClient:
    """One connection. `body` is what came, without the framing of HTTP."""

    def __init__(self, port: int, phone: Listener, **headers: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        lines = [f"GET {phone.path} HTTP/1.1", "Host: 127.0.0.1", "Accept: text/event-stream"]
        lines += [f"{name}: {value}" for name, value in phone.headers(**headers).items()]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self._raw = b""
        self.head = b""
        self.body = b""
        self.is_over = False
        """Whether the server ended the body, rather than cut the connection."""
        while not self.head:
            assert self._receive(PATIENCE_SECONDS), "no answer"

    def until(self, part: bytes, seconds: float = PATIENCE_SECONDS) -> bytes:
        """The body when it has these bytes."""
        deadline = time.monotonic() + seconds
        while part not in self.body:
            left = deadline - time.monotonic()
            assert left > 0, f"{part!r} did not come: {self.body!r}"
            assert self._receive(left), f"hung up before {part!r}: {self.body!r}"
        return self.body

    def linger(self, seconds: float) -> None:
        """Takes what comes for a while."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            self._receive(left)

    def until_over(self) -> bytes:
        """The whole body, when the server has ended it."""
        while not self.is_over:
            assert self._receive(PATIENCE_SECONDS), "cut off"
        return self.body

    def close(self) -> None:
        self._socket.close()

    def __enter__(self) -> StreamClient:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _receive(self, seconds: float) -> bool:
        """Whether anything came in time."""
        self._socket.settimeout(seconds)
        try:
            piece = self._socket.recv(65536)
        except TimeoutError:
            return False
        self._raw += piece
        if not self.head:
            head, end, rest = self._raw.partition(b"\r\n\r\n")
            if end:
                self.head, self._raw = head, rest
        if self.head:
            self._unframe()
        return bool(piece)

    def _unframe(self) -> None:
        """Takes the complete chunks off what came."""
        while True:
            length, end, rest = self._raw.partition(b"\r\n")
            size = int(length, 16) if end else -1
            if size < 0 or len(rest) < size + 2:
                return
            self.is_over = size == 0
            self.body += rest[:size]
            self._raw = rest[size + 2 :]
