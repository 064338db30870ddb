"""The ASGI application: turns an HTTP request into the event that API Gateway would send, and the answer into HTTP.

The path is taken raw, so that `%2F` survives; the parser has refused anything but ASCII in it. Bodies may come in
chunks without a Content-Length. The app is called in a thread, because handlers block.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Callable, MutableMapping
from concurrent.futures import Executor
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from chalicelib.core.errors import CoreError
from chalicelib.web.chalice_bridge import YorozuApp
from chalicelib.web.errors import MalformedBody
from chalicelib.web.events import STREAMS, Streams
from chalicelib.web.log import describe, log_line
from chalicelib.web.mount import DEFAULT_MAX_BODY_BYTES, NO_ROUTE
from chalicelib.web.routing import TENANT
from chalicelib.web.server.bodies import BodyInFile, BodyInMemory, Receive, Send, read_body, send_stream
from chalicelib.web.server.feeds import OpenFeeds
from chalicelib.web.server.route_trie import RouteTrie
from chalicelib.web.server.threads import RequestThreads

STAGE = "/api"
"""The server also answers below this prefix, as API Gateway's stage does."""

_FAILED_BODY = b'{"error":"internal server error"}'
_FAILED = 500, [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(_FAILED_BODY))], _FAILED_BODY
"""The answer when even the dialect cannot answer, as for a header that HTTP cannot carry."""

Scope = MutableMapping[str, Any]
Hook = Callable[[], None]
Answer = tuple[int, list[tuple[bytes, bytes]], bytes]


class AsgiApp:
    """`on_start` runs before the first request and `on_stop` after the last one was answered.

    Bodies of routes that stream may have `max_file_bytes`. They are collected in files in `spool_folder` (None is the
    system's) until they are complete, so that slow clients occupy no thread. The sender of a large one is
    authenticated before anything is kept, and again once it is complete.
    """

    def __init__(
        self,
        app: YorozuApp,
        on_start: Hook = lambda: None,
        on_stop: Hook = lambda: None,
        max_body_bytes: int = DEFAULT_MAX_BODY_BYTES,
        max_file_bytes: int = DEFAULT_MAX_BODY_BYTES,
        spool_folder: Path | None = None,
    ) -> None:
        self._app = app
        self._trie = RouteTrie(app.routes)
        self._threads = RequestThreads()
        self._feeds = OpenFeeds()
        self._on_start = on_start
        self._on_stop = on_stop
        self._max_body_bytes = max_body_bytes
        self._max_file_bytes = max_file_bytes
        self._spool_folder = spool_folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:
            raise RuntimeError(f"no {scope['type']} here")

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await asyncio.to_thread(self._on_start)
        except Exception as error:
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        self._feeds.end_at_signals()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await asyncio.to_thread(self._threads.close)
        await asyncio.to_thread(self._on_stop)
        await send({"type": "lifespan.shutdown.complete"})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        event = self._event(scope)
        threads = self._threads_for(event)
        streams = event[STREAMS] = Streams()
        is_slow = False
        spooled = BodyInFile(self._spool_folder, partial(self._app.admit, event), threads)
        try:
            try:
                if not await self._read(receive, event, streams, spooled):
                    return
                work = partial(self._dispatch, event)
            except CoreError as error:
                is_slow = isinstance(error, MalformedBody)
                work = partial(self._refuse, error, event)
            status, headers, content = await asyncio.get_running_loop().run_in_executor(threads, work)
        finally:
            spooled.close()
        if is_slow:
            # Nobody will read what may still come of the body.
            headers.append((b"connection", b"close"))
        if streams.feed is not None:
            headers = [(name, value) for name, value in headers if name != b"content-length"]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        if streams.feed is not None:
            await self._feeds.send(streams.feed, receive, send, threads)
        elif streams.reply is not None:
            await send_stream(streams.reply, receive, send, threads)
        else:
            await send({"type": "http.response.body", "body": content})

    def _threads_for(self, event: dict[str, Any]) -> Executor:
        where = event["requestContext"]
        if (where["httpMethod"], where["resourcePath"]) in self._app.signs_of_life:
            return self._threads.aside()
        return self._threads.of_tenant((event["pathParameters"] or {}).get(TENANT, ""))

    async def _read(self, receive: Receive, event: dict[str, Any], streams: Streams, spooled: BodyInFile) -> bool:
        """Puts the body into the event, or into `streams` for a route that streams. False when the client went away.

        Raises: CoreError.
        """
        where = event["requestContext"]
        if (where["httpMethod"], where["resourcePath"]) in self._app.streaming:
            came = await read_body(receive, spooled, self._max_file_bytes)
            streams.request = await spooled.content() if came else None
            return came
        body = BodyInMemory()
        came = await read_body(receive, body, self._max_body_bytes)
        event["body"] = body.content()
        return came

    def _refuse(self, error: CoreError, event: dict[str, Any]) -> Answer:
        return _to_http(self._app.refuse(error, event), b"")

    def _dispatch(self, event: dict[str, Any]) -> Answer:
        """Runs in a thread of the pool."""
        try:
            return _to_http(self._app(event, None), event[STREAMS].content)
        except Exception as error:
            log_line("ERROR", "failure", route=NO_ROUTE, cause=describe(error))
            return _FAILED

    def _event(self, scope: Scope) -> dict[str, Any]:
        sent_path = scope["raw_path"].decode("ascii")
        path = sent_path.removeprefix(STAGE) if (sent_path + "/").startswith(STAGE + "/") else sent_path
        template, parameters = self._trie.match(path) or (None, None)
        query: dict[str, list[str]] = {}
        if scope["query_string"]:
            text = scope["query_string"].decode("utf-8", "surrogateescape")
            for name, value in parse_qsl(text, keep_blank_values=True, errors="surrogateescape"):
                query.setdefault(name, []).append(value)
        return {
            "path": path,
            # The parser keeps the space behind a value; API Gateway removes it.
            "headers": {
                name.decode("latin-1"): value.strip(b" \t").decode("latin-1") for name, value in scope["headers"]
            },
            "multiValueQueryStringParameters": query or None,
            "pathParameters": parameters,
            "stageVariables": None,
            "requestContext": {
                "resourcePath": template,
                "httpMethod": scope["method"],
                "path": sent_path,
            },
            "body": None,
            "isBase64Encoded": False,
        }


def _to_http(answer: dict[str, Any], content: bytes) -> Answer:
    """The answer with the content that was passed beside it, if any, for its body."""
    body = content or base64.b64decode(answer["body"])
    headers = [(name.lower(), value) for name, value in answer["headers"].items()]
    headers += [(name.lower(), value) for name, values in answer["multiValueHeaders"].items() for value in values]
    status: int = answer["statusCode"]
    if status >= 200 and status not in (204, 304) and "content-length" not in dict(headers):
        headers.append(("content-length", str(len(body))))
    return status, [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers], body
