"""Forgotten passwords: the request, and the page that the mailed link leads to. Spec: nec-rest, 5.6."""

from __future__ import annotations

from chalicelib.dialects.nec import pages
from chalicelib.dialects.nec.auth import application, named_tenant
from chalicelib.dialects.nec.wire.body import object_body, optional_text
from chalicelib.web.call import Call, Reply
from chalicelib.web.routing import RouteTable, nobody

routes = RouteTable()


@routes.post("/1/{tenant}/request_password_reset", authenticate=application)
def request_password_reset(call: Call) -> Reply:
    """Mail the user a link to set a new password.

    Replies: 200 with `{"result": "ok"}`.
    Raises: InvalidInput without username and email; UserNotFound; AccessDenied twice in ten minutes.
    Spec: nec-rest, 5.6; nec-clients, 2.1 and 2.10.
    """
    body = object_body(call)
    username, email = optional_text(body, "username"), optional_text(body, "email")
    call.core.password_reset.request(call.caller, username=username, email=email)
    return Reply(200, {"result": "ok"})


@routes.get("/1/{tenant}/request_password_reset/{token}", authenticate=nobody)
def show_password_form(call: Call, token: str) -> Reply:
    """The page that asks for the new password.

    Replies: 200 with a page.
    Raises: TenantNotFound; LinkNotFound for a link that is used, expired or wrong.
    Spec: nec-rest, 5.6, silent about the page; nec-clients, 9.
    """
    tenant = named_tenant(call)
    call.core.password_reset.check(tenant, token)
    return pages.reset_form(tenant)


@routes.post("/1/{tenant}/request_password_reset/{token}", authenticate=nobody)
def set_new_password(call: Call, token: str) -> Reply:
    """Set the password that the page asked for, and end all sessions.

    Replies: 200 with a page; 400 with the form again when the entries differ or cannot be a password.
    Raises: TenantNotFound; LinkNotFound; InvalidInput for a body that is not a form.
    Spec: nec-rest, 5.6, silent about the page; nec-clients, 9.
    """
    tenant = named_tenant(call)
    new, again = pages.new_password(call.body)
    problem = pages.password_problem(new, again, tenant.settings.password)
    if problem is not None:
        return pages.reset_form(tenant, problem)
    call.core.password_reset.complete(tenant, token, new)
    return pages.reset_done(tenant)
