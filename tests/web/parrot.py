"""A tiny dialect that answers with what it was sent, so that the web can be tested without a product behind it."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from chalicelib.core.access.caller import Caller
from chalicelib.core.errors import BodyTooLarge, CoreError, InvalidInput, NotFound, TenantNotFound, Unavailable
from chalicelib.core.installation import Installation
from chalicelib.core.tenants.model import Tenant
from chalicelib.web.call import Call, Reply, Request
from chalicelib.web.dialect import Dialect
from chalicelib.web.errors import MethodNotAllowed, UnsupportedMediaType
from chalicelib.web.routing import RouteTable, nobody

routes = RouteTable()

STATUS: dict[type[CoreError], int] = {
    InvalidInput: 400,
    NotFound: 404,
    MethodNotAllowed: 405,
    BodyTooLarge: 413,
    UnsupportedMediaType: 415,
    Unavailable: 503,
}


class ParrotCore:
    """A core with nothing in it but a mark that it was closed."""

    installation = Installation()

    def __init__(self) -> None:
        self.closed = False

    def close(self) -> None:
        self.closed = True


def authenticate(core: Any, request: Request) -> Caller:
    name = request.path_parameters["tenant"]
    if name == "nowhere":
        raise TenantNotFound(name)
    return Caller(Tenant(id=name, name=name, created_at=datetime(2026, 1, 1, tzinfo=UTC)))


def render_error(error: CoreError, request: Request) -> Reply:
    status = next((STATUS[kind] for kind in type(error).__mro__ if kind in STATUS), 500)
    return Reply(status, {"squawk": str(error)})


def cors(core: Any, request: Request, caller: Caller | None) -> tuple[tuple[str, str], ...]:
    if request.headers["origin"] == "https://cat.example":
        return ()
    headers = (("Access-Control-Allow-Origin", request.headers["origin"]),)
    return (*headers, ("Access-Control-Allow-Methods", "GET, PUT")) if request.method == "OPTIONS" else headers


@routes.get("/p/_health", authenticate=nobody)
def get_health(call: Call) -> Reply:
    return Reply(200, {"status": "ok"})


@routes.get("/p/{tenant}/words/{word}")
def get_word(call: Call, word: str) -> Reply:
    return Reply(200, {"tenant": call.caller.tenant.id, "word": word, "path": call.request.path})


@routes.get("/p/{tenant}/words/special/{tail}/end")
def get_special(call: Call, tail: str) -> Reply:
    return Reply(200, {"special": tail})


@routes.get("/p/{tenant}/words/{word}/{tail}")
def get_tail(call: Call, word: str, tail: str) -> Reply:
    return Reply(200, {"word": word, "tail": tail})


@routes.put("/p/{tenant}/words/{word}")
def put_word(call: Call, word: str) -> Reply:
    return Reply(200, call.body, (("Content-Type", call.headers.get("content-type") or "x/none"),))


@routes.post("/p/{tenant}/json")
def post_json(call: Call) -> Reply:
    return Reply(200, {"sent": call.json()})


@routes.get("/p/{tenant}/query")
def get_query(call: Call) -> Reply:
    return Reply(
        200, {name: [call.query.first(name), call.query.get(name), call.query.all(name)] for name in call.query}
    )


@routes.get("/p/{tenant}/headers")
def get_headers(call: Call) -> Reply:
    return Reply(200, {name: call.headers[name] for name in call.headers}, (("X-Two", "1"), ("X-Two", "2")))


@routes.get("/p/{tenant}/nothing")
def get_nothing(call: Call) -> Reply:
    return Reply(204)


@routes.get("/p/{tenant}/unchanged")
def get_unchanged(call: Call) -> Reply:
    return Reply(304)


@routes.get("/p/{tenant}/text")
def get_text(call: Call) -> Reply:
    return Reply(200, "万屋")


@routes.get("/p/{tenant}/crash")
def get_crash(call: Call) -> Reply:
    raise KeyError("the secret word")


@routes.get("/p/{tenant}/nan")
def get_nan(call: Call) -> Reply:
    return Reply(200, {"value": float("nan")})


@routes.get("/p/{tenant}/header")
def get_header(call: Call) -> Reply:
    return Reply(200, {}, (("X-Name", "万"),))


@routes.get("/p/{tenant}/unavailable")
def get_unavailable(call: Call) -> Reply:
    raise Unavailable("the perch broke") from OSError("at /dev/secret")


@routes.get("/p/{tenant}/second")
def get_second(call: Call) -> Reply:
    print("working", flush=True)
    time.sleep(1)
    return Reply(200, {"second": "over"})


@routes.get("/p/{tenant}/pause/{word}")
def get_pause(call: Call, word: str) -> Reply:
    time.sleep(0.01)
    return Reply(200, {"word": word, "tenant": call.caller.tenant.id, "header": call.headers.get("x-word")})


dialect = Dialect(
    name="parrot",
    prefix="/p",
    product="a parrot",
    tables=(routes,),
    authenticate=authenticate,
    render_error=render_error,
    cors=cors,
    kind_of=lambda path: path.split("/")[-1],
)
