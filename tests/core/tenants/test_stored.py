from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.core.tenants.model import (
    App,
    ClientCertificatePolicy,
    CorsPolicy,
    LockPolicy,
    PasswordPolicy,
    Tenant,
    TenantSettings,
)
from chalicelib.core.tenants.stored import (
    TENANT_RECORD,
    app_from_document,
    app_to_document,
    settings_from_document,
    settings_to_document,
    tenant_from_document,
    tenant_to_document,
)

SETTINGS = TenantSettings(
    session_hours=1,
    deleted_retention_days=2,
    rate_limit_per_minute=3,
    max_query_limit=4,
    max_storage_bytes=5,
    password=PasswordPolicy(5, 60, 1, 2, 3, 4),
    lock=LockPolicy(7, 8),
    cors=CorsPolicy(False, ("https://a.example", "https://b.example"), True),
    client_certificate=ClientCertificatePolicy(True, ("serial", "uid"), ("CN=Old", "CN=CA")),
)
APP = App("a1", "app", "key hash", "master key hash", True, False)


def test_settings_come_back_as_they_were_stored() -> None:
    for settings in (TenantSettings(), SETTINGS):
        assert settings_from_document(settings_to_document(settings)) == settings


@pytest.mark.parametrize(("stored", "issuers"), [("CN=CA", ("CN=CA",)), (None, ())])
def test_the_one_issuer_of_an_older_version_is_still_checked(stored: str | None, issuers: tuple[str, ...]) -> None:
    document = settings_to_document(SETTINGS)
    document["clientCertificate"] = {"enabled": True, "usernameFrom": ["cn"], "issuerDn": stored}
    assert settings_from_document(document).client_certificate.issuer_dns == issuers


def test_an_app_comes_back_as_it_was_stored() -> None:
    assert app_from_document(app_to_document(APP)) == APP


def test_a_tenant_comes_back_as_it_was_stored() -> None:
    tenant = Tenant("t1", "acme", datetime(2026, 1, 2, tzinfo=UTC), False, SETTINGS, (APP,), 3, 4)
    stored = tenant_to_document(tenant)
    assert stored["_id"] == TENANT_RECORD
    assert tenant_from_document(stored) == tenant
