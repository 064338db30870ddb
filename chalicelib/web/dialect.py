"""What a dialect tells the web: one value per public API."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING

from chalicelib.core.access.caller import Caller
from chalicelib.core.errors import CoreError
from chalicelib.web.call import Reply, Request
from chalicelib.web.cors import HeaderPairs
from chalicelib.web.routing import Authenticate, Route, RouteTable

if TYPE_CHECKING:
    from chalicelib.core.core import Core

RenderError = Callable[[CoreError, Request], Reply]
"""This API's status, headers and body for an error; also for those in web/errors.py. Must not raise."""

CorsHeaders = Callable[["Core", Request, Caller | None], HeaderPairs]
"""`cors(core, request, caller)`: the headers by which a browser of another origin may read the answer.

The caller is who was authenticated, so that their tenant need not be read again; None when nobody was. Called when the
request has an Origin: for OPTIONS (the preflight, which is answered with these headers and nothing else) and for every
other answer, errors included. `()`, or a CoreError raised here, keeps the browser out.
"""

KindOf = Callable[[str], str]
"""`kind_of(path template)`: the kind as which API statistics count a call of the route."""


@dataclass(frozen=True, slots=True)
class Dialect:
    """One public API: its name, the prefix of all its paths, and how it reads callers and writes errors.

    `tables` are the route files' tables in the order of the specification; they are the whole surface.
    """

    name: str
    prefix: str
    product: str
    tables: tuple[RouteTable, ...]
    authenticate: Authenticate
    render_error: RenderError
    cors: CorsHeaders
    kind_of: KindOf

    @property
    def routes(self) -> tuple[Route, ...]:
        return tuple(chain.from_iterable(self.tables))
