"""Feeds as the server sends them, over a connection made of lists: their ends, good and bad."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.web.server.feeds import OpenFeeds
from tests.live import PATIENCE_SECONDS

LAST = {"type": "http.response.body", "body": b""}


class Song:
    """A feed that says what it is told to."""

    idle_seconds = 30.0

    def __init__(self, *more: bytes | Exception, ends: bool = False) -> None:
        self._more = list(more)
        self._ends = ends
        self.ring: Callable[[], None] = lambda: None
        self.closed = 0

    def begin(self, ring: Callable[[], None]) -> bytes:
        self.ring = ring
        return self.more()

    def more(self) -> bytes:
        said = self._more.pop(0) if self._more else b""
        if isinstance(said, Exception):
            raise said
        return said

    def idle(self) -> bytes | None:
        return None if self._ends else b"."

    def whole(self) -> bytes:
        return b""

    def close(self) -> None:
        self.closed += 1
        if self.closed > 1:
            raise AssertionError("closed twice")


class Connection:
    """What a client gets, and the moment when it hangs up."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.arrived = asyncio.Event()
        self.gone = asyncio.Event()

    async def receive(self) -> dict[str, Any]:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Any) -> None:
        self.sent.append(dict(message))
        self.arrived.set()

    async def until(self, count: int) -> None:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while len(self.sent) < count:
                self.arrived.clear()
                await self.arrived.wait()

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.sent)


Play = Callable[[OpenFeeds, Connection], Awaitable[None]]


def sung(song: Song, play: Play) -> Connection:
    """Sends a feed while `play` happens, until it is over."""

    async def run() -> Connection:
        with ThreadPoolExecutor(2) as pool:
            feeds, connection = OpenFeeds(), Connection()
            sending = asyncio.ensure_future(feeds.send(song, connection.receive, connection.send, pool))
            await play(feeds, connection)
            async with asyncio.timeout(PATIENCE_SECONDS):
                await sending
        return connection

    return asyncio.run(run())


async def nothing(feeds: OpenFeeds, connection: Connection) -> None:
    """Nothing happens."""


def test_each_ring_brings_what_is_new() -> None:
    song = Song(b"a", b"b", b"", b"c")

    async def play(feeds: OpenFeeds, connection: Connection) -> None:
        await connection.until(1)
        for number in (2, 2, 3):
            song.ring()
            await asyncio.sleep(0.05)
            await connection.until(number)
        feeds.end()

    connection = sung(song, play)
    assert connection.body == b"abc"
    assert connection.sent[-1] == LAST
    assert song.closed == 1


def test_a_silent_feed_shows_that_it_lives_until_it_is_over() -> None:
    song = Song(b"a")
    song.idle_seconds = 0.05

    async def play(feeds: OpenFeeds, connection: Connection) -> None:
        await connection.until(4)
        song._ends = True

    connection = sung(song, play)
    assert connection.body.startswith(b"a...")
    assert connection.sent[-1] == LAST
    assert song.closed == 1


def test_a_client_that_hangs_up_is_sent_nothing_more() -> None:
    song = Song(b"a")

    async def play(feeds: OpenFeeds, connection: Connection) -> None:
        await connection.until(1)
        connection.gone.set()

    connection = sung(song, play)
    assert connection.sent == [{"type": "http.response.body", "body": b"a", "more_body": True}]
    assert song.closed == 1


def test_a_feed_that_begins_while_the_server_stops_ends_at_once() -> None:
    song = Song(b"a")

    async def play(feeds: OpenFeeds, connection: Connection) -> None:
        feeds.end()

    assert sung(song, play).sent == [LAST]
    assert song.closed == 1


@pytest.mark.parametrize("song", [Song(KeyError("the secret word")), Song(b"a", KeyError("the secret word"))])
def test_a_feed_that_breaks_cuts_the_connection_and_is_logged(song: Song, capsys: pytest.CaptureFixture[str]) -> None:
    async def play(feeds: OpenFeeds, connection: Connection) -> None:
        await asyncio.sleep(0.05)
        song.ring()

    connection = sung(song, play)
    assert LAST not in connection.sent
    assert song.closed == 1
    logged = capsys.readouterr().err
    assert "KeyError" in logged
    assert "secret" not in logged


def test_a_ring_after_the_end_is_nothing() -> None:
    song = Song(b"a", ends=True)
    song.idle_seconds = 0.01
    sung(song, nothing)
    song.ring()
