"""`yorozu openid`: the OpenID providers that a tenant trusts, and where browsers may end."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from chalicelib.core.federation.model import Provider
from yorozu.operate import TenantRef, Yes, confirm, operator, secret
from yorozu.output import AsJson, say, show_record, show_rows

commands = typer.Typer(help="Logging in through OpenID providers, such as Google or Keycloak.", no_args_is_help=True)

GOOGLE = "https://accounts.google.com"

ProviderName = Annotated[
    str, typer.Argument(metavar="PROVIDER", help="What apps call it: google, adfs, other, or any short name.")
]


@commands.command("set")
def set_(
    context: typer.Context,
    tenant: TenantRef,
    provider: ProviderName,
    client_id: Annotated[str, typer.Option(help="The client id that the provider gave you.")],
    client_secret: Annotated[
        str | None,
        typer.Option(help="Asked for, or read from standard input, unless given.", show_default=False),
    ] = None,
    issuer: Annotated[
        str | None, typer.Option(help=f"The provider's issuer URL. [default: {GOOGLE} for google]", show_default=False)
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Trust a provider, or change one. Register `<base URL>/1/<tenant id>/auth/oidc/auth_resp` there.

    The secret is stored encrypted.
    """
    if issuer is None and provider != "google":
        raise typer.BadParameter("is needed for every provider but google", param_hint="--issuer")
    core = operator(context).core
    found = core.tenants.get(tenant)
    given = secret("Client secret", "--client-secret", client_secret)
    put = core.openid_providers.put(found.id, provider, issuer or GOOGLE, client_id, given)
    show_record(_facts(put) | {"landing_path": f"/1/{found.id}/auth/oidc/auth_resp"}, as_json)


@commands.command("list")
def list_(context: typer.Context, tenant: TenantRef, as_json: AsJson = False) -> None:
    """List a tenant's providers, without secrets."""
    core = operator(context).core
    rows = [_facts(provider) for provider in core.openid_providers.list(core.tenants.get(tenant).id)]
    show_rows("OpenID providers", rows, as_json, empty=f"None yet: yorozu openid set {tenant} google --client-id ID")


@commands.command("remove")
def remove(context: typer.Context, tenant: TenantRef, provider: ProviderName, yes: Yes = False) -> None:
    """Stop trusting a provider; users keep their links in case it is trusted again."""
    core = operator(context).core
    found = core.tenants.get(tenant)
    confirm(f"Nobody can log in to {found.name} through {provider} any more. Go on?", yes)
    core.openid_providers.remove(found.id, provider)
    say(f"Removed {provider}.")


@commands.command("redirects")
def redirects(
    context: typer.Context,
    tenant: TenantRef,
    urls: Annotated[
        list[str] | None, typer.Argument(metavar="[URL]...", help="All of them; none shows those there are.")
    ] = None,
    clear: Annotated[bool, typer.Option("--clear", help="Remove all of them: nobody can log in.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show, or set, the URLs that browsers may be sent to after a login; an app's own scheme is fine."""
    core = operator(context).core
    found = core.tenants.get(tenant)
    if urls and clear:
        raise typer.BadParameter("goes without URLs", param_hint="--clear")
    if urls or clear:
        core.openid_providers.set_redirects(found.id, urls or [])
    rows = [{"url": url} for url in core.openid_providers.redirects(found.id)]
    show_rows("Redirects", rows, as_json, empty=f"None yet: yorozu openid redirects {tenant} https://app.example.com/")


def _facts(provider: Provider) -> dict[str, Any]:
    return {"provider": provider.name, "issuer": provider.issuer, "client_id": provider.client_id}
