"""Power cuts in the middle of roll-ups, while others roll up too: every call is in the statistics once."""

from __future__ import annotations

import random
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from chalicelib.bootstrap import build_core
from chalicelib.core.core import Core
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import parse_update
from chalicelib.core.stats.model import SLOT, Calls, StatsQuery, added, day_of, slot_of
from chalicelib.core.stats.service import RAW_KEPT
from chalicelib.core.stats.stored import DAYS, RAW, raw_id, raw_update
from chalicelib.settings import Settings
from tests.live import ROOT
from tests.stats_process import APP, CALLS

KILLS = 5
OLD_APP = "written"
KINDS = ("users", "objects", "files")
SLOTS_BACK = 6 * 48
"""Two days: the raw counters of the older one are deleted once they are rolled up."""


class Past:
    """Raw counters of the last two days, written down one after the other while others roll them up."""

    def __init__(self, core: Core, tenant: str) -> None:
        self._core = core
        self._tenant = tenant
        self._choose = random.Random(3)
        self._newest = slot_of(datetime.now(UTC))
        self.calls: Calls = {}
        self.written = 0

    def write_one(self) -> None:
        """One counter of a process that is heard of only once."""
        self.written += 1
        slot = self._newest - SLOT * self._choose.randrange(1, SLOTS_BACK)
        counts = {kind: self._choose.randrange(1, 9) for kind in KINDS}
        process = f"p{self.written}"
        update = parse_update(raw_update(slot, OLD_APP, process, counts))
        self._core.documents.upsert_one(self._tenant, RAW, raw_id(slot, OLD_APP, process), update)
        self.calls = added(self.calls, {OLD_APP: counts})


@contextmanager
def roller(folder: Path, tenant: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.stats_process", str(folder), tenant]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def roll_up_for_a_moment(process: subprocess.Popen[str], past: Past, moment: float) -> int:
    """Kills a process at work after so many seconds; returns how many calls it said it had written down."""
    assert process.stdout is not None
    said = int(process.stdout.readline())
    end = time.monotonic() + moment
    while time.monotonic() < end:
        past.write_one()
    process.kill()
    return max([said, *(int(line) for line in process.stdout.read().split("\n")[:-1])])


def test_roll_ups_that_are_killed_neither_lose_nor_double_a_call(tmp_path: Path) -> None:
    core = build_core(replace(Settings(), data_folder=tmp_path, durability="normal"))
    tenant = core.tenants.create("acme").id
    past, ended = Past(core, tenant), threading.Event()

    def roll_up_meanwhile() -> None:
        while not ended.is_set():
            core.stats.roll_up(tenant)

    other = threading.Thread(target=roll_up_meanwhile)
    other.start()
    said = 0
    try:
        for kill in range(KILLS):
            with roller(tmp_path, tenant) as process:
                said += roll_up_for_a_moment(process, past, 0.1 + 0.07 * kill)
    finally:
        ended.set()
        other.join()
    core.stats.roll_up(tenant)

    raw = list(core.documents.find(tenant, RAW, Query()))
    assert min(counter["slot"] for counter in raw) > core.clock.now() - RAW_KEPT - SLOT
    counted = sum(counter["calls"]["objects"] for counter in raw if counter["app"] == APP)
    assert said <= counted <= said + KILLS * CALLS
    expected = added(past.calls, {APP: {"objects": counted}})
    assert core.stats.total(tenant, StatsQuery()).calls == expected
    slots = core.stats.slots(tenant, StatsQuery(limit=None))
    in_slots: Calls = {}
    in_days: dict[datetime, Calls] = {}
    for slot in slots:
        in_slots = added(in_slots, slot.calls)
        day = day_of(slot.begins_at)
        in_days[day] = added(in_days.get(day, {}), slot.calls)
    assert in_slots == expected
    assert {one["day"]: one["calls"] for one in core.documents.find(tenant, DAYS, Query())} == in_days
    core.close()
