"""Queues that hand every job out twice: whoever works them off sends and counts once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from chalicelib.bootstrap import assemble, embedded_engines
from chalicelib.core.access.caller import Caller
from chalicelib.core.clock import SystemClock
from chalicelib.core.core import Core
from chalicelib.core.jobs import Job
from chalicelib.core.push.model import NewNotification, PushCounters
from chalicelib.core.push.ports import PushMessage
from chalicelib.core.query.filter import EVERYTHING
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from chalicelib.engines.embedded.sqlite_jobs import SqliteJobs
from chalicelib.jobs.push_deliver import push_deliver
from chalicelib.jobs.push_expand import push_expand
from chalicelib.jobs.queues import DELIVER_QUEUE, EXPAND_QUEUE, QUEUE_JOBS
from chalicelib.settings import Settings
from chalicelib.web.chalice_bridge import YorozuApp
from chalicelib.web.queue_events import work_off
from chalicelib.web.server.workers import QueueWorkers
from tests.core.push.devices import Gateway, form
from tests.live import eventually

INSTALLATIONS = 450
HIDDEN_SECONDS = 60


class PutTwice(SqliteJobs):
    """A sender that did not hear the queue's answer, and asked again: two workers have the job at once."""

    def put(self, queue: str, bodies: Sequence[dict[str, Any]], *, delay_seconds: int = 0) -> None:
        for _ in range(2):
            super().put(queue, bodies, delay_seconds=delay_seconds)


class TakenTwice(SqliteJobs):
    """A queue that forgot that the job was done: a worker has it again."""

    def take(self, queue: str, most: int, *, hidden_seconds: int, wait_seconds: float = 0) -> list[Job]:
        taken = super().take(queue, most, hidden_seconds=hidden_seconds, wait_seconds=wait_seconds)
        return [job for job in taken for _ in range(2)]


def workers_of(core: Core) -> QueueWorkers:
    """Workers over the handlers that app.py has."""
    app = YorozuApp("push")

    @app.on_queue(EXPAND_QUEUE, batch_size=1)
    def expand(event: Any) -> None:
        work_off(core.jobs, EXPAND_QUEUE, event.to_dict(), partial(push_expand, core))

    @app.on_queue(DELIVER_QUEUE, batch_size=1)
    def deliver(event: Any) -> None:
        work_off(core.jobs, DELIVER_QUEUE, event.to_dict(), partial(push_deliver, core))

    return QueueWorkers(app, lambda: core, threads=2, hidden_seconds=HIDDEN_SECONDS)


@pytest.mark.parametrize("kind", [PutTwice, TakenTwice])
def test_a_notification_whose_jobs_all_come_twice_is_sent_and_counted_once(
    tmp_path: Path, kind: type[SqliteJobs], capsys: pytest.CaptureFixture[str]
) -> None:
    clock, jobs, gateway = SystemClock(), kind(tmp_path / "jobs" / "jobs.db"), Gateway()
    documents = SqliteDocuments(tmp_path, durability="none", clock=clock)
    settings = replace(Settings(), data_folder=tmp_path)
    engines = embedded_engines(settings, documents, clock)
    core = assemble(replace(engines, jobs=jobs, gateways=[gateway]), settings)
    tenant = core.tenants.create("acme")
    app = core.tenants.create_app(tenant.id, "app").app
    caller = Caller(core.tenants.get(tenant.id), app, is_master=True)
    for number in range(INSTALLATIONS):
        core.push.installations.register(caller, form(f"token-{number}"))

    sent = core.push.notifications.send(caller, NewNotification(EVERYTHING, PushMessage("hello")))
    workers = workers_of(core)
    workers.start()
    eventually(lambda: core.push.notifications.get(caller, sent.id).finished_at is not None)
    workers.stop()
    for queue, job in QUEUE_JOBS.items():
        while taken := jobs.take(queue, 10, hidden_seconds=HIDDEN_SECONDS):
            for late in taken:
                job(core, late.body)

    assert len(gateway.handed) == INSTALLATIONS
    assert set(gateway.handed.values()) == {1}
    assert core.push.notifications.get(caller, sent.id).counters == PushCounters(
        queued=INSTALLATIONS, sent=INSTALLATIONS
    )
    assert '"ERROR"' not in capsys.readouterr().err
    core.close()
