"""What the operator of an app may ask about the server. Spec: nec-rest, 11."""

from __future__ import annotations

from chalicelib.dialects.nec.auth import master
from chalicelib.web.call import Call, Reply
from chalicelib.web.routing import RouteTable

routes = RouteTable()


@routes.get("/1/{tenant}/management/server_info", authenticate=master)
def get_server_info(call: Call) -> Reply:
    """Which build answers.

    Replies: 200 with `version` and `buildTime`.
    Raises: WrongAppKey without the master key.
    Spec: nec-rest, 11.1.
    """
    installation = call.core.installation
    return Reply(200, {"version": installation.version, "buildTime": installation.built_at})
