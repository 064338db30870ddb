"""Routes as plain tables: filled by a dialect's route files and read by everything else."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalicelib.core.access.caller import Caller
from chalicelib.web.call import Reply, Request

if TYPE_CHECKING:
    from chalicelib.core.core import Core

TENANT = "tenant"
"""The path parameter that a dialect's authentication reads; it is not passed to handlers."""

Handler = Callable[..., Reply]
"""`handler(call, **path_parameters) -> Reply`; the parameters are the route's `{names}` without `{tenant}`."""

Register = Callable[[Handler], Handler]

Authenticate = Callable[["Core", Request], Caller | None]
"""`authenticate(core, request) -> Caller`. Raises: NotAuthenticated, AccessDenied, TenantNotFound, RateLimited."""

_PARAMETER = re.compile(r"\{(\w+)\}")


def nobody(core: Core, request: Request) -> None:
    """For routes that anybody may call, such as a health check."""


@dataclass(frozen=True, slots=True)
class Route:
    """One method and path template, spelled as in the API's specification, and the function behind it.

    `authenticate` None means the dialect's own. A route that `streams` takes bodies as large as files and reads them
    from `call.content`.
    """

    method: str
    path: str
    handler: Handler
    authenticate: Authenticate | None = None
    streams: bool = False
    parameters: tuple[str, ...] = field(init=False)
    """The names that the handler is given."""

    def __post_init__(self) -> None:
        names = tuple(name for name in _PARAMETER.findall(self.path) if name != TENANT)
        object.__setattr__(self, "parameters", names)


class RouteTable:
    """The routes of one file, in the order written."""

    def __init__(self) -> None:
        self._routes: list[Route] = []

    def __iter__(self) -> Iterator[Route]:
        return iter(self._routes)

    def __len__(self) -> int:
        return len(self._routes)

    def get(self, path: str, authenticate: Authenticate | None = None) -> Register:
        return self._add("GET", path, authenticate)

    def post(self, path: str, authenticate: Authenticate | None = None, *, streams: bool = False) -> Register:
        return self._add("POST", path, authenticate, streams)

    def put(self, path: str, authenticate: Authenticate | None = None, *, streams: bool = False) -> Register:
        return self._add("PUT", path, authenticate, streams)

    def patch(self, path: str, authenticate: Authenticate | None = None) -> Register:
        return self._add("PATCH", path, authenticate)

    def delete(self, path: str, authenticate: Authenticate | None = None) -> Register:
        return self._add("DELETE", path, authenticate)

    def _add(self, method: str, path: str, authenticate: Authenticate | None, streams: bool = False) -> Register:
        def register(handler: Handler) -> Handler:
            route = Route(method, path, handler, authenticate, streams)
            _check(route)
            self._routes.append(route)
            return handler

        return register


def _check(route: Route) -> None:
    """Fails at import, rather than at the first request, when path and function disagree."""
    given = tuple(inspect.signature(route.handler).parameters)[1:]
    if sorted(given) != sorted(route.parameters):
        raise TypeError(f"{route.method} {route.path} gives {route.parameters}, {route.handler.__name__} takes {given}")
