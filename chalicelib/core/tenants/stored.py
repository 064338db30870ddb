"""How a tenant is kept: one record in the tenant's own space, beside its users and sessions.

The record shares a collection with them so that one read opens a request: tenant, user and session together.
"""

from __future__ import annotations

from typing import Any

from chalicelib.core.query.values import Document
from chalicelib.core.tenants.model import (
    App,
    ClientCertificatePolicy,
    CorsPolicy,
    LockPolicy,
    MailPolicy,
    PasswordPolicy,
    Tenant,
    TenantSettings,
)

ACCOUNTS = "_accounts"
"""The collection of the tenant record (`@tenant`) and of the users (`kind: user`) with their sessions."""

TENANT_RECORD = "@tenant"
"""The id of the tenant record; no user id has this form."""

REGISTER = "tenants"
"""The collection, in the system's space, that finds a tenant's id by its name."""


def tenant_to_document(tenant: Tenant) -> Document:
    """The stored form of a tenant."""
    return {
        "_id": TENANT_RECORD,
        "kind": "tenant",
        "tenant": tenant.id,
        "name": tenant.name,
        "createdAt": tenant.created_at,
        "enabled": tenant.enabled,
        "settings": settings_to_document(tenant.settings),
        "apps": [app_to_document(app) for app in tenant.apps],
        "groupsVersion": tenant.groups_version,
        "bucketsVersion": tenant.buckets_version,
    }


def tenant_from_document(document: Document) -> Tenant:
    """The tenant that a stored record describes."""
    return Tenant(
        id=document["tenant"],
        name=document["name"],
        created_at=document["createdAt"],
        enabled=document["enabled"],
        settings=settings_from_document(document["settings"]),
        apps=tuple(app_from_document(app) for app in document["apps"]),
        groups_version=document["groupsVersion"],
        buckets_version=document["bucketsVersion"],
    )


def app_to_document(app: App) -> Document:
    """The stored form of an app."""
    return {
        "id": app.id,
        "name": app.name,
        "keyHash": app.key_hash,
        "masterKeyHash": app.master_key_hash,
        "allowsClientPush": app.allows_client_push,
        "enabled": app.enabled,
    }


def app_from_document(document: Document) -> App:
    """The app that a stored item describes."""
    return App(
        id=document["id"],
        name=document["name"],
        key_hash=document["keyHash"],
        master_key_hash=document["masterKeyHash"],
        allows_client_push=document["allowsClientPush"],
        enabled=document["enabled"],
    )


def settings_to_document(settings: TenantSettings) -> Document:
    """The stored form of a tenant's settings."""
    return {
        "sessionHours": settings.session_hours,
        "deletedRetentionDays": settings.deleted_retention_days,
        "rateLimitPerMinute": settings.rate_limit_per_minute,
        "maxQueryLimit": settings.max_query_limit,
        "maxStorageBytes": settings.max_storage_bytes,
        "password": _password_to_document(settings.password),
        "lock": {"failures": settings.lock.failures, "lockMinutes": settings.lock.lock_minutes},
        "cors": {
            "enabled": settings.cors.enabled,
            "origins": list(settings.cors.origins),
            "credentials": settings.cors.credentials,
        },
        "clientCertificate": {
            "enabled": settings.client_certificate.enabled,
            "usernameFrom": list(settings.client_certificate.username_from),
            "issuerDns": list(settings.client_certificate.issuer_dns),
        },
        "mail": _mail_to_document(settings.mail),
    }


def settings_from_document(document: Document) -> TenantSettings:
    """The settings that a stored record holds."""
    lock: dict[str, Any] = document["lock"]
    cors: dict[str, Any] = document["cors"]
    certificate: dict[str, Any] = document["clientCertificate"]
    return TenantSettings(
        session_hours=document["sessionHours"],
        deleted_retention_days=document["deletedRetentionDays"],
        rate_limit_per_minute=document["rateLimitPerMinute"],
        max_query_limit=document["maxQueryLimit"],
        max_storage_bytes=document.get("maxStorageBytes", 0),
        password=_password_from_document(document["password"]),
        lock=LockPolicy(lock["failures"], lock["lockMinutes"]),
        cors=CorsPolicy(cors["enabled"], tuple(cors["origins"]), cors["credentials"]),
        client_certificate=ClientCertificatePolicy(
            certificate["enabled"], tuple(certificate["usernameFrom"]), _issuers(certificate)
        ),
        # Tenants made before there was mail have no policy stored.
        mail=_mail_from_document(document["mail"]) if "mail" in document else MailPolicy(),
    )


def _password_to_document(policy: PasswordPolicy) -> Document:
    return {
        "minLength": policy.min_length,
        "maxLength": policy.max_length,
        "minUppercase": policy.min_uppercase,
        "minLowercase": policy.min_lowercase,
        "minDigits": policy.min_digits,
        "minSymbols": policy.min_symbols,
    }


def _password_from_document(document: Document) -> PasswordPolicy:
    # Tenants made before kinds of characters counted have none stored.
    kinds = (document.get(name, 0) for name in ("minUppercase", "minLowercase", "minDigits", "minSymbols"))
    return PasswordPolicy(document["minLength"], document["maxLength"], *kinds)


def _issuers(certificate: Document) -> tuple[str, ...]:
    # An older version stored one issuer, or None.
    if "issuerDns" not in certificate:
        return () if certificate["issuerDn"] is None else (certificate["issuerDn"],)
    return tuple(certificate["issuerDns"])


def _mail_to_document(mail: MailPolicy) -> Document:
    return {
        "confirmAccounts": mail.confirm_accounts,
        "notifyAccounts": mail.notify_accounts,
        "confirmationHours": mail.confirmation_hours,
        "language": mail.language,
        "sender": mail.sender,
        "words": [list(pair) for pair in mail.words],
    }


def _mail_from_document(document: Document) -> MailPolicy:
    return MailPolicy(
        confirm_accounts=document["confirmAccounts"],
        notify_accounts=document["notifyAccounts"],
        confirmation_hours=document["confirmationHours"],
        language=document["language"],
        sender=document["sender"],
        words=tuple((name, text) for name, text in document["words"]),
    )
