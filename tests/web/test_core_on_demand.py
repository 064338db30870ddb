from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from chalicelib.web.core_on_demand import CoreOnDemand
from tests.web.parrot import ParrotCore


def test_nothing_is_built_before_the_first_call() -> None:
    built: list[ParrotCore] = []
    CoreOnDemand(lambda: note(built)).close()
    assert built == []


def test_many_threads_at_once_build_one_core() -> None:
    built: list[ParrotCore] = []
    core = CoreOnDemand(lambda: note(built))
    with ThreadPoolExecutor(16) as threads:
        cores = {id(future.result()) for future in [threads.submit(core) for _ in range(16)]}
    assert len(cores) == len(built) == 1


def test_closing_closes_the_core_once() -> None:
    built: list[ParrotCore] = []
    core = CoreOnDemand(lambda: note(built))
    core()
    core.close()
    core.close()
    assert [one.closed for one in built] == [True]


def note(built: list[ParrotCore]) -> Any:
    time.sleep(0.01)
    built.append(ParrotCore())
    return built[-1]
