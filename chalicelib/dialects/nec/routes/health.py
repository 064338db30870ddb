"""A sign of life for load balancers. Spec: nec-rest, 11.2."""

from __future__ import annotations

from chalicelib.web.call import Call, Reply
from chalicelib.web.routing import RouteTable, nobody

routes = RouteTable()


@routes.get("/1/_health", authenticate=nobody)
def check_health(call: Call) -> Reply:
    """Whether the server answers at all.

    Replies: 200 with a fixed body.
    Spec: nec-rest, 11.2.
    """
    return Reply(200, {"name": "api", "state": "running"})
