"""Sessions: log in and out. Spec: nec-rest, 5.2 and 5.3."""

from __future__ import annotations

from chalicelib.dialects.nec.auth import application
from chalicelib.dialects.nec.wire import users as wire
from chalicelib.dialects.nec.wire.body import object_body
from chalicelib.dialects.nec.wire.openid import one_time_token
from chalicelib.web.call import Call, Reply
from chalicelib.web.routing import RouteTable

routes = RouteTable()


@routes.post("/1/{tenant}/login", authenticate=application)
def log_in(call: Call) -> Reply:
    """Begin a session, by password, or by the one-time token of a login elsewhere. Earlier sessions stay good.

    Replies: 200 with the session token, its end and the user.
    Raises: InvalidInput without a name or password; WrongPassword, also for no such user; AccountLocked;
    NotAuthenticated for a one-time token that is wrong, used or expired.
    Spec: nec-rest, 5.2; nec-clients, 2.6.
    """
    body = object_body(call)
    token = one_time_token(body)
    login = None if token is None else call.core.federation.log_in(call.caller, token)
    if login is None:
        username, email, password = wire.credentials(body)
        login = call.core.accounts.log_in(call.caller, password, username=username, email=email)
    return Reply(200, wire.login_json(login))


@routes.delete("/1/{tenant}/login")
def log_out(call: Call) -> Reply:
    """End the session whose token is sent.

    Replies: 200 with the user's `_id`.
    Raises: SessionRequired; InvalidSession.
    Spec: nec-rest, 5.3.
    """
    user_id = call.core.accounts.log_out(call.caller)
    return Reply(200, {"_id": user_id})
