"""`yorozu tenants`: create, list, show, set up, disable and delete tenants."""

from __future__ import annotations

from dataclasses import replace
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import typer

from chalicelib.core.mail.templates import check_language, check_words
from chalicelib.core.tenants.model import ClientCertificatePolicy, CorsPolicy, Tenant, TenantSettings
from yorozu.operate import TenantRef, Yes, confirm, json_text, operator
from yorozu.output import AsJson, say, show_record, show_rows


class CertificatePart(Enum):
    """A part of a client certificate."""

    CN = "cn"
    SERIAL = "serial"
    UID = "uid"


commands = typer.Typer(help="Customers' spaces: each has its own apps, users, groups and data.", no_args_is_help=True)


@commands.command("create")
def create(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A name to address it by.")],
    as_json: AsJson = False,
) -> None:
    """Create a tenant; then create an app for it with `yorozu apps create`."""
    show_record(_facts(operator(context).core.tenants.create(name)), as_json)


@commands.command("list")
def list_(context: typer.Context, as_json: AsJson = False) -> None:
    """List all tenants, oldest first."""
    rows = [_facts(tenant) for tenant in operator(context).core.tenants.list()]
    show_rows("Tenants", rows, as_json, empty="No tenants yet: yorozu tenants create NAME")


@commands.command("show")
def show(context: typer.Context, tenant: TenantRef, as_json: AsJson = False) -> None:
    """Show a tenant and its settings."""
    found = operator(context).core.tenants.get(tenant)
    show_record(_facts(found) | _settings(found.settings), as_json)


@commands.command("settings")
def settings(
    context: typer.Context,
    tenant: TenantRef,
    session_hours: Annotated[int | None, typer.Option(min=1, help="Hours until a login ends.")] = None,
    deleted_retention_days: Annotated[
        int | None, typer.Option(min=0, help="Days until delete-marked objects go for good; 0 keeps them.")
    ] = None,
    rate_limit_per_minute: Annotated[int | None, typer.Option(min=0, help="Requests a minute; 0 is no limit.")] = None,
    max_query_limit: Annotated[int | None, typer.Option(min=0, help="Largest limit of a query; 0 is no limit.")] = None,
    max_storage_bytes: Annotated[
        int | None, typer.Option(min=0, help="Bytes that all files may have together; 0 is no limit.")
    ] = None,
    password_min_length: Annotated[int | None, typer.Option(min=1, max=100)] = None,
    password_max_length: Annotated[int | None, typer.Option(min=1, max=1000)] = None,
    password_min_uppercase: Annotated[int | None, typer.Option(min=0, help="Letters A-Z a password holds.")] = None,
    password_min_lowercase: Annotated[int | None, typer.Option(min=0, help="Letters a-z a password holds.")] = None,
    password_min_digits: Annotated[int | None, typer.Option(min=0, help="Digits a password holds.")] = None,
    password_min_symbols: Annotated[int | None, typer.Option(min=0, help="Signs a password holds.")] = None,
    lock_failures: Annotated[int | None, typer.Option(min=0, help="Failed logins that lock; 0 never locks.")] = None,
    lock_minutes: Annotated[int | None, typer.Option(min=1, help="How long a lock lasts.")] = None,
    cors: Annotated[
        bool | None, typer.Option("--cors/--no-cors", help="Whether browsers of other origins may call.")
    ] = None,
    cors_origin: Annotated[list[str] | None, typer.Option(help="An origin that may call; repeat. None: any.")] = None,
    any_origin: Annotated[bool, typer.Option("--any-origin", help="Let browsers of every origin call.")] = False,
    cors_credentials: Annotated[
        bool | None, typer.Option("--cors-credentials/--no-cors-credentials", help="Let browsers send cookies along.")
    ] = None,
    confirm_accounts: Annotated[
        bool | None, typer.Option("--confirm-accounts/--no-confirm-accounts", help="Confirm sign-ups by mail.")
    ] = None,
    notify_accounts: Annotated[
        bool | None, typer.Option("--notify-accounts/--no-notify-accounts", help="Tell users of changes by mail.")
    ] = None,
    mail_language: Annotated[str | None, typer.Option(help="The language of mails and pages: ja or en.")] = None,
    mail_sender: Annotated[str | None, typer.Option(help="Who the tenant's mails come from.")] = None,
    mail_words: Annotated[
        Path | None,
        typer.Option(
            exists=True, dir_okay=False, help='The tenant\'s own texts, JSON: {"password_reset.subject": ...}.'
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change a tenant's settings; what is left out stays as it is."""
    origins = () if any_origin else (tuple(cors_origin) if cors_origin else None)

    def changed(before: TenantSettings) -> TenantSettings:
        own = _named(
            session_hours=session_hours,
            deleted_retention_days=deleted_retention_days,
            rate_limit_per_minute=rate_limit_per_minute,
            max_query_limit=max_query_limit,
            max_storage_bytes=max_storage_bytes,
        )
        return replace(
            before,
            **own,
            password=replace(
                before.password,
                **_named(
                    min_length=password_min_length,
                    max_length=password_max_length,
                    min_uppercase=password_min_uppercase,
                    min_lowercase=password_min_lowercase,
                    min_digits=password_min_digits,
                    min_symbols=password_min_symbols,
                ),
            ),
            lock=replace(before.lock, **_named(failures=lock_failures, lock_minutes=lock_minutes)),
            mail=replace(
                before.mail,
                **_named(
                    confirm_accounts=confirm_accounts,
                    notify_accounts=notify_accounts,
                    language=None if mail_language is None else check_language(mail_language),
                    sender=mail_sender,
                    words=None
                    if mail_words is None
                    else check_words(json_text(mail_words.read_text(encoding="utf-8"))),
                ),
            ),
            cors=replace(before.cors, **_named(enabled=cors, origins=origins, credentials=cors_credentials)),
        )

    tenant_now = operator(context).core.tenants.change_settings(tenant, changed)
    show_record(_settings(tenant_now.settings), as_json)


@commands.command("client-certificates")
def client_certificates(
    context: typer.Context,
    tenant: TenantRef,
    enabled: Annotated[bool, typer.Option("--admit/--refuse", help="Whether certificates stand for a login.")] = True,
    username_from: Annotated[
        list[CertificatePart] | None,
        typer.Option(help="A part of the certificate that names the user; repeat: joined by hyphens. [default: cn]"),
    ] = None,
    issuer_dn: Annotated[
        list[str] | None, typer.Option(help="An issuer to admit; repeat. Any that the proxy trusts when left out.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Set whether client certificates that a proxy has checked identify users.

    The proxy proves itself by YOROZU_CLIENT_CERTIFICATE_TOKEN; create the users with `yorozu users add-certificate`.
    """
    parts = tuple(part.value for part in username_from or (CertificatePart.CN,))
    policy = ClientCertificatePolicy(enabled, parts, tuple(issuer_dn or ()))
    tenant_now = operator(context).core.tenants.change_settings(
        tenant, lambda before: replace(before, client_certificate=policy)
    )
    show_record(_settings(tenant_now.settings), as_json)


@commands.command("disable")
def disable(context: typer.Context, tenant: TenantRef) -> None:
    """Refuse all requests of a tenant; its data stay."""
    operator(context).core.tenants.set_enabled(tenant, False)
    say(f"Disabled {tenant}.")


@commands.command("enable")
def enable(context: typer.Context, tenant: TenantRef) -> None:
    """Accept a disabled tenant's requests again."""
    operator(context).core.tenants.set_enabled(tenant, True)
    say(f"Enabled {tenant}.")


@commands.command("delete")
def delete(context: typer.Context, tenant: TenantRef, yes: Yes = False) -> None:
    """Delete a tenant with everything in it. This cannot be undone."""
    found = operator(context).core.tenants.get(tenant)
    confirm(f"Delete the tenant {found.name} ({found.id}) and all its data?", yes)
    operator(context).core.tenants.delete(found.id)
    say(f"Deleted {found.name}.")


def _facts(tenant: Tenant) -> dict[str, Any]:
    return {
        "id": tenant.id,
        "name": tenant.name,
        "enabled": tenant.enabled,
        "apps": len(tenant.apps),
        "created_at": tenant.created_at,
    }


def _settings(settings: TenantSettings) -> dict[str, Any]:
    cors: CorsPolicy = settings.cors
    return {
        "session_hours": settings.session_hours,
        "deleted_retention_days": settings.deleted_retention_days,
        "rate_limit_per_minute": settings.rate_limit_per_minute,
        "max_query_limit": settings.max_query_limit,
        "max_storage_bytes": settings.max_storage_bytes,
        "password_min_length": settings.password.min_length,
        "password_max_length": settings.password.max_length,
        "password_min_uppercase": settings.password.min_uppercase,
        "password_min_lowercase": settings.password.min_lowercase,
        "password_min_digits": settings.password.min_digits,
        "password_min_symbols": settings.password.min_symbols,
        "lock_failures": settings.lock.failures,
        "lock_minutes": settings.lock.lock_minutes,
        "confirm_accounts": settings.mail.confirm_accounts,
        "notify_accounts": settings.mail.notify_accounts,
        "mail_language": settings.mail.language,
        "mail_sender": settings.mail.sender,
        "mail_words": dict(settings.mail.words) or None,
        "cors": cors.enabled,
        "cors_origins": list(cors.origins) or ["any"],
        "cors_credentials": cors.credentials,
        "client_certificates": settings.client_certificate.enabled,
        "client_certificate_username_from": list(settings.client_certificate.username_from),
        "client_certificate_issuer_dns": list(settings.client_certificate.issuer_dns) or ["any"],
    }


def _named(**values: Any) -> dict[str, Any]:
    """The values that were given on the command line."""
    return {name: value for name, value in values.items() if value is not None}
