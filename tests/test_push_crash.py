"""Power cuts while a notification is sent: nobody is left out, and the counters are exact."""

from __future__ import annotations

import http.client
import json
import time
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from chalicelib.bootstrap import assemble
from chalicelib.core import ids
from chalicelib.core.access.caller import Caller
from chalicelib.core.clock import SystemClock
from chalicelib.core.core import Core
from chalicelib.core.push.events import EVENTS
from chalicelib.core.push.model import PushCounters
from chalicelib.core.push.stored import INSTALLATIONS
from chalicelib.core.query.query import Query
from chalicelib.core.tenants.model import AppCredentials
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from chalicelib.engines.embedded.sqlite_jobs import SqliteJobs
from chalicelib.jobs.queues import QUEUE_JOBS
from chalicelib.settings import Settings
from tests.core.push.devices import form
from tests.live import LiveServer, live_server

INSTALLED = 1_500
KILLS = 3
PATIENCE_SECONDS = 60.0


class LaterClock:
    """The machine's clock, an hour ahead: what was hidden or claimed is free again."""

    def now(self) -> datetime:
        return SystemClock().now() + timedelta(hours=1)


def later(data: Path) -> Core:
    clock = LaterClock()
    jobs = SqliteJobs(data / "jobs" / "jobs.db", now=lambda: clock.now().timestamp())
    return assemble(SqliteDocuments(data, durability="none", clock=clock), clock, Settings(data_folder=data), jobs=jobs)


def install(data: Path) -> tuple[str, AppCredentials]:
    """A tenant with many installations that listen for events."""
    documents = SqliteDocuments(data, durability="none", clock=SystemClock())
    core = assemble(documents, SystemClock(), Settings(data_folder=data))
    tenant = core.tenants.create("acme").id
    app = core.tenants.create_app(tenant, "app")
    now = core.clock.now()
    server = {"app": app.app.id, "etag": "e", "createdAt": now, "updatedAt": now}
    for number in range(INSTALLED):
        fields = form(f"token {number}", _pushType="sse")
        documents.insert(tenant, INSTALLATIONS, {"_id": ids.new_id()} | fields | {"_server": server})
    core.close()
    return tenant, app


def ask(server: LiveServer, app: AppCredentials, method: str, path: str, body: Any = None) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    headers = {
        "X-Application-Id": app.app.id,
        "X-Application-Key": app.master_key,
        "Content-Type": "application/json",
    }
    connection.request(method, f"/api{path}", None if body is None else json.dumps(body), headers)
    response = connection.getresponse()
    content = response.read()
    assert response.status == 200, content
    connection.close()
    return response.headers.get("X-Notification-Id"), json.loads(content)


def work_off(core: Core) -> None:
    """Runs all jobs, as a worker does."""
    while True:
        jobs = [job for queue in QUEUE_JOBS for job in core.jobs.take(queue, 10, hidden_seconds=60)]
        if not jobs:
            return
        for job in jobs:
            QUEUE_JOBS[job.queue](core, job.body)
            core.jobs.complete(job)


def test_killing_the_server_while_it_sends_leaves_nobody_out(tmp_path: Path) -> None:
    data = tmp_path / "data"
    tenant, app = install(data)
    notification, seen = "", 0
    for _ in range(KILLS):
        with live_server(data) as server:
            if not notification:
                notification, answer = ask(
                    server, app, "POST", f"/1/{tenant}/push/notifications", {"query": {}, "message": "hello"}
                )
                assert answer == {"result": "ok", "installations": INSTALLED}
            deadline = time.monotonic() + PATIENCE_SECONDS
            sent = seen
            while sent == seen and sent < INSTALLED and time.monotonic() < deadline:
                _, report = ask(server, app, "GET", f"/1/{tenant}/push/notifications/{notification}")
                sent = report["sent"]
            seen = sent
            server.kill()

    core = later(data)
    work_off(core)
    caller = Caller(core.tenants.get(tenant), app.app, is_master=True)
    report = core.push.notifications.get(caller, notification)
    assert report.counters == PushCounters(queued=INSTALLED, sent=INSTALLED)
    assert report.finished_at is not None
    logs = core.documents.find(tenant, EVENTS, Query())
    received = Counter(len(log["events"]) for log in logs)
    assert sum(received.values()) == INSTALLED
    # A batch that was being sent at a kill is sent again.
    assert max(received) <= 1 + KILLS
    core.close()
