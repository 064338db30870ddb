"""What the operator of an app may ask about the server. Spec: nec-rest, 11."""

from __future__ import annotations

from chalicelib.dialects.nec.auth import master, system
from chalicelib.dialects.nec.wire import stats as wire
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


@routes.get("/1/{tenant}/management/apistats", authenticate=master)
def get_api_stats(call: Call) -> Reply:
    """How often the tenant's apps called each kind of API, in slots of ten minutes or in total.

    Replies: 200 with `results`.
    Raises: WrongAppKey without the master key; InvalidInput for a wrong parameter, or `tenantId`.
    Spec: nec-rest, 11.3.
    """
    question = wire.tenant_stats_query(call.query)
    return Reply(200, wire.stats_json(call.core.stats.report(call.caller, question)))


@routes.get("/1/_system/management/apistats", authenticate=system)
def get_system_api_stats(call: Call) -> Reply:
    """The same for all tenants, or for one of them, with the system key.

    Replies: 200 with `results`.
    Raises: WrongAppKey without the system key; InvalidInput for a wrong parameter.
    Spec: nec-rest, 11.3.
    """
    question = wire.stats_query(call.query)
    return Reply(200, wire.stats_json(call.core.stats.report_all(question)))
