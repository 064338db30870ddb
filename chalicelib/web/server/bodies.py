"""Bodies on the wire: small ones go into memory, large ones into a temporary file, and streams out again.

Reading keeps pace with the client and writing with the network, so that no large body is ever whole in memory.
"""

from __future__ import annotations

import asyncio
import io
import tempfile
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import Executor
from pathlib import Path
from typing import Any, BinaryIO, Protocol, cast

from chalicelib.core.errors import BodyTooLarge, Unavailable
from chalicelib.web.call import Stream
from chalicelib.web.errors import MalformedBody
from chalicelib.web.log import describe, log_line
from chalicelib.web.mount import NO_ROUTE

BODY_SECONDS = 120
"""How long a client may take to send a body before we hang up, in addition to what its size allows."""

SLOWEST_BYTES_PER_SECOND = 16 * 1024
"""We hang up on a client that sends a large body more slowly: the pace of a poor mobile connection."""

DRAIN_BYTES = 64 * 1024 * 1024
"""How much of a too large body is still read, so that the client gets to see why it was refused."""

PIECE_BYTES = 1024 * 1024
"""How much of a large body is collected in memory before it goes to the file."""

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Body(Protocol):
    """Where a body goes while it is read."""

    async def add(self, chunk: bytes) -> None: ...

    async def drop(self) -> None:
        """Forgets what has come, because it is too much."""


class BodyInMemory:
    """A body that fits in memory."""

    def __init__(self) -> None:
        self._chunks: list[bytes] = []

    async def add(self, chunk: bytes) -> None:
        self._chunks.append(chunk)

    async def drop(self) -> None:
        self._chunks.clear()

    def content(self) -> bytes:
        return b"".join(self._chunks)


class BodyInFile:
    """A body that goes to a file without a name when it is larger than a piece; a crash leaves nothing of it.

    `admit` is asked before there is a file: what it raises keeps the body out. `pool` has the threads for both.
    """

    def __init__(self, folder: Path | None, admit: Callable[[], None], pool: Executor) -> None:
        self._folder = folder
        self._admit = admit
        self._pool = pool
        self._gathered = bytearray()
        self._file: BinaryIO | None = None

    async def add(self, chunk: bytes) -> None:
        """Raises: Unavailable when it cannot be written; whatever `admit` raises."""
        self._gathered += chunk
        if len(self._gathered) >= PIECE_BYTES:
            await asyncio.get_running_loop().run_in_executor(self._pool, self._write)

    async def drop(self) -> None:
        self._gathered.clear()
        self.close()

    async def content(self) -> BinaryIO:
        """The body, to be read from its beginning. Raises: Unavailable."""
        if self._file is None:
            return io.BytesIO(self._gathered)
        await asyncio.get_running_loop().run_in_executor(self._pool, self._write)
        self._file.seek(0)
        return self._file

    def close(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None

    def _write(self) -> None:
        if self._file is None:
            self._admit()
        try:
            if self._file is None:
                self._file = cast("BinaryIO", tempfile.TemporaryFile(dir=self._folder))  # noqa: SIM115 - see close()
            self._file.write(self._gathered)
        except OSError as error:
            raise Unavailable(f"the server cannot keep the body: {error.strerror}") from error
        self._gathered.clear()


async def read_body(receive: Receive, body: Body, max_bytes: int) -> bool:
    """Whether the whole body has come: not when the client went away.

    Raises: BodyTooLarge; MalformedBody when the client was too slow; whatever `body` raises.
    """
    try:
        async with asyncio.timeout(BODY_SECONDS) as limit:
            deadline, size = limit.when() or 0.0, 0
            message = await receive()
            while message["type"] != "http.disconnect":
                chunk: bytes = message.get("body", b"")
                size += len(chunk)
                if size <= max_bytes:
                    await body.add(chunk)
                else:
                    await body.drop()
                if not message.get("more_body") or size > max_bytes + DRAIN_BYTES:
                    if size > max_bytes:
                        raise BodyTooLarge(max_bytes)
                    return True
                limit.reschedule(deadline + size / SLOWEST_BYTES_PER_SECOND)
                message = await receive()
    except TimeoutError as error:
        raise MalformedBody("the body did not come in time") from error
    return False


async def send_stream(stream: Stream, receive: Receive, send: Send, pool: Executor) -> None:
    """Sends a stream piece by piece, and closes it.

    When it breaks off, the answer stays incomplete: the server cuts the connection, and the client sees that bytes
    are missing.
    """
    loop = asyncio.get_running_loop()
    gone = asyncio.ensure_future(until_gone(receive))
    left = stream.length
    try:
        while left > 0 and not gone.done():
            piece = await loop.run_in_executor(pool, next, stream.chunks, b"")
            if not piece:
                log_line("ERROR", "failure", route=NO_ROUTE, cause=f"a content ended {left} bytes early")
                return
            left -= len(piece)
            await send({"type": "http.response.body", "body": piece, "more_body": left > 0})
        if stream.length == 0:
            await send({"type": "http.response.body", "body": b""})
    except Exception as error:
        log_line("ERROR", "failure", route=NO_ROUTE, cause=describe(error))
    finally:
        gone.cancel()
        await loop.run_in_executor(pool, stream.chunks.close)


async def until_gone(receive: Receive) -> None:
    """Returns when the client has hung up."""
    while (await receive())["type"] != "http.disconnect":
        pass
