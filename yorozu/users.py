"""`yorozu users`: a tenant's users, as the operator sees them."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from chalicelib.core.accounts.model import SignUp, User, UserChange
from yorozu.operate import TenantRef, Yes, confirm, json_text, operator, secret
from yorozu.output import AsJson, say, show_record, show_rows

commands = typer.Typer(help="The people who sign in to a tenant's apps.", no_args_is_help=True)

UserId = Annotated[str, typer.Argument(metavar="USER", help="The user's id.")]
Password = Annotated[
    str | None,
    typer.Option("--password", help="Asked for, or read from standard input, unless given.", show_default=False),
]


@commands.command("list")
def list_(
    context: typer.Context,
    tenant: TenantRef,
    username: Annotated[str | None, typer.Option(help="Only the user of this name.")] = None,
    email: Annotated[str | None, typer.Option(help="Only the user of this mail address.")] = None,
    skip: Annotated[int, typer.Option(min=0)] = 0,
    limit: Annotated[int, typer.Option(min=1, help="How many to show.")] = 100,
    as_json: AsJson = False,
) -> None:
    """List users, oldest first."""
    who = operator(context)
    page = who.core.accounts.search(who.caller(tenant), username=username, email=email, skip=skip, limit=limit)
    show_rows("Users", [_facts(user) for user in page.users], as_json, empty="No users yet.")
    if page.count is not None and page.count > skip + len(page.users) and not as_json:
        say(f"{len(page.users)} of {page.count} users; go on with --skip {skip + len(page.users)}.")


@commands.command("add")
def add(
    context: typer.Context,
    tenant: TenantRef,
    email: Annotated[str, typer.Argument(help="Mail address.")],
    password: Password = None,
    username: Annotated[
        str | None, typer.Option(help="Name to sign in with; eight random characters unless given.")
    ] = None,
    options: Annotated[str | None, typer.Option(help="Facts about the user, a JSON object.")] = None,
    as_json: AsJson = False,
) -> None:
    """Sign a user up."""
    who = operator(context)
    facts = None if options is None else json_text(options)
    new = SignUp(username, email, secret("Password", "--password", password, twice=True), facts)
    user = who.core.accounts.sign_up(who.caller(tenant), new)
    if user is not None:
        show_record(_facts(user), as_json)


@commands.command("add-certificate")
def add_certificate(
    context: typer.Context,
    tenant: TenantRef,
    username: Annotated[str, typer.Argument(help="The name that the certificate's parts spell.")],
    options: Annotated[str | None, typer.Option(help="Facts about the user, a JSON object.")] = None,
    as_json: AsJson = False,
) -> None:
    """Create a user who is identified by a client certificate and has no password."""
    who = operator(context)
    facts = None if options is None else json_text(options)
    asked = SignUp(username, options=facts, uses_client_certificate=True)
    user = who.core.accounts.sign_up(who.caller(tenant), asked)
    if user is not None:
        show_record(_facts(user), as_json)


@commands.command("show")
def show(context: typer.Context, tenant: TenantRef, user: UserId, as_json: AsJson = False) -> None:
    """Show a user and the groups they belong to."""
    who = operator(context)
    view = who.core.accounts.get(who.caller(tenant), user)
    show_record(_facts(view.user) | {"groups": list(view.groups), "options": view.user.options}, as_json)


@commands.command("change")
def change(
    context: typer.Context,
    tenant: TenantRef,
    user: UserId,
    username: Annotated[str | None, typer.Option(help="Another name to sign in with.")] = None,
    email: Annotated[str | None, typer.Option(help="Another mail address.")] = None,
    options: Annotated[str | None, typer.Option(help="Facts about the user instead of all those before, JSON.")] = None,
    as_json: AsJson = False,
) -> None:
    """Change a user's name, mail address or facts; what is left out stays as it is."""
    who = operator(context)
    facts = None if options is None else json_text(options)
    view = who.core.accounts.update(who.caller(tenant), user, UserChange(username, email, options=facts))
    if view is not None:
        show_record(_facts(view.user) | {"groups": list(view.groups), "options": view.user.options}, as_json)


@commands.command("set-password")
def set_password(context: typer.Context, tenant: TenantRef, user: UserId, password: Password = None) -> None:
    """Give a user a new password; all their sessions end."""
    who = operator(context)
    change = UserChange(password=secret("Password", "--password", password, twice=True))
    who.core.accounts.update(who.caller(tenant), user, change)
    say("The password is changed, and all sessions of the user have ended.")


@commands.command("disable")
def disable(context: typer.Context, tenant: TenantRef, user: UserId) -> None:
    """Disable a user; their sessions end at once, their data stay."""
    who = operator(context)
    who.core.accounts.set_enabled(who.caller(tenant), user, False)
    say(f"Disabled {user}.")


@commands.command("enable")
def enable(context: typer.Context, tenant: TenantRef, user: UserId) -> None:
    """Enable a disabled user, who may then sign in again."""
    who = operator(context)
    who.core.accounts.set_enabled(who.caller(tenant), user, True)
    say(f"Enabled {user}.")


@commands.command("delete")
def delete(context: typer.Context, tenant: TenantRef, user: UserId, yes: Yes = False) -> None:
    """Delete a user, accounts at OpenID providers unlinked; what they have stored stays."""
    confirm(f"Delete the user {user}?", yes)
    who = operator(context)
    who.core.federation.release(who.caller(tenant), user)
    who.core.accounts.delete(who.caller(tenant), user)
    say(f"Deleted {user}.")


def _facts(user: User) -> dict[str, Any]:
    return {
        "id": user.id,
        "username": user.username,
        "email": user.email,
        "enabled": user.enabled,
        "federated": user.is_federated,
        "created_at": user.created_at,
        "last_login_at": user.last_login_at,
    }
