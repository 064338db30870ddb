"""A dialect at work: from a request and its route to a reply, whatever happens on the way."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from chalicelib.core.access.caller import Caller
from chalicelib.core.errors import BodyTooLarge, CoreError, Unavailable
from chalicelib.web.call import Call, Reply, Request
from chalicelib.web.cors import HeaderPairs
from chalicelib.web.dialect import Dialect
from chalicelib.web.encoding import encode
from chalicelib.web.errors import AnswerTooLarge, InternalError, MethodNotAllowed, RouteNotFound, UnsupportedMediaType
from chalicelib.web.log import describe, log_line
from chalicelib.web.routing import Route

if TYPE_CHECKING:
    from chalicelib.core.core import Core

DEFAULT_MAX_BODY_BYTES = 10 * 1024 * 1024
"""The largest request body, included. Source: API Gateway's payload limit."""

REQUEST_ID_HEADER = "X-Request-Id"

NO_ROUTE = "-"
"""What the log shows instead of a route template when no route matched: never the path itself."""

Work = Callable[[], Reply]
FoundCaller = Callable[[], Caller | None]


class Mount:
    """One dialect, the core it asks, and the limits of its requests. Used by many threads at once."""

    def __init__(self, dialect: Dialect, get_core: Callable[[], Core]) -> None:
        self.dialect = dialect
        self.max_body_bytes = DEFAULT_MAX_BODY_BYTES
        self._get_core = get_core

    def covers(self, path: str) -> bool:
        """Whether a path, percent-encoded or not, belongs to this dialect."""
        prefix = self.dialect.prefix.rstrip("/")
        return path == prefix or path.startswith(prefix + "/")

    def answer(self, route: Route, request: Request) -> Reply:
        """Runs the route's handler between authentication and rendering."""
        caller: Caller | None = None

        def work() -> Reply:
            nonlocal caller
            self._check_body(route, request)
            core = self._get_core()
            authenticate = route.authenticate or self.dialect.authenticate
            caller = authenticate(core, request)
            if caller is not None and caller.app is not None:
                kind = self.dialect.kind_of(route.path)
                core.counters.count(caller.tenant.id, caller.app.id, kind, core.clock.now())
            parameters = {name: request.path_parameters[name] for name in route.parameters}
            return route.handler(Call(core, _addressed(core, request), caller), **parameters)

        return self._finish(work, request, route.path, lambda: caller)

    def admit(self, route: Route, request: Request) -> None:
        """Raises: the error with which `answer` would refuse this request. An unexpected failure is only logged, as
        `answer` will meet it again."""
        try:
            self._check_body(route, request)
            (route.authenticate or self.dialect.authenticate)(self._get_core(), request)
        except CoreError:
            raise
        except Exception as error:
            self._log_failure(error, request, route.path)

    def preflight(self, path: str, request: Request) -> Reply:
        """Answers OPTIONS: the dialect's CORS headers and no body. `path` is the template, for the log."""
        return self._finish(lambda: Reply(204), request, path)

    def refuse(self, error: CoreError, request: Request, path: str = NO_ROUTE) -> Reply:
        """The dialect's answer to a request that no handler sees."""
        return self._finish(lambda: _raise(error), request, path)

    def unknown_path(self, request: Request) -> Reply:
        return self.refuse(RouteNotFound(request.path), request)

    def unknown_method(self, path: str, allowed: tuple[str, ...], request: Request) -> Reply:
        reply = self.refuse(MethodNotAllowed(request.method, allowed), request, path)
        return Reply(reply.status, reply.body, (*reply.headers, ("Allow", ", ".join(allowed))))

    def _check_body(self, route: Route, request: Request) -> None:
        if len(request.body) > self.max_body_bytes and not route.streams:
            raise BodyTooLarge(self.max_body_bytes)
        encoding = request.headers.get("content-encoding")
        if encoding and encoding.strip().lower() != "identity":
            raise UnsupportedMediaType("a body with a Content-Encoding is not accepted")

    def _finish(self, work: Work, request: Request, path: str, found: FoundCaller = lambda: None) -> Reply:
        """Runs `work`, renders what it raises, adds CORS headers and the request id, and writes the log line.

        `found` returns, after the work, the caller that it found.
        """
        started = time.perf_counter()
        reply = self._render(work, request, path)
        headers = (*reply.headers, *self._cors(request, found()), (REQUEST_ID_HEADER, request.request_id))
        log_line(
            "INFO",
            "request",
            request_id=request.request_id,
            dialect=self.dialect.name,
            method=request.method,
            route=path,
            status=reply.status,
            milliseconds=round((time.perf_counter() - started) * 1000, 3),
        )
        return Reply(reply.status, reply.body, headers)

    def _render(self, work: Work, request: Request, path: str) -> Reply:
        try:
            reply = work()
            if reply.failure is not None:
                self._log_failure(reply.failure, request, path)
            return self._carried(encode(reply))
        except CoreError as error:
            if isinstance(error, Unavailable):
                self._log_failure(error, request, path)
            return encode(self.dialect.render_error(error, self._addressed(request)))
        except Exception as error:
            self._log_failure(error, request, path)
            return encode(self.dialect.render_error(InternalError(), request))

    def _carried(self, reply: Reply) -> Reply:
        """The reply, if the host can send it: API Gateway would make an error of it without a word about why.

        Raises: AnswerTooLarge.
        """
        if reply.body and isinstance(reply.body, bytes):
            largest = self._get_core().installation.max_answer_bytes
            if 0 < largest < len(reply.body):
                raise AnswerTooLarge(largest)
        return reply

    def _addressed(self, request: Request) -> Request:
        """The request as the handler saw it, for errors that contain URLs."""
        try:
            return _addressed(self._get_core(), request)
        except Exception:
            # There is no core to ask, which may be what the error is about.
            return request

    def _log_failure(self, error: Exception, request: Request, path: str) -> None:
        log_line("ERROR", "failure", request_id=request.request_id, route=path, cause=describe(error))

    def _cors(self, request: Request, caller: Caller | None) -> HeaderPairs:
        if "origin" not in request.headers:
            return ()
        try:
            return self.dialect.cors(self._get_core(), request, caller)
        except CoreError:
            return ()
        except Exception as error:
            self._log_failure(error, request, NO_ROUTE)
            return ()


def _addressed(core: Core, request: Request) -> Request:
    """The request with the base URL that the operator has set, if any."""
    base_url = core.installation.public_base_url
    return replace(request, base_url=base_url) if base_url else request


def _raise(error: CoreError) -> Reply:
    raise error
