from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from chalicelib.bootstrap import build_core
from chalicelib.core.access.caller import Caller
from chalicelib.core.push.fan_out import DELIVER_QUEUE, EXPAND_QUEUE
from chalicelib.core.push.model import NewNotification, PushCounters
from chalicelib.core.push.ports import PushMessage
from chalicelib.core.query.filter import EVERYTHING
from chalicelib.jobs.queues import QUEUE_JOBS
from chalicelib.settings import Settings
from tests.core.push.devices import form


def test_the_jobs_of_the_queues_send_a_notification(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    core = build_core(replace(Settings(), data_folder=tmp_path))
    tenant = core.tenants.create("acme")
    app = core.tenants.create_app(tenant.id, "app").app
    caller = Caller(core.tenants.get(tenant.id), app, is_master=True)
    for token, technology in (("a", "gcm"), ("b", "sse"), ("cc", "apns")):
        core.push.installations.register(caller, form(token, _pushType=technology))

    sent = core.push.notifications.send(caller, NewNotification(EVERYTHING, PushMessage("hello")))
    for queue in (EXPAND_QUEUE, DELIVER_QUEUE):
        (job,) = core.jobs.take(queue, 10, hidden_seconds=60)
        QUEUE_JOBS[queue](core, job.body)
        core.jobs.complete(job)

    assert core.push.notifications.get(caller, sent.id).counters == PushCounters(queued=3, sent=3)
    assert [core.jobs.count(queue) for queue in QUEUE_JOBS] == [0, 0]
    assert "hello" not in capsys.readouterr().err
    core.close()
