"""The HTTP protocol's connections."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import uvicorn
from uvicorn.server import ServerState

from chalicelib.web.server.http_heads import WholeHeads


def test_a_connection_of_a_shared_listener_sends_without_delay() -> None:
    """Several workers share a listener whose sockets asyncio does not take for TCP and leaves to Nagle's algorithm:
    the second part of each answer then waited 40 ms for the client's delayed acknowledgement."""
    assert asyncio.run(_is_without_delay()) is True


async def nobody(scope: Any, receive: Any, send: Any) -> None:
    """An application that is not asked."""


class Watched(WholeHeads):
    """Tells of the socket that was accepted, and when it is closed."""

    accepted: asyncio.Future[socket.socket]
    closed: asyncio.Event

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.accepted.set_result(transport.get_extra_info("socket"))

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        self.loop.call_soon(self.closed.set)


async def _is_without_delay() -> bool:
    config = uvicorn.Config(nobody, log_config=None, lifespan="off")
    config.load()
    protocol = Watched(config=config, server_state=ServerState(), app_state={})
    protocol.accepted, protocol.closed = asyncio.get_running_loop().create_future(), asyncio.Event()
    listener = socket.socket(socket.AF_INET)
    listener.bind(("127.0.0.1", 0))
    async with await asyncio.get_running_loop().create_server(lambda: protocol, sock=listener):
        _, writer = await asyncio.open_connection(*listener.getsockname())
        delay = (await protocol.accepted).getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        writer.close()
        await writer.wait_closed()
        await protocol.closed.wait()
    return delay != 0
