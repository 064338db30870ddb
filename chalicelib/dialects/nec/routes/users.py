"""Users: sign up, find, read, change, delete; and their links to outside accounts. Spec: nec-rest, 5."""

from __future__ import annotations

from chalicelib.dialects.nec.auth import application
from chalicelib.dialects.nec.query import DEFAULT_LIMIT, limit_of, url_parameters, whole_number
from chalicelib.dialects.nec.wire import users as wire
from chalicelib.dialects.nec.wire.body import object_body
from chalicelib.dialects.nec.wire.openid import links_json
from chalicelib.web.call import Call, Reply
from chalicelib.web.routing import RouteTable

routes = RouteTable()


@routes.post("/1/{tenant}/users", authenticate=application)
def sign_up(call: Call) -> Reply:
    """Create a user, who is not signed in by it.

    Replies: 200 with the user; `{}` when the tenant wants new users to confirm by mail.
    Raises: AccessDenied without the create right of `_USERS`; InvalidName, InvalidEmail, InvalidPassword;
    DuplicateUser.
    Spec: nec-rest, 5.1.
    """
    new = wire.sign_up(object_body(call))
    user = call.core.accounts.sign_up(call.caller, new)
    return Reply(200, wire.new_user_json(user))


@routes.get("/1/{tenant}/users")
def search_users(call: Call) -> Reply:
    """Find a user by name or mail address, or list all, oldest first.

    Replies: 200 with `results`, without groups; `count` only when all are listed. Limits 0 and -1 mean no limit.
    Raises: AccessDenied without the read right of `_USERS`; UserNotFound.
    Spec: nec-rest, 5.7; nec-clients, 2.5.
    """
    page = url_parameters(call.query)
    skip = whole_number(page, "skip", 0, smallest=0)
    found = call.core.accounts.search(
        call.caller,
        username=call.query.get("username"),
        email=call.query.get("email"),
        skip=skip,
        limit=limit_of(page, DEFAULT_LIMIT) or None,
    )
    return Reply(200, wire.users_json(found, call.caller))


@routes.get("/1/{tenant}/users/current")
def get_current_user(call: Call) -> Reply:
    """The user who is signed in.

    Replies: 200 with the user, groups and last login included.
    Raises: SessionRequired.
    Spec: nec-rest, 5.9.
    """
    view = call.core.accounts.current(call.caller)
    return Reply(200, wire.own_user_json(view))


@routes.get("/1/{tenant}/users/{user_id}")
def get_user(call: Call, user_id: str) -> Reply:
    """One user.

    Replies: 200 with the user and all groups.
    Raises: AccessDenied without the read right of `_USERS`; UserNotFound.
    Spec: nec-rest, 5.8.
    """
    view = call.core.accounts.get(call.caller, user_id)
    return Reply(200, wire.user_json(view, call.caller))


@routes.put("/1/{tenant}/users/{user_id}")
def update_user(call: Call, user_id: str) -> Reply:
    """Change the caller's own user; with the master key, any user.

    Replies: 200 with the user; the etag is new even when nothing changed. `{}` when the tenant wants changes
    confirmed by mail.
    Raises: AccessDenied; UserNotFound; VersionMismatch; DuplicateUser; InvalidName, InvalidEmail, InvalidPassword.
    Spec: nec-rest, 5.4; nec-clients, 2.8.
    """
    change = wire.user_change(object_body(call))
    view = call.core.accounts.update(call.caller, user_id, change, call.query.get("etag"))
    return Reply(200, wire.changed_user_json(view, call.caller))


@routes.delete("/1/{tenant}/users/{user_id}")
def delete_user(call: Call, user_id: str) -> Reply:
    """Delete the caller's own user; with the master key, any user.

    Replies: 200 with `{"result": "ok"}`.
    Raises: AccessDenied; UserNotFound; VersionMismatch.
    Spec: nec-rest, 5.5; nec-clients, 2.1 and 2.9.
    """
    call.core.accounts.delete(call.caller, user_id, call.query.get("etag"))
    return Reply(200, {"result": "ok"})


@routes.get("/1/{tenant}/users/{user_id}/links")
def list_links(call: Call, user_id: str) -> Reply:
    """The accounts at OpenID providers that are linked to oneself; with the master key, to anybody.

    Replies: 200 with `results`.
    Raises: SessionRequired; AccessDenied, also for a tenant that does not use OpenID Connect; UserNotFound.
    Spec: nec-rest, 5.12.
    """
    links = call.core.federation.links(call.caller, user_id)
    return Reply(200, links_json(links))


@routes.delete("/1/{tenant}/users/{user_id}/links/{link_id}")
def delete_link(call: Call, user_id: str, link_id: str) -> Reply:
    """Unlink an account at an OpenID provider from oneself; with the master key, from anybody.

    Replies: 200 with `{}`.
    Raises: SessionRequired; AccessDenied, also for the account that the user was made for, and for a tenant that does
    not use OpenID Connect; UserNotFound, AccountLinkNotFound.
    Spec: nec-rest, 5.13.
    """
    call.core.federation.unlink(call.caller, user_id, link_id)
    return Reply(200, {})
