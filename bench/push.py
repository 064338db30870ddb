"""What it takes to send a notification to many installations on the embedded engine: to accept it, cut it and send it.

Run: python -m bench.push [installations]. Prints figures of one worker with a gateway that costs nothing, and the
memory of the process at steps of the way: it must not grow with the number of installations. Asserts nothing.
"""

from __future__ import annotations

import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from chalicelib.bootstrap import assemble, embedded_engines
from chalicelib.core import ids
from chalicelib.core.access.caller import Caller
from chalicelib.core.clock import SystemClock
from chalicelib.core.core import Core
from chalicelib.core.push.model import NewNotification
from chalicelib.core.push.ports import Delivery, PushMessage, Target
from chalicelib.core.push.stored import INSTALLATIONS
from chalicelib.core.query.filter import EVERYTHING
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from chalicelib.jobs.queues import QUEUE_JOBS
from chalicelib.settings import Settings

DEFAULT_INSTALLATIONS = 20_000
PAGE_BYTES = 4096


class Nowhere:
    """A gateway that takes everything at no cost."""

    technologies = frozenset({"gcm"})

    def send(self, targets: list[Target], message: PushMessage) -> list[Delivery]:
        return [Delivery.SENT] * len(targets)


def main(installations: int = DEFAULT_INSTALLATIONS) -> None:
    with tempfile.TemporaryDirectory() as folder:
        settings, clock = Settings(data_folder=Path(folder)), SystemClock()
        documents = SqliteDocuments(Path(folder), durability="none", clock=clock)
        engines = embedded_engines(settings, documents, clock)
        core = assemble(replace(engines, gateways=[Nowhere()]), settings)
        caller = install(core, installations)
        started = time.perf_counter()
        sent = core.push.notifications.send(caller, NewNotification(EVERYTHING, PushMessage("hello")))
        print(f"accept, counting {sent.installations:,}: {(time.perf_counter() - started) * 1e3:.0f} ms")
        work_off(core)
        print(f"counters: {core.push.notifications.get(caller, sent.id).counters}")
        core.close()


def install(core: Core, count: int) -> Caller:
    """A tenant's app with so many installations; their forms are not checked here."""
    tenant = core.tenants.create("bench").id
    app = core.tenants.create_app(tenant, "app").app
    now = core.clock.now()
    for number in range(count):
        installation = {
            "_id": ids.new_id(),
            "_osType": "android",
            "_osVersion": "34",
            "_deviceToken": f"{number:0150}",
            "_pushType": "gcm",
            "_channels": ["news", f"channel{number % 100}"],
            "_appVersionCode": 6,
            "_appVersionString": "1.0",
            "_allowedSenders": ["g:anonymous"],
            "_server": {"app": app.id, "etag": "", "createdAt": now, "updatedAt": now},
        }
        core.documents.insert(tenant, INSTALLATIONS, installation)
    return Caller(core.tenants.get(tenant), app, is_master=True)


def work_off(core: Core) -> None:
    """Runs all jobs, as one worker does, and prints what each queue took."""
    spent, done = dict.fromkeys(QUEUE_JOBS, 0.0), dict.fromkeys(QUEUE_JOBS, 0)
    memory = [resident_megabytes()]
    while jobs := [job for queue in QUEUE_JOBS for job in core.jobs.take(queue, 10, hidden_seconds=60)]:
        for job in jobs:
            started = time.perf_counter()
            QUEUE_JOBS[job.queue](core, job.body)
            core.jobs.complete(job)
            spent[job.queue] += time.perf_counter() - started
            done[job.queue] += 1
        memory.append(resident_megabytes())
    for queue, seconds in spent.items():
        print(f"{queue}: {done[queue]:,} jobs, {seconds:.1f} s, {seconds / max(1, done[queue]) * 1e3:.1f} ms each")
    print(f"memory: {memory[0]} MB before, {max(memory)} MB at most")


def resident_megabytes() -> int:
    pages = Path("/proc/self/statm")
    return int(pages.read_text().split()[1]) * PAGE_BYTES // 1_000_000 if pages.exists() else 0


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else DEFAULT_INSTALLATIONS)
