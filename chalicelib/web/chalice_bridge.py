"""Where dialects become real Chalice routes. Besides app.py and the local server, only this module knows Chalice."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from chalice.app import Chalice, Response
from chalice.app import Request as ChaliceRequest

from chalicelib.core.errors import CoreError
from chalicelib.web.call import Live, Reply, Request, Stream
from chalicelib.web.dialect import Dialect
from chalicelib.web.events import STREAMS, check_query, path_parameters, request_of
from chalicelib.web.mount import Mount
from chalicelib.web.routing import Route, nobody

if TYPE_CHECKING:
    from chalicelib.core.core import Core

ANY_TYPE = ["*/*"]
"""Bodies of every type arrive as bytes and leave as bytes; which types a route reads is the dialect's business."""

Respond = Callable[[Request], Reply]


class YorozuApp(Chalice):
    """A Chalice app that many threads may call at once, that serves clients without an Accept header, and that
    leaves answers to unknown paths and methods to the dialect. The same object runs in Lambda, under test, and in the
    server.
    """

    def __init__(self, app_name: str) -> None:
        self._this_thread = threading.local()
        # An env of its own: Chalice writes a user agent into it, and importing app.py must not touch the process's.
        super().__init__(app_name=app_name, configure_logs=False, env={})
        self.api.binary_types = ANY_TYPE
        self.mounts: list[Mount] = []
        self.streaming: dict[tuple[str, str], tuple[Mount, Route]] = {}
        """The routes whose body may be as large as a file, by method and path template."""
        self.signs_of_life: set[tuple[str, str]] = set()
        """By method and path, the routes that ask for no keys and name nothing: what load balancers ask for."""
        self.queues: dict[str, str] = {}
        """The core's name of each handler's queue, by the handler's name."""

    @property
    def current_request(self) -> ChaliceRequest | None:
        """Chalice keeps one request per app; under threads each needs its own."""
        return getattr(self._this_thread, "chalice_request", None)

    @current_request.setter
    def current_request(self, request: ChaliceRequest | None) -> None:
        self._this_thread.chalice_request = request

    @property
    def event(self) -> dict[str, Any]:
        """The event that this thread is answering, as the gateway sent it."""
        event: dict[str, Any] = self._this_thread.event
        return event

    def __call__(self, event: dict[str, Any], context: Any) -> dict[str, Any]:
        where = event.get("requestContext") or {}
        path = where.get("resourcePath")
        if path not in self.routes:
            # Chalice's own table is a defaultdict that would grow with every path asked for.
            return to_response(self.unknown_path(event)).to_dict(ANY_TYPE)
        if where["httpMethod"] not in self.routes[path]:
            return to_response(self.unknown_method(path, event)).to_dict(ANY_TYPE)
        self._this_thread.event = event
        # With every type binary, Chalice answers 400 to a client whose Accept does not name the answer's type.
        headers = {**(event.get("headers") or {}), "accept": "*/*"}
        defaults = {
            "multiValueQueryStringParameters": None,
            "pathParameters": None,
            "stageVariables": None,
            "body": None,
        }
        answer: dict[str, Any] = super().__call__({**defaults, **event, "headers": headers}, context)
        return answer

    def on_queue(self, queue: str, *, batch_size: int) -> Callable[[Callable[..., Any]], Any]:
        """Registers a handler for the messages of one of the core's queues: on Lambda by SQS, locally by workers."""

        def register(handler: Callable[..., Any]) -> Any:
            self.queues[handler.__name__] = queue
            return self.on_sqs_message(queue=queue, batch_size=batch_size)(handler)

        return register

    def mount_for(self, path: str) -> Mount:
        """The mount that answers for a path without a route; for a path outside every dialect, the first."""
        covering = [mount for mount in self.mounts if mount.covers(path)]
        return max(covering or self.mounts[:1], key=lambda mount: len(mount.dialect.prefix))

    def unknown_path(self, event: dict[str, Any]) -> Reply:
        request = request_of(event)
        return self.mount_for(request.path).unknown_path(request)

    def unknown_method(self, path: str, event: dict[str, Any]) -> Reply:
        return self.mount_for(path).unknown_method(path, tuple(sorted(self.routes[path])), request_of(event))

    def admit(self, event: dict[str, Any]) -> None:
        """Authenticates the sender of a large body before it is read. Raises: what would refuse the request later."""
        where = event["requestContext"]
        mounted, route = self.streaming[where["httpMethod"], where["resourcePath"]]
        mounted.admit(route, request_of(event, path_parameters(route.path, event)))

    def refuse(self, error: CoreError, event: dict[str, Any]) -> dict[str, Any]:
        """The answer to a request that the server itself turns away, in the form of the path's dialect."""
        request = request_of(event)
        return to_response(self.mount_for(request.path).refuse(error, request)).to_dict(ANY_TYPE)


def mount(app: YorozuApp, dialect: Dialect, get_core: Callable[[], Core]) -> Mount:
    """Registers each of the dialect's routes with Chalice, with HEAD beside each GET and OPTIONS on each path."""
    mounted = Mount(dialect, get_core)
    app.mounts.append(mounted)
    for route in dialect.routes:
        _register(app, mounted, route, [route.method])
        if route.streams:
            app.streaming[route.method, route.path] = mounted, route
        if route.method == "GET":
            _register(app, mounted, route, ["HEAD"])
            if route.authenticate is nobody and "{" not in route.path:
                app.signs_of_life |= {("GET", route.path), ("HEAD", route.path)}
    for path in dict.fromkeys(route.path for route in dialect.routes):
        _register_preflight(app, mounted, path)
    return mounted


def _register(app: YorozuApp, mounted: Mount, route: Route, methods: list[str]) -> None:
    def view(**_parameters: str) -> Response:
        return _respond(app, mounted, route.path, lambda request: mounted.answer(route, request))

    name = f"{mounted.dialect.name}_{route.handler.__name__}"
    app.route(route.path, methods=methods, content_types=ANY_TYPE, name=name)(view)


def _register_preflight(app: YorozuApp, mounted: Mount, path: str) -> None:
    def view(**_parameters: str) -> Response:
        return _respond(app, mounted, path, lambda request: mounted.preflight(path, request))

    app.route(path, methods=["OPTIONS"], content_types=ANY_TYPE, name=f"{mounted.dialect.name}_preflight")(view)


def _respond(app: YorozuApp, mounted: Mount, path: str, respond: Respond) -> Response:
    try:
        request = request_of(app.event, path_parameters(path, app.event))
        check_query(request.query)
    except CoreError as error:
        return to_response(mounted.refuse(error, request_of(app.event), path))
    reply = respond(request)
    if isinstance(reply.body, Stream):
        reply = _passed_on(reply, reply.body, app.event, is_head=request.method == "HEAD")
    elif isinstance(reply.body, Live):
        reply = _kept_open(reply, reply.body, app.event, is_head=request.method == "HEAD")
    response = to_response(reply)
    if request.method == "HEAD":
        if reply.status not in (204, 304):  # It would be the length of the content that they leave out.
            response.headers.setdefault("Content-Length", str(len(response.body)))
        response.body = b""
    elif STREAMS in app.event:
        app.event[STREAMS].content, response.body = response.body, b""
    return response


def _passed_on(reply: Reply, stream: Stream, event: dict[str, Any], *, is_head: bool) -> Reply:
    """The reply without its stream: the host takes it from the event; where it cannot, the stream is read here."""
    if is_head:
        stream.chunks.close()
    elif STREAMS in event:
        event[STREAMS].reply = stream
    else:
        return Reply(reply.status, stream.whole(), reply.headers)
    return Reply(reply.status, b"", (*reply.headers, ("Content-Length", str(stream.length))))


def _kept_open(reply: Reply, live: Live, event: dict[str, Any], *, is_head: bool) -> Reply:
    """The reply without its feed: the host takes it from the event; where it cannot, with what the feed has by now."""
    if STREAMS in event and not is_head:
        event[STREAMS].feed = live.feed
        return Reply(reply.status, b"", reply.headers)
    try:
        return Reply(reply.status, b"" if is_head else live.feed.whole(), reply.headers)
    finally:
        live.feed.close()


def to_response(reply: Reply) -> Response:
    """Chalice's form of an encoded reply: headers that come twice become lists."""
    headers: dict[str, Any] = {}
    for name, value in reply.headers:
        known = headers.get(name)
        if known is None:
            headers[name] = value
        else:
            headers[name] = [*known, value] if isinstance(known, list) else [known, value]
    return Response(body=reply.body or b"", headers=headers, status_code=reply.status)
