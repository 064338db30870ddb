"""`yorozu openid`, run as an operator runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chalicelib.bootstrap import build_core
from chalicelib.core.core import Core
from chalicelib.core.errors import InvalidInput, ProviderNotFound
from chalicelib.core.federation.links import Links
from chalicelib.core.federation.model import Link
from chalicelib.core.federation.stored import LINKS
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.query import Query
from chalicelib.settings import Settings
from tests.yorozu.test_commands import refused, run, told
from yorozu.operate import CannotRun


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    told(folder, "tenants", "create", "acme")
    return folder


def open_core(data: Path) -> Core:
    return build_core(Settings(data_folder=data))


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


def test_a_secret_that_is_piped_in_is_read_plainly(data: Path, recwarn: pytest.WarningsRecorder) -> None:
    asked = ("openid", "set", "acme", "google", "--client-id", "id")
    done = run(data, *asked, typed="the secret\r\n")
    assert (done.exit_code, done.stderr) == (0, "")
    assert not recwarn.list
    core = open_core(data)
    tenant = core.tenants.get("acme").id
    provider = core.openid_providers.get(tenant, "google")
    assert provider is not None
    assert core.openid_providers.client_secret(tenant, provider) == "the secret"
    core.close()
    for nothing in ("", "\n"):
        refused_run = run(data, *asked, typed=nothing)
        assert isinstance(refused_run.exception, CannotRun)
        assert "--client-secret" in str(refused_run.exception)


def test_a_user_of_a_provider_can_be_deleted_with_all_that_it_told(data: Path) -> None:
    core = open_core(data)
    tenant = core.tenants.get("acme").id
    links = Links(core.documents, core.clock)
    user_id = links.make_user(tenant, "1" * 24)
    links.add(tenant, Link("1" * 24, user_id, "https://op.example.com", "sub", "google"), "{}")
    core.close()
    assert told(data, "users", "show", "acme", user_id)[0]["federated"] is True
    done = run(data, "users", "delete", "acme", user_id, "--yes")
    assert done.exit_code == 0, done.exception
    core = open_core(data)
    assert list(core.documents.find(tenant, LINKS, Query(parse_filter({})))) == []
    core.close()


def test_doctor_finds_out_that_the_key_of_the_secrets_is_gone(data: Path) -> None:
    def found() -> dict[str, Any]:
        rows = map(json.loads, run(data, "doctor", "--json").stdout.splitlines())
        return next(row for row in rows if row["check"] == "secrets")

    assert found() == {"check": "secrets", "ok": True, "found": "none kept"}
    told(data, "openid", "set", "acme", "google", "--client-id", "id", "--client-secret", "s")
    assert found() == {"check": "secrets", "ok": True, "found": "1 can be read"}
    key_file = data / "secrets.key"
    key_file.rename(data / "elsewhere.key")
    assert found()["ok"] is False
    assert "google of acme" in found()["found"]
    assert not key_file.exists()


def test_a_backup_has_the_key_that_lies_among_the_data(data: Path, tmp_path: Path) -> None:
    told(data, "openid", "set", "acme", "google", "--client-id", "id", "--client-secret", "s")
    copy = tmp_path / "copy"
    assert run(data, "backup", str(copy)).exit_code == 0
    assert {"check": "secrets", "ok": True, "found": "1 can be read"} in told(copy, "doctor")
    assert (copy / "secrets.key").stat().st_mode & 0o777 == 0o600


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
    assert run(data, "openid", "redirects", "acme", "myapp://login", "--clear").exit_code == 2
    assert told(data, "openid", "redirects", "acme", "--clear") == []
    assert told(data, "openid", "redirects", "acme") == []
