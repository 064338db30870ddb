"""Power cuts while a notification is sent: in the end everybody has got it, and everybody is counted once."""

from __future__ import annotations

import json
import urllib.request
from collections import Counter
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any

from chalicelib.bootstrap import build_core
from chalicelib.core.access.caller import Caller
from chalicelib.core.core import Core
from chalicelib.core.push.batches import BATCH_SIZE
from chalicelib.core.push.stored import BATCHES
from chalicelib.core.query.filter import EVERYTHING
from chalicelib.settings import Settings
from tests.core.push.devices import form
from tests.live import PATIENCE_SECONDS, LiveServer, eventually, live_server, yorozu_json
from tests.push_server import HOURS, RECORD

INSTALLATIONS = 3000
DEAD = 120
FAILED = 90
THREADS = 2
KILLS = (2, 12, 40)
"""When the server is killed: after so many batches were made and sent, of 30 each."""


def ask(server: LiveServer, demo: dict[str, str], method: str, path: str, body: Any = None) -> tuple[Any, str]:
    """The answer, and the notification's id that comes in a header."""
    headers = {
        "X-Application-Id": demo["app_id"],
        "X-Application-Key": demo["master_key"],
        "Content-Type": "application/json",
    }
    payload = None if body is None else json.dumps(body).encode()
    address = f"http://127.0.0.1:{server.port}/1/{demo['tenant_id']}{path}"
    request = urllib.request.Request(address, payload, headers, method=method)
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as response:
        return json.loads(response.read()), response.headers.get("X-Notification-Id", "")


def register_everybody(core: Core, demo: dict[str, str]) -> set[str]:
    """The ids of the installations; what becomes of each is the first word of its token."""
    tenant = core.tenants.get(demo["tenant_id"])
    caller = Caller(tenant, tenant.apps[0], is_master=True)
    fates = ["dead"] * DEAD + ["failed"] * FAILED + ["sent"] * (INSTALLATIONS - DEAD - FAILED)
    registered = [
        core.push.installations.register(caller, form(f"{fate}-{number}")) for number, fate in enumerate(fates)
    ]
    return {installation.id for installation in registered}


def test_a_server_that_is_killed_while_it_sends_leaves_nobody_out_and_counts_nobody_twice(tmp_path: Path) -> None:
    data, record = tmp_path / "data", tmp_path / "record"
    demo = yorozu_json(data, "demo")
    record.touch()
    core = build_core(replace(Settings(), data_folder=data, durability="normal"))
    everybody = register_everybody(core, demo)

    def steps() -> int:
        made = core.documents.count(demo["tenant_id"], BATCHES, EVERYTHING)
        return made + len(record.read_text().splitlines())

    def is_finished() -> bool:
        told, _ = ask(server, demo, "GET", f"/push/notifications/{sent}")
        return bool(told["state"] == "finished")

    sent = ""
    for hours, steps_before_kill in enumerate(KILLS):
        with started(data, record, hours) as server:
            sent = sent or send_to_everybody(server, demo)
            eventually(lambda: steps() >= steps_before_kill)  # noqa: B023 - called in this turn only
            server.kill()
    with started(data, record, len(KILLS)) as server:
        eventually(is_finished)
        told, _ = ask(server, demo, "GET", f"/push/notifications/{sent}")
    shown = yorozu_json(data, "push", "show", "demo", sent)
    core.close()

    exact = {
        "installations": INSTALLATIONS,
        "queued": INSTALLATIONS,
        "waiting": 0,
        "sent": INSTALLATIONS - DEAD - FAILED,
        "failed": FAILED,
        "dead": DEAD,
        "retried": 0,
    }
    assert {name: shown[name] for name in exact} == exact
    assert {name: told[name] for name in exact} == exact
    handed = Counter(record.read_text().split())
    assert set(handed) == everybody
    # A batch that was being sent when its worker died is sent again; nothing else is.
    assert handed.total() - INSTALLATIONS <= len(KILLS) * THREADS * BATCH_SIZE


def started(data: Path, record: Path, hours: int) -> AbstractContextManager[LiveServer]:
    """A server so many hours from now, when what the one before it held is free again."""
    variables = {RECORD: str(record), HOURS: str(hours), "YOROZU_QUEUE_THREADS": str(THREADS)}
    return live_server(data, module="tests.push_server", variables=variables)


def send_to_everybody(server: LiveServer, demo: dict[str, str]) -> str:
    answer, notification = ask(server, demo, "POST", "/push/notifications", {"query": {}, "message": "hello"})
    assert answer == {"result": "ok", "installations": INSTALLATIONS}
    return notification
