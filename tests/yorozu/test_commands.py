"""The command line, run as an operator runs it."""

from __future__ import annotations

import json
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from chalicelib.core.errors import CoreError
from chalicelib.core.jobs import MAX_RECEIVES
from chalicelib.core.push.fan_out import EXPAND_QUEUE
from chalicelib.core.stats.stored import SLOT_INDEX, SLOTS
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from chalicelib.engines.embedded.sqlite_jobs import SqliteJobs
from tests.live import reserved_port
from yorozu.main import cli

runner = CliRunner()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


def run(data: Path, *arguments: str, typed: str | None = None) -> Result:
    return runner.invoke(cli, ["--data", str(data), *arguments], input=typed)


def told(data: Path, *arguments: str) -> list[dict[str, Any]]:
    """The JSON lines of a command that went well."""
    done = run(data, *arguments, "--json")
    assert done.exit_code == 0, (done.output, done.exception)
    return [json.loads(line) for line in done.stdout.splitlines()]


def refused(data: Path, *arguments: str) -> CoreError:
    """The core's error that a command ends with; `main` prints it on one line."""
    done = run(data, *arguments)
    assert isinstance(done.exception, CoreError), done.output
    return done.exception


@pytest.fixture
def tenant(data: Path) -> str:
    return str(told(data, "tenants", "create", "acme")[0]["id"])


def test_help_lists_every_command_and_every_command_has_help(data: Path) -> None:
    top = runner.invoke(cli, ["--help"])

    assert top.exit_code == 0
    for command in ("serve", "demo", "doctor", "export", "import", "purge", "tenants", "apps", "buckets", "indexes"):
        assert command in top.stdout
        assert runner.invoke(cli, [command, "--help"]).exit_code == 0


def test_the_version_is_told_without_any_data() -> None:
    assert runner.invoke(cli, ["--version"]).stdout == f"yorozu {version('yorozu')}\n"


def test_a_tenant_is_made_shown_set_disabled_and_deleted(data: Path, tenant: str) -> None:
    assert [row["name"] for row in told(data, "tenants", "list")] == ["acme"]
    assert told(data, "tenants", "show", "acme")[0]["id"] == tenant

    told(data, "tenants", "settings", "acme", "--session-hours", "2", "--cors-origin", "https://a.example")
    shown = told(data, "tenants", "show", tenant)[0]
    assert (shown["session_hours"], shown["cors_origins"], shown["lock_failures"]) == (2, ["https://a.example"], 5)

    assert run(data, "tenants", "disable", "acme").exit_code == 0
    assert told(data, "tenants", "show", "acme")[0]["enabled"] is False
    assert run(data, "tenants", "enable", "acme").exit_code == 0
    assert run(data, "tenants", "delete", "acme", typed="n\n").exit_code != 0
    assert run(data, "tenants", "delete", "acme", "--yes").exit_code == 0
    assert told(data, "tenants", "list") == []


def test_users_may_be_known_by_client_certificates(data: Path, tenant: str) -> None:
    parts = ("--username-from", "cn", "--username-from", "serial")
    issuers = ("--issuer-dn", "/C=JP/CN=Old", "--issuer-dn", "/C=JP/CN=New")
    shown = told(data, "tenants", "client-certificates", "acme", *parts, *issuers)[0]
    assert (shown["client_certificates"], shown["client_certificate_username_from"]) == (True, ["cn", "serial"])
    assert shown["client_certificate_issuer_dns"] == ["/C=JP/CN=Old", "/C=JP/CN=New"]

    made = told(data, "users", "add-certificate", "acme", "press-17")[0]
    assert (made["username"], made["email"]) == ("press-17", None)

    told(data, "tenants", "client-certificates", "acme", "--refuse")
    assert told(data, "tenants", "show", "acme")[0]["client_certificates"] is False


def test_browsers_may_send_cookies_along_and_files_may_be_limited(data: Path, tenant: str) -> None:
    shown = told(data, "tenants", "settings", "acme", "--cors-credentials", "--max-storage-bytes", "5000")[0]
    assert (shown["cors_credentials"], shown["max_storage_bytes"]) == (True, 5000)


def test_passwords_may_have_to_hold_characters_of_every_kind(data: Path, tenant: str) -> None:
    kinds = ("uppercase", "lowercase", "digits", "symbols")
    options = [word for kind in kinds for word in (f"--password-min-{kind}", "1")]
    shown = told(data, "tenants", "settings", "acme", *options)[0]
    assert [shown[f"password_min_{kind}"] for kind in kinds] == [1, 1, 1, 1]


def test_the_same_name_twice_is_refused_in_one_line(data: Path, tenant: str) -> None:
    assert "acme" in str(refused(data, "tenants", "create", "acme"))
    assert "no such tenant" in str(refused(data, "tenants", "show", "none"))


def test_an_apps_keys_are_shown_once_and_can_be_issued_again(data: Path, tenant: str) -> None:
    made = told(data, "apps", "create", "acme", "my app")[0]

    listed = told(data, "apps", "list", "acme")[0]
    assert (listed["id"], listed["name"]) == (made["app_id"], "my app")
    assert made["app_key"] not in json.dumps(listed)
    again = told(data, "apps", "reissue-keys", "acme", made["app_id"], "--yes")[0]
    assert again["app_key"] != made["app_key"]
    assert run(data, "apps", "allow-client-push", "acme", made["app_id"]).exit_code == 0
    assert told(data, "apps", "list", "acme")[0]["client_push"] is True
    assert run(data, "apps", "allow-client-push", "acme", made["app_id"], "--forbid").exit_code == 0
    assert told(data, "apps", "list", "acme")[0]["client_push"] is False
    assert run(data, "apps", "allow-client-push", "acme", made["app_id"]).exit_code == 0
    assert told(data, "apps", "list", "acme")[0]["client_push"] is True
    assert run(data, "apps", "delete", "acme", made["app_id"], "--yes").exit_code == 0
    assert told(data, "apps", "list", "acme") == []


def test_an_app_is_switched_off_and_on(data: Path, tenant: str) -> None:
    app = told(data, "apps", "create", "acme", "my app")[0]["app_id"]
    assert run(data, "apps", "disable", "acme", app).exit_code == 0
    assert told(data, "apps", "list", "acme")[0]["enabled"] is False
    assert run(data, "apps", "enable", "acme", app).exit_code == 0
    assert told(data, "apps", "list", "acme")[0]["enabled"] is True
    assert "no such app" in str(refused(data, "apps", "disable", "acme", "0" * 24))


def test_buckets_and_indexes_are_made_listed_and_dropped(data: Path, tenant: str) -> None:
    acl = '{"r":["g:authenticated"],"w":["g:authenticated"]}'
    made = told(data, "buckets", "create", "acme", "scores", "--content-acl", acl)[0]
    assert made["content_acl"]["w"] == ["g:authenticated"]

    told(data, "buckets", "change", "acme", "scores", "--description", "Scores")
    assert told(data, "buckets", "show", "acme", "scores")[0]["description"] == "Scores"
    assert told(data, "indexes", "create", "acme", "scores", "score:desc", "profile.name", "--unique")[0] == {
        "name": "score_profile.name",
        "keys": ["score:desc", "profile.name:asc"],
        "unique": True,
        "sparse": False,
    }
    assert len(told(data, "indexes", "list", "acme", "scores")) == 1
    assert run(data, "indexes", "drop", "acme", "scores", "score_profile.name").exit_code == 0
    assert told(data, "indexes", "list", "acme", "scores") == []
    assert run(data, "buckets", "create", "acme", "x", "--acl", "{").exit_code == 2
    assert run(data, "buckets", "delete", "acme", "scores", "--yes").exit_code == 0
    assert told(data, "buckets", "list", "acme") == []


def test_users_and_groups_are_administered(data: Path, tenant: str) -> None:
    user = told(data, "users", "add", "acme", "a@example.com", "--password", "Passw0rd", "--username", "anne")[0]

    assert told(data, "users", "list", "acme")[0]["username"] == "anne"
    group = told(data, "groups", "create", "acme", "team", "--user", user["id"])[0]
    assert group["users"] == [user["id"]]
    assert told(data, "users", "show", "acme", user["id"])[0]["groups"] == ["team"]
    assert told(data, "groups", "remove", "acme", "team", "--user", user["id"])[0]["users"] == []
    changed = told(data, "users", "change", "acme", user["id"], "--email", "b@example.com", "--options", '{"a": 1}')[0]
    assert (changed["username"], changed["email"], changed["options"]) == ("anne", "b@example.com", {"a": 1})
    assert told(data, "users", "change", "acme", user["id"], "--username", "bea")[0]["email"] == "b@example.com"
    assert run(data, "users", "disable", "acme", user["id"]).exit_code == 0
    assert told(data, "users", "list", "acme")[0]["enabled"] is False
    assert run(data, "users", "set-password", "acme", user["id"], "--password", "Other0ne!").exit_code == 0
    assert run(data, "users", "set-password", "acme", user["id"], typed="Piped0ne!\n").exit_code == 0
    assert run(data, "groups", "delete", "acme", "team", "--yes").exit_code == 0
    assert run(data, "users", "delete", "acme", user["id"], "--yes").exit_code == 0
    assert told(data, "users", "list", "acme") == []


def test_the_demo_is_the_same_at_every_call_and_its_file_is_private(data: Path) -> None:
    first = told(data, "demo")[0]

    assert set(first) == {"base_url", "tenant_id", "app_id", "app_key", "master_key"}
    assert told(data, "demo")[0] == first
    assert (data / "demo.json").stat().st_mode & 0o077 == 0
    run(data, "tenants", "delete", "demo", "--yes")
    assert told(data, "demo")[0]["tenant_id"] != first["tenant_id"]


@pytest.mark.parametrize("noted", ["", '{"base_url": "x"}', "[]"])
def test_a_demo_that_was_noted_wrongly_or_lost_its_app_is_made_again(data: Path, noted: str) -> None:
    first = told(data, "demo")[0]
    (data / "demo.json").write_text(noted)
    second = told(data, "demo")[0]
    assert (second["tenant_id"] == first["tenant_id"], second["app_id"] == first["app_id"]) == (True, False)

    run(data, "apps", "delete", "demo", second["app_id"], "--yes")
    assert told(data, "demo")[0]["app_id"] not in (first["app_id"], second["app_id"])


def test_the_demos_lines_are_one_command_each_and_name_its_address(data: Path) -> None:
    shown = run(data, "demo").stdout

    lines = [line for line in shown.splitlines() if "curl" in line]
    assert len(lines) == 3
    for line in lines:
        assert subprocess.run(["sh", "-n", "-c", line], check=False).returncode == 0


def test_doctor_finds_a_new_installation_sound(data: Path, tenant: str) -> None:
    assert all(row["ok"] for row in told(data, "doctor"))


def test_doctor_says_what_is_wrong_and_fails(data: Path) -> None:
    data.parent.joinpath("data").write_text("not a folder")

    done = run(data, "doctor", "--json")

    assert done.exit_code == 1


def test_doctor_tells_of_jobs_that_were_given_up(data: Path, tenant: str) -> None:
    jobs = SqliteJobs(data / "jobs" / "jobs.db")
    jobs.put(EXPAND_QUEUE, [{"tenant": "t", "notification": "n", "batch": 0}])
    found = {row["check"]: row for row in told(data, "doctor")}
    assert found["queues"]["found"] == "1 jobs wait"
    for _ in range(MAX_RECEIVES):
        (job,) = jobs.take(EXPAND_QUEUE, 1, hidden_seconds=30)
        jobs.release(job, delay_seconds=0)
    jobs.close()

    done = run(data, "doctor", "--json")

    assert done.exit_code == 1
    assert f"given up: 1 jobs of {EXPAND_QUEUE}" in done.stdout


def test_doctor_makes_the_indexes_that_an_older_version_did_not(data: Path, tenant: str) -> None:
    older = SqliteDocuments(data, durability="none")
    older.drop_index(tenant, SLOTS, SLOT_INDEX.name)
    older.close()

    found = {row["check"]: row for row in map(json.loads, run(data, "doctor", "--json").stdout.splitlines())}
    assert (found["indexes"]["ok"], "--fix" in found["indexes"]["found"]) == (False, True)
    assert all(row["ok"] for row in told(data, "doctor", "--fix"))


def test_doctor_says_what_keeps_mail_from_arriving(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def mail_row() -> tuple[bool, str]:
        rows = map(json.loads, run(data, "doctor", "--json").stdout.splitlines())
        return next((row["ok"], row["found"]) for row in rows if row["check"] == "mail")

    assert mail_row() == (True, f"kept in {data / 'outbox'} and not sent, for YOROZU_SMTP_HOST is not set")
    with reserved_port() as port:
        monkeypatch.setenv("YOROZU_SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("YOROZU_SMTP_PORT", str(port))
        for missing, value in (
            ("YOROZU_MAIL_SENDER", "Acme <no-reply@acme.example>"),
            ("YOROZU_PUBLIC_BASE_URL", "https://api.acme.example/api"),
        ):
            ok, found = mail_row()
            assert (ok, missing in found) == (False, True)
            monkeypatch.setenv(missing, value)
        ok, found = mail_row()
    assert (ok, f"127.0.0.1 port {port} failed" in found) == (False, True)


def test_doctor_names_a_variable_that_is_no_setting(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YOROZU_SMTP_HOTS", "smtp.example.com")

    found = {row["check"]: row for row in map(json.loads, run(data, "doctor", "--json").stdout.splitlines())}

    assert not found["settings"]["ok"]
    assert "YOROZU_SMTP_HOTS" in found["settings"]["found"]


def test_doctor_names_the_file_that_is_damaged(data: Path, tenant: str) -> None:
    healthy = str(told(data, "tenants", "create", "healthy")[0]["id"])
    (data / f"{tenant}.db").write_bytes(b"no database" * 1000)

    found = {row["check"]: row for row in map(json.loads, run(data, "doctor", "--json").stdout.splitlines())}

    assert not found["consistency"]["ok"]
    assert tenant in found["consistency"]["found"]
    assert healthy not in found["consistency"]["found"]


def test_a_wrong_setting_is_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("YOROZU_ENGINE", "oracle")

    done = run(data, "tenants", "list")

    assert done.exit_code == 1
    assert "YOROZU_ENGINE" in str(done.exception)
