"""`yorozu openid`, run as an operator runs it."""

from __future__ import annotations

from pathlib import Path

import pytest

from chalicelib.core.errors import InvalidInput, ProviderNotFound
from tests.yorozu.test_commands import refused, run, told


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    told(folder, "tenants", "create", "acme")
    return folder


def test_a_provider_is_set_listed_and_removed_and_its_secret_never_shown(data: Path) -> None:
    done = run(data, "openid", "set", "acme", "google", "--client-id", "id", typed="the secret\n")
    assert done.exit_code == 0, done.output
    assert "/auth/oidc/auth_resp" in done.output.replace("\n", "")
    assert "the secret" not in done.output
    (row,) = told(data, "openid", "list", "acme")
    assert row == {"provider": "google", "issuer": "https://accounts.google.com", "client_id": "id"}
    assert run(data, "openid", "remove", "acme", "google", "--yes").exit_code == 0
    assert told(data, "openid", "list", "acme") == []
    assert isinstance(refused(data, "openid", "remove", "acme", "google", "--yes"), ProviderNotFound)


def test_every_provider_but_google_needs_its_issuer(data: Path) -> None:
    asked = ("openid", "set", "acme", "other", "--client-id", "id", "--client-secret", "s")
    done = run(data, *asked)
    assert done.exit_code == 2
    assert "--issuer" in done.output
    assert isinstance(refused(data, *asked, "--issuer", "http://op.example.com"), InvalidInput)
    (row,) = told(data, *asked, "--issuer", "https://op.example.com/realm")
    assert row["issuer"] == "https://op.example.com/realm"


def test_redirects_are_set_and_shown(data: Path) -> None:
    assert told(data, "openid", "redirects", "acme") == []
    urls = ["https://app.example.com/", "myapp://login"]
    told(data, "openid", "redirects", "acme", *urls)
    assert [row["url"] for row in told(data, "openid", "redirects", "acme")] == urls
    assert isinstance(refused(data, "openid", "redirects", "acme", "javascript:alert(1)"), InvalidInput)
