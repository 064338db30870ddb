"""What a handler reads and what it returns: Request and Call in, Reply out."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, BinaryIO, NoReturn, Protocol

from chalicelib.core.access.caller import Caller
from chalicelib.core.errors import BodyTooLarge
from chalicelib.web.errors import MalformedBody, UnsupportedMediaType

if TYPE_CHECKING:
    from chalicelib.core.core import Core

JSON_TYPE = "application/json"

MAX_READ_BYTES = 10 * 1024 * 1024
"""How much of a streamed body is read into memory by a handler that asks for all of it. Source: API Gateway's limit."""


class Headers:
    """A request's headers: names in any case, one value each; of several values sent, the last."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = {name.lower(): value for name, value in values.items()}

    def get(self, name: str) -> str | None:
        return self._values.get(name.lower())

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)


class QueryParameters:
    """A URL's query: every value of every name, decoded, in the order sent."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, list[str]]) -> None:
        self._values = values

    def get(self, name: str) -> str | None:
        """The last value, or None when the name was not sent; `name` and `name=` both mean an empty value."""
        values = self._values.get(name)
        return values[-1] if values else None

    def first(self, name: str) -> str | None:
        """The first value, or None when the name was not sent."""
        values = self._values.get(name)
        return values[0] if values else None

    def all(self, name: str) -> list[str]:
        return list(self._values.get(name, ()))

    def __contains__(self, name: str) -> bool:
        return name in self._values

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as every host hands it over: Lambda, the local server, a test.

    `path` is as sent, percent-encoded, for signatures. `path_parameters` are the values of the route's `{names}`,
    decoded once as UTF-8, so a `%2F` is a slash inside a value. `body` is what was sent, of any content type; a route
    that `streams` may find it in `stream` instead, from the beginning and seekable. `base_url` is how the client, or
    the operator, calls this installation: scheme, host and stage, without a slash at its end.
    """

    method: str
    path: str
    path_parameters: Mapping[str, str]
    query: QueryParameters
    headers: Headers
    body: bytes
    request_id: str
    stream: BinaryIO | None = field(default=None, repr=False)
    base_url: str = ""


class Chunks(Protocol):
    """A content in pieces, closed by whoever is given it."""

    def __iter__(self) -> Iterator[bytes]: ...

    def __next__(self) -> bytes: ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Stream:
    """A body that is not held in memory where the host can pass it on in pieces: `length` bytes in all."""

    chunks: Chunks = field(repr=False)
    length: int

    def whole(self) -> bytes:
        """All of it, for hosts that answer in one piece."""
        try:
            return b"".join(self.chunks)
        finally:
            self.chunks.close()


class Feed(Protocol):
    """A body that goes on for as long as its client listens.

    It is called by one thread at a time, and closed by whoever is given it.
    """

    idle_seconds: float
    """How often the client is to be shown that the server lives."""

    def begin(self, ring: Callable[[], None]) -> bytes:
        """The first bytes. From now on `ring` is called, in any thread, when there may be more."""

    def more(self) -> bytes:
        """What has come since the last call; perhaps nothing."""

    def idle(self) -> bytes | None:
        """The sign of life; None ends the body."""

    def whole(self) -> bytes:
        """All that there is so far, for hosts that answer in one piece."""

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Live:
    """A body without an end, where the host can keep the connection open."""

    feed: Feed = field(repr=False)


JsonBody = dict[str, Any] | list[Any]


@dataclass(frozen=True, slots=True)
class Reply:
    """What a handler answers: a dictionary or list as JSON, text as UTF-8, bytes and streams as they are, or nothing.

    `headers` are pairs, so that a name may occur twice; a Content-Type among them overrides the one that the body
    suggests. JSON must be plain: dates, ids and other values beyond JSON are converted by the dialect's wire.py.
    `failure` is only logged: what went wrong behind an answer that is in order.
    """

    status: int
    body: JsonBody | str | bytes | Stream | Live | None = None
    headers: tuple[tuple[str, str], ...] = ()
    failure: Exception | None = None


@dataclass(frozen=True, slots=True)
class Call:
    """One request on its way through a handler: the core, the caller, and what was sent."""

    core: Core
    request: Request
    _caller: Caller | None = field(default=None, repr=False)

    @property
    def caller(self) -> Caller:
        """Who is calling. A route registered with `nobody` has no caller and must not use this."""
        if self._caller is None:
            raise RuntimeError("this route authenticates nobody")
        return self._caller

    @property
    def query(self) -> QueryParameters:
        return self.request.query

    @property
    def headers(self) -> Headers:
        return self.request.headers

    @property
    def body(self) -> bytes:
        """The whole body. Raises: BodyTooLarge when it came as a stream and does not fit in memory."""
        stream = self.request.stream
        if stream is None:
            return self.request.body
        content = stream.read(MAX_READ_BYTES + 1)
        stream.seek(0)
        if len(content) > MAX_READ_BYTES:
            raise BodyTooLarge(MAX_READ_BYTES)
        return content

    @property
    def content(self) -> BinaryIO:
        """The body as a file to read from, however it came."""
        return io.BytesIO(self.request.body) if self.request.stream is None else self.request.stream

    def json(self) -> Any:
        """The body's JSON value; numbers are int or float, and the last of two equal keys counts.

        Raises: UnsupportedMediaType when a Content-Type other than JSON was sent; none at all is fine.
        MalformedBody when the body is empty, not UTF-8, not JSON, or nested deeper than the parser can follow.
        """
        content_type = self.request.headers.get("content-type")
        if content_type and not _is_json(content_type):
            raise UnsupportedMediaType(f"the body must be {JSON_TYPE}")
        return parse_json(self.body)


def parse_json(source: bytes | str) -> Any:
    """The JSON value in a body or in a text inside one. Raises: MalformedBody."""
    try:
        text = source if isinstance(source, str) else source.decode("utf-8-sig")
        return _decoder.decode(text)
    except (ValueError, RecursionError) as error:
        # json's own message quotes nothing of the text, only where it broke; a decoding error quotes a byte.
        reason = str(error) if isinstance(error, json.JSONDecodeError) else "not readable"
        raise MalformedBody(f"the body is not valid JSON: {reason}") from error


def _is_json(content_type: str) -> bool:
    essence = content_type.partition(";")[0].strip().lower()
    return essence == JSON_TYPE or essence.endswith("+json")


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_decoder = json.JSONDecoder(parse_constant=_refuse_constant)
