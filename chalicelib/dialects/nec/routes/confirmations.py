"""Sign-ups and changes that wait for a click in a mail. Spec: nec-rest, 5.1 and 5.4."""

from __future__ import annotations

from chalicelib.dialects.nec import pages
from chalicelib.dialects.nec.auth import named_tenant
from chalicelib.web.call import Call, Reply
from chalicelib.web.routing import RouteTable, nobody

routes = RouteTable()


@routes.get("/1/{tenant}/confirmations/{token}", authenticate=nobody)
def show_confirmation(call: Call, token: str) -> Reply:
    """The page with the button; opening it confirms nothing.

    Replies: 200 with a page.
    Raises: TenantNotFound; LinkNotFound for a link that is used, expired or wrong.
    Spec: nec-rest, 5.1 and 5.4, silent about the page.
    """
    tenant = named_tenant(call)
    call.core.accounts.check_link(tenant, token)
    return pages.confirm_form(tenant)


@routes.post("/1/{tenant}/confirmations/{token}", authenticate=nobody)
def confirm(call: Call, token: str) -> Reply:
    """Create the user, or make the change, that waited.

    Replies: 200 with a page.
    Raises: TenantNotFound; LinkNotFound; DuplicateUser when the name or address was taken meanwhile.
    Spec: nec-rest, 5.1 and 5.4, silent about the page.
    """
    tenant = named_tenant(call)
    call.core.accounts.confirm(tenant, token)
    return pages.confirm_done(tenant)
