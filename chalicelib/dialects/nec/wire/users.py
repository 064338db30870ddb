"""Users, changes of users, and logins as JSON. Spec: nec-rest, 5; nec-clients, 2."""

from __future__ import annotations

from typing import Any

from chalicelib.core.access.caller import Caller
from chalicelib.core.accounts.model import Login, SignUp, User, UserChange, UserPage, UserView
from chalicelib.core.errors import InvalidInput
from chalicelib.dialects.nec.wire.body import optional_bool, optional_object, optional_text
from chalicelib.dialects.nec.wire.values import date_text, from_json, to_json

# --- from JSON ---


def sign_up(body: dict[str, Any]) -> SignUp:
    """What a new user gives. Raises: InvalidInput for a field of a wrong type; the core checks what is missing."""
    return SignUp(
        username=optional_text(body, "username"),
        email=optional_text(body, "email"),
        password=optional_text(body, "password"),
        options=_options(body),
        uses_client_certificate=optional_bool(body, "clientCertUser") or False,
    )


def user_change(body: dict[str, Any]) -> UserChange:
    """The fields to change. Raises: InvalidInput for a field of a wrong type."""
    return UserChange(
        username=optional_text(body, "username"),
        email=optional_text(body, "email"),
        password=optional_text(body, "password"),
        options=_options(body),
    )


def credentials(body: dict[str, Any]) -> tuple[str | None, str | None, str]:
    """User name, mail address and password; with both, the name alone counts.

    Raises: InvalidInput when who or the password is missing. Spec: nec-rest, 5.2.
    """
    username, email = optional_text(body, "username"), optional_text(body, "email")
    password = optional_text(body, "password")
    if username is None and email is None:
        raise InvalidInput("username or email is missing")
    if password is None:
        raise InvalidInput("password is missing")
    return username, None if username is not None else email, password


def _options(body: dict[str, Any]) -> dict[str, Any] | None:
    options = optional_object(body, "options")
    if options is None:
        return None
    typed = from_json(options)
    if not isinstance(typed, dict):
        raise InvalidInput("options must be an object")
    return typed


# --- to JSON ---


def new_user_json(user: User | None) -> dict[str, Any]:
    """A new user: no groups, no login, and a null link, as the reference says; empty while the user has yet to confirm
    by mail. Spec: nec-rest, 5.1."""
    if user is None:
        return {}
    return {**_user_json(user), "primaryLinkedUserId": None}


def users_json(page: UserPage, caller: Caller) -> dict[str, Any]:
    """`{"results": [...], "count"}`, users without their groups. Spec: nec-rest, 5.7."""
    results = [_user_json(user) | _last_login(user, caller) for user in page.users]
    return {"results": results} if page.count is None else {"results": results, "count": page.count}


def changed_user_json(view: UserView | None, caller: Caller) -> dict[str, Any]:
    """A changed user; empty while the change waits for a confirmation by mail. Spec: nec-rest, 5.4."""
    return {} if view is None else user_json(view, caller)


def user_json(view: UserView, caller: Caller) -> dict[str, Any]:
    """One user with all groups; the last login only for the master key. Spec: nec-rest, 5.4 and 5.8."""
    return _user_json(view.user) | {"groups": list(view.groups)} | _last_login(view.user, caller)


def own_user_json(view: UserView) -> dict[str, Any]:
    """The caller's own user, last login included. Spec: nec-rest, 5.9."""
    user = view.user
    return _user_json(user) | {"groups": list(view.groups)} | _optional_date("lastLoginAt", user.last_login_at)


def conflicting_user_json(user: User) -> dict[str, Any]:
    """The stored user when an etag does not match. Only that user and the master key get to see it."""
    return _user_json(user) | _optional_date("lastLoginAt", user.last_login_at)


def login_json(login: Login) -> dict[str, Any]:
    """The session and its user. `expire` is UNIX seconds, `lastLoginAt` the previous login. Spec: nec-rest, 5.2."""
    session = {"sessionToken": login.token, "expire": int(login.expires_at.timestamp()), "groups": list(login.groups)}
    return _user_json(login.user) | session | _optional_date("lastLoginAt", login.previous_login_at)


def _user_json(user: User) -> dict[str, Any]:
    """What every answer shows; options, address and link only if there are any."""
    fields: dict[str, Any] = {"_id": user.id, "username": user.username}
    if user.email is not None:
        fields["email"] = user.email
    if user.options is not None:
        fields["options"] = to_json(user.options)
    fields["createdAt"] = date_text(user.created_at)
    fields["updatedAt"] = date_text(user.updated_at)
    fields["etag"] = user.etag
    fields["federated"] = user.is_federated
    fields["clientCertUser"] = user.uses_client_certificate
    if user.primary_link is not None:
        fields["primaryLinkedUserId"] = user.primary_link
    return fields


def _last_login(user: User, caller: Caller) -> dict[str, Any]:
    return _optional_date("lastLoginAt", user.last_login_at) if caller.is_master else {}


def _optional_date(name: str, moment: Any) -> dict[str, Any]:
    return {} if moment is None else {name: date_text(moment)}
