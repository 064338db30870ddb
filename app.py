"""The Chalice app: every dialect's routes and every job. Importing it reads no setting and connects to nothing."""

import os
from functools import partial
from typing import Any

from chalicelib.bootstrap import build_core
from chalicelib.dialects import all_dialects
from chalicelib.jobs.purge import purge
from chalicelib.jobs.queues import DELIVER_QUEUE, EXPAND_QUEUE, QUEUE_JOBS
from chalicelib.jobs.stats import roll_up
from chalicelib.jobs.sweep import sweep
from chalicelib.settings import Settings
from chalicelib.web.chalice_bridge import YorozuApp, mount
from chalicelib.web.core_on_demand import CoreOnDemand
from chalicelib.web.queue_events import work_off

app = YorozuApp("yorozu")
core = CoreOnDemand(lambda: build_core(Settings.from_environment(os.environ)))

for dialect in all_dialects():
    mount(app, dialect, core)


@app.schedule("rate(1 hour)")
def purge_what_expired(event: Any) -> None:
    """Deletes for good what has been marked as deleted for longer than its tenant keeps it."""
    purge(core())


@app.schedule("rate(6 hours)")
def sweep_files(event: Any) -> None:
    """Deletes contents that crashes and abandoned uploads have left behind."""
    sweep(core())


@app.schedule("rate(10 minutes)")
def roll_up_api_calls(event: Any) -> None:
    """Folds the counted API calls into slots of ten minutes and into days."""
    roll_up(core())


@app.on_queue(EXPAND_QUEUE, batch_size=1)
def expand_pushes(event: Any) -> None:
    """Cuts notifications into batches of installations."""
    work_off(core().jobs, EXPAND_QUEUE, event.to_dict(), partial(QUEUE_JOBS[EXPAND_QUEUE], core()))


@app.on_queue(DELIVER_QUEUE, batch_size=1)
def deliver_pushes(event: Any) -> None:
    """Sends notifications to batches of installations."""
    work_off(core().jobs, DELIVER_QUEUE, event.to_dict(), partial(QUEUE_JOBS[DELIVER_QUEUE], core()))
