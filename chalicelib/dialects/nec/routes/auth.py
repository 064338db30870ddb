"""Login through other parties. No tenant uses SAML or OpenID Connect, and these routes say so as the reference does.

Browsers come here, so errors are HTML pages: see errors.py. Spec: nec-rest, 5.10 and 5.11.
"""

from __future__ import annotations

from chalicelib.core.errors import AccessDenied, InvalidInput
from chalicelib.dialects.nec.auth import browser
from chalicelib.web.call import Call, Reply
from chalicelib.web.routing import RouteTable

routes = RouteTable()


@routes.get("/1/{tenant}/auth/saml/init", authenticate=browser)
def start_saml(call: Call) -> Reply:
    """Go to the tenant's SAML login page.

    Raises: InvalidInput without `redirect`; AccessDenied, for the tenant does not use SAML.
    Spec: nec-rest, 5.10.
    """
    _require(call, "redirect")
    raise AccessDenied("the tenant does not use SAML")


@routes.get("/1/{tenant}/auth/oidc/start", authenticate=browser)
def start_openid_connect(call: Call) -> Reply:
    """Go to the login page of an OpenID provider.

    Raises: InvalidInput without `redirect` or `op`; AccessDenied, for the tenant does not use OpenID Connect.
    Spec: nec-rest, 5.11.
    """
    _require(call, "redirect")
    _require(call, "op")
    raise AccessDenied("the tenant does not use OpenID Connect")


def _require(call: Call, name: str) -> None:
    if not call.query.get(name):
        raise InvalidInput(f"{name} is missing")
