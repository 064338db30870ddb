"""`yorozu apps`: the credentials of client programs."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from chalicelib.core.tenants.model import App, AppCredentials
from yorozu.operate import TenantRef, Yes, confirm, operator
from yorozu.output import AsJson, say, show_record, show_rows

commands = typer.Typer(help="Credentials of a tenant's client programs: id, key, master key.", no_args_is_help=True)

AppId = Annotated[str, typer.Argument(metavar="APP", help="The app's id.")]


@commands.command("create")
def create(
    context: typer.Context,
    tenant: TenantRef,
    name: Annotated[str, typer.Argument(help="What the app is called.")],
    as_json: AsJson = False,
) -> None:
    """Create an app and show its keys, which are not stored and cannot be shown again."""
    show_record(_credentials(operator(context).core.tenants.create_app(tenant, name)), as_json)


@commands.command("list")
def list_(context: typer.Context, tenant: TenantRef, as_json: AsJson = False) -> None:
    """List a tenant's apps, without keys."""
    rows = [_facts(app) for app in operator(context).core.tenants.get(tenant).apps]
    show_rows("Apps", rows, as_json, empty=f"No apps yet: yorozu apps create {tenant} NAME")


@commands.command("reissue-keys")
def reissue_keys(
    context: typer.Context, tenant: TenantRef, app: AppId, yes: Yes = False, as_json: AsJson = False
) -> None:
    """Give an app new keys; programs with the old ones stop at once."""
    confirm("Programs that use the old keys will stop at once. Go on?", yes)
    show_record(_credentials(operator(context).core.tenants.reissue_keys(tenant, app)), as_json)


@commands.command("allow-client-push")
def allow_client_push(
    context: typer.Context,
    tenant: TenantRef,
    app: AppId,
    allowed: Annotated[bool, typer.Option("--allow/--forbid", help="Allow it, or forbid it again.")] = True,
) -> None:
    """Let an app send pushes with its app key, not only with the master key."""
    operator(context).core.tenants.allow_client_push(tenant, app, allowed)
    say(f"{'Allowed' if allowed else 'Forbade'} client push for {app}.")


@commands.command("disable")
def disable(context: typer.Context, tenant: TenantRef, app: AppId) -> None:
    """Refuse an app's requests; its keys work again once it is enabled."""
    operator(context).core.tenants.set_app_enabled(tenant, app, False)
    say(f"Disabled {app}.")


@commands.command("enable")
def enable(context: typer.Context, tenant: TenantRef, app: AppId) -> None:
    """Accept a disabled app's requests again."""
    operator(context).core.tenants.set_app_enabled(tenant, app, True)
    say(f"Enabled {app}.")


@commands.command("delete")
def delete(context: typer.Context, tenant: TenantRef, app: AppId, yes: Yes = False) -> None:
    """Delete an app; users and data belong to the tenant and stay."""
    confirm(f"Delete the app {app}?", yes)
    operator(context).core.tenants.delete_app(tenant, app)
    say(f"Deleted {app}.")


def _facts(app: App) -> dict[str, Any]:
    return {"id": app.id, "name": app.name, "enabled": app.enabled, "client_push": app.allows_client_push}


def _credentials(made: AppCredentials) -> dict[str, Any]:
    return {"app_id": made.app.id, "name": made.app.name, "app_key": made.key, "master_key": made.master_key}
