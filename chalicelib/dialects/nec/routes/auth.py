"""Login through other parties: OpenID providers. No tenant uses SAML, and its route says so as the reference does.

Browsers come here, so errors are HTML pages: see errors.py. Spec: nec-rest, 5.10 and 5.11.
"""

from __future__ import annotations

from chalicelib.core.errors import AccessDenied
from chalicelib.dialects.nec.auth import browser
from chalicelib.dialects.nec.wire import openid as wire
from chalicelib.web.call import Call, Reply
from chalicelib.web.routing import TENANT, RouteTable

routes = RouteTable()


@routes.get("/1/{tenant}/auth/saml/init", authenticate=browser)
def start_saml(call: Call) -> Reply:
    """Go to the tenant's SAML login page.

    Raises: InvalidInput without `redirect`; AccessDenied, for the tenant does not use SAML.
    Spec: nec-rest, 5.10.
    """
    wire.required(call, "redirect")
    raise AccessDenied("the tenant does not use SAML")


@routes.get("/1/{tenant}/auth/oidc/start", authenticate=browser)
def start_openid_login(call: Call) -> Reply:
    """Go to the login page of an OpenID provider.

    Replies: 302 to the provider.
    Raises: InvalidInput without `redirect` or `op`, for an unknown `op`, a `redirect` that is not registered, a `scope`
    without `openid`; InvalidSession; AccessDenied for a tenant that does not use OpenID Connect.
    Spec: nec-rest, 5.11.
    """
    tenant = call.core.authentication.tenant(call.request.path_parameters[TENANT])
    start = wire.login_start(call, tenant)
    departure = call.core.federation.start(tenant, start)
    return wire.departure_reply(departure, start)


@routes.get("/1/{tenant}/auth/oidc/auth_resp", authenticate=browser)
def finish_openid_login(call: Call) -> Reply:
    """Come back from the provider, and go on to the app with a one-time token.

    Replies: 302 to the app, with `token`, or with `error` when it came to nothing.
    Raises: InvalidInput when this browser did not begin the login, or too long ago.
    Spec: nec-rest, 5.11.
    """
    tenant = call.core.authentication.tenant(call.request.path_parameters[TENANT])
    arrival = call.core.federation.finish(tenant, wire.landing(call))
    return wire.arrival_reply(call, tenant, arrival)
