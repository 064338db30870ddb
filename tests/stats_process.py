"""`python -m tests.stats_process FOLDER TENANT`: counts calls and rolls counters up until it is killed.

Prints how many calls it has written down after each turn.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import count
from pathlib import Path

from chalicelib.bootstrap import build_core
from chalicelib.settings import Settings

APP = "counted"
"""The app whose calls are counted here."""

CALLS = 3
"""Calls in each turn."""


def main(folder: str, tenant: str) -> None:
    core = build_core(replace(Settings(), data_folder=Path(folder), durability="normal"))
    for turn in count(1):
        for _ in range(CALLS):
            core.counters.count(tenant, APP, "objects", core.clock.now())
        core.counters.flush()
        print(turn * CALLS, flush=True)
        core.stats.roll_up(tenant)


if __name__ == "__main__":
    main(*sys.argv[1:])
