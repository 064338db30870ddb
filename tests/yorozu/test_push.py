"""`yorozu push`, run as an operator runs it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from chalicelib.bootstrap import build_core
from chalicelib.core.access.caller import Caller
from chalicelib.core.errors import NotificationNotFound
from chalicelib.core.push.model import NewNotification, Notification
from chalicelib.core.push.ports import PushMessage
from chalicelib.core.query.filter import EVERYTHING
from chalicelib.settings import Settings
from tests.core.push.devices import form
from yorozu.main import cli

runner = CliRunner()


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def sent(data: Path) -> Notification:
    """A notification to one installation, delivered."""
    core = build_core(Settings(data_folder=data))
    tenant = core.tenants.create("acme")
    app = core.tenants.create_app(tenant.id, "app").app
    caller = Caller(core.tenants.get("acme"), app, is_master=True)
    core.push.installations.register(caller, form("secret-token"))
    made = core.push.notifications.send(caller, NewNotification(EVERYTHING, PushMessage("hello")))
    core.push.fan_out.expand(tenant.id, made.id, 0)
    core.push.delivery.deliver(tenant.id, made.id, 0)
    core.close()
    return made


def told(data: Path, *arguments: str) -> list[dict[str, Any]]:
    done = runner.invoke(cli, ["--data", str(data), "push", *arguments, "--json"])
    assert done.exit_code == 0, (done.output, done.exception)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_notifications_are_listed_with_their_counters(data: Path, sent: Notification) -> None:
    (row,) = told(data, "show", "acme")
    assert (row["id"], row["installations"]) == (sent.id, 1)
    assert [row[name] for name in ("queued", "waiting", "sent", "failed", "dead", "retried")] == [1, 0, 1, 0, 0, 0]
    assert row["finished_at"] is not None


def test_a_notification_is_shown_with_its_message(data: Path, sent: Notification) -> None:
    (record,) = told(data, "show", "acme", sent.id)
    assert (record["message"], record["sent"], record["problem"]) == ("hello", 1, None)


@pytest.mark.parametrize("command", ["show", "resume"])
def test_an_unknown_notification_is_an_error(data: Path, sent: Notification, command: str) -> None:
    done = runner.invoke(cli, ["--data", str(data), "push", command, "acme", "unknown"])
    assert isinstance(done.exception, NotificationNotFound)


def test_a_notification_is_resumed(data: Path, sent: Notification) -> None:
    assert runner.invoke(cli, ["--data", str(data), "push", "resume", "acme", sent.id]).exit_code == 0


def test_installations_are_listed_without_tokens(data: Path, sent: Notification) -> None:
    done = runner.invoke(cli, ["--data", str(data), "push", "installations", "acme"])
    assert done.exit_code == 0
    assert "android" in done.stdout
    assert "secret-token" not in json.dumps(told(data, "installations", "acme"))
    assert told(data, "installations", "acme")[0]["technology"] == "gcm"
