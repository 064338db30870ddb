"""Connections that stay open: an open feed costs a few tasks and no thread while nothing happens."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from types import FrameType
from typing import Any

from chalicelib.web.call import Feed
from chalicelib.web.log import describe, log_line
from chalicelib.web.mount import NO_ROUTE
from chalicelib.web.server.bodies import Receive, Send, until_gone

Wake = Callable[[], None]


class OpenFeeds:
    """The feeds that one process sends. They end when the server is asked to stop, otherwise it could not."""

    def __init__(self) -> None:
        self._wakes: set[Wake] = set()
        self._stopping = False

    def end_at_signals(self) -> None:
        """Ends all feeds when the process is told to stop, before the HTTP server waits for their connections.

        The HTTP server has no hook for this. Its own signal handlers are called as before. Call this in the
        event loop's thread.
        """
        if threading.current_thread() is not threading.main_thread():
            return
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._before(signal.getsignal(number), loop))

    def end(self) -> None:
        """Ends all feeds, now and from now on. Call this in the event loop's thread."""
        self._stopping = True
        for wake in tuple(self._wakes):
            wake()

    async def send(self, feed: Feed, receive: Receive, send: Send, pool: Executor) -> None:
        """Sends a feed until it is over, its client is gone or the server stops; closes it. `pool` has the threads
        in which it is read."""
        loop = asyncio.get_running_loop()
        woken = asyncio.Event()
        gone = asyncio.ensure_future(until_gone(receive))
        gone.add_done_callback(lambda _: woken.set())
        self._wakes.add(woken.set)
        try:
            await self._send(feed, send, pool, woken, gone)
        except Exception as error:
            log_line("ERROR", "failure", route=NO_ROUTE, cause=describe(error))
        finally:
            self._wakes.discard(woken.set)
            gone.cancel()
            with suppress(Exception):
                # Closing may fail to write something; the client comes back all the same.
                await loop.run_in_executor(pool, feed.close)

    async def _send(
        self, feed: Feed, send: Send, pool: Executor, woken: asyncio.Event, gone: asyncio.Future[None]
    ) -> None:
        loop = asyncio.get_running_loop()

        def ring() -> None:
            with suppress(RuntimeError):  # the loop is closed
                loop.call_soon_threadsafe(woken.set)

        piece: bytes | None = await loop.run_in_executor(pool, feed.begin, ring)
        idle_at = loop.time() + feed.idle_seconds
        while piece is not None and not gone.done() and not self._stopping:
            if piece:
                await send({"type": "http.response.body", "body": piece, "more_body": True})
            with suppress(TimeoutError):
                async with asyncio.timeout_at(idle_at):
                    await woken.wait()
            woken.clear()
            if gone.done() or self._stopping:
                break
            if loop.time() < idle_at:
                piece = await loop.run_in_executor(pool, feed.more)
            else:
                idle_at = loop.time() + feed.idle_seconds
                piece = await loop.run_in_executor(pool, _more_and_idle, feed)
        if not gone.done():
            await send({"type": "http.response.body", "body": b""})

    def _before(self, handler: Any, loop: asyncio.AbstractEventLoop) -> Callable[[int, FrameType | None], Any]:
        def handle(number: int, frame: FrameType | None) -> Any:
            loop.call_soon_threadsafe(self.end)
            return handler(number, frame) if callable(handler) else None

        return handle


def _more_and_idle(feed: Feed) -> bytes | None:
    """What has come, and the sign of life, which events must not put off."""
    more, idle = feed.more(), feed.idle()
    return None if idle is None else more + idle
