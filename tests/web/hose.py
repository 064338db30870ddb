"""A tiny dialect whose bodies are streams, and a core that is not there."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from chalicelib.core.access.caller import Caller
from chalicelib.core.errors import BodyTooLarge, CoreError, InvalidInput, Unavailable, WrongAppKey
from chalicelib.core.tenants.model import Tenant
from chalicelib.web.call import Call, Reply, Request, Stream
from chalicelib.web.dialect import Dialect
from chalicelib.web.errors import MalformedBody, UnsupportedMediaType
from chalicelib.web.routing import RouteTable, nobody

PIECE = b"0123456789abcdef" * 4096

routes = RouteTable()


class Water:
    """Pieces without end, for tests that end them; counts what is open."""

    open_now = 0
    _lock = threading.Lock()

    def __init__(self, pieces: int, breaks: bool = False) -> None:
        self._left = pieces
        self._breaks = breaks
        self._is_open = True
        self._count(1)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        if self._left == 0:
            if self._breaks:
                raise Unavailable("the pipe burst")
            raise StopIteration
        self._left -= 1
        return PIECE

    def close(self) -> None:
        if self._is_open:
            self._is_open = False
            self._count(-1)

    @classmethod
    def _count(cls, change: int) -> None:
        with cls._lock:
            cls.open_now += change


def authenticate(core: Any, request: Request) -> Caller:
    """Only whoever says that they are a friend."""
    if request.headers.get("x-key") == "broken":
        raise KeyError("the lock")
    if request.headers.get("x-key") != "friend":
        raise WrongAppKey("not a friend")
    return Caller(Tenant(id="acme", name="acme", created_at=datetime(2026, 1, 1, tzinfo=UTC)))


def render_error(error: CoreError, request: Request) -> Reply:
    status = {
        BodyTooLarge: 413,
        InvalidInput: 400,
        MalformedBody: 400,
        WrongAppKey: 401,
        UnsupportedMediaType: 415,
        Unavailable: 503,
    }.get(type(error), 500)
    return Reply(status, {"error": str(error), "base": request.base_url})


@routes.put("/h/{tenant}/sink/{name}", authenticate=nobody, streams=True)
def put_sink(call: Call, name: str) -> Reply:
    """Tells what came, read piece by piece."""
    content, digest, length = call.content, hashlib.sha256(), 0
    while piece := content.read(100_000):
        digest.update(piece)
        length += len(piece)
    return Reply(200, {"name": name, "length": length, "sha256": digest.hexdigest()})


@routes.put("/h/{tenant}/safe/{name}", streams=True)
def put_safe(call: Call, name: str) -> Reply:
    """Takes what a friend sends."""
    return Reply(200, {"length": len(call.content.read())})


@routes.post("/h/{tenant}/sink/{name}", authenticate=nobody, streams=True)
def post_sink(call: Call, name: str) -> Reply:
    """Reads the stream as JSON, twice."""
    return Reply(200, {"name": name, "sent": call.json(), "length": len(call.body)})


@routes.get("/h/{tenant}/tap/{pieces}", authenticate=nobody)
def get_tap(call: Call, pieces: str) -> Reply:
    """So many pieces; `short=1` ends a piece early and `breaks=1` fails there."""
    count = int(pieces)
    water = Water(count - ("short" in call.query or "breaks" in call.query), "breaks" in call.query)
    return Reply(200, Stream(water, count * len(PIECE)), (("Content-Type", "x/water"), ("ETag", '"w"')))


@routes.get("/h/{tenant}/base", authenticate=nobody)
def get_base(call: Call) -> Reply:
    if "fail" in call.query:
        raise InvalidInput("asked for")
    return Reply(200, {"base": call.request.base_url})


dialect = Dialect(
    name="hose",
    prefix="/h",
    product="a hose",
    tables=(routes,),
    authenticate=authenticate,
    render_error=render_error,
    cors=lambda core, request, caller: (),
    kind_of=lambda path: path,
)
