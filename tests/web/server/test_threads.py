"""Shares of the server's threads: one tenant's slow work waits for itself."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from chalicelib.web.server.threads import TENANTS_THREADS, THREADS, RequestThreads, Share
from tests.live import PATIENCE_SECONDS, eventually


class Work:
    """Work that goes on until it is let go."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.at_once = 0
        self.most_at_once = 0
        self.let_go = threading.Event()

    def __call__(self) -> None:
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        assert self.let_go.wait(PATIENCE_SECONDS)
        with self._lock:
            self.at_once -= 1


@pytest.fixture
def threads() -> Iterator[RequestThreads]:
    made = RequestThreads()
    yield made
    made.close()


def test_a_tenant_whose_work_hangs_leaves_threads_for_others(threads: RequestThreads) -> None:
    slow = Work()
    # Under its id and its name.
    hanging = [threads.of_tenant(name).submit(slow) for name in ("id", "acme") for _ in range(THREADS)]
    eventually(lambda: slow.at_once == 2 * TENANTS_THREADS)
    assert threads.of_tenant("other").submit(lambda: "answered").result(PATIENCE_SECONDS) == "answered"
    slow.let_go.set()
    for future in hanging:
        future.result(PATIENCE_SECONDS)
    assert slow.most_at_once == 2 * TENANTS_THREADS


def test_a_sign_of_life_waits_for_no_tenant(threads: RequestThreads) -> None:
    slow = Work()
    for number in range(THREADS):
        threads.of_tenant(f"tenant {number}").submit(slow)
    eventually(lambda: slow.at_once == THREADS)
    assert threads.aside().submit(lambda: "alive").result(PATIENCE_SECONDS) == "alive"
    slow.let_go.set()


def test_names_that_clients_make_up_are_forgotten(threads: RequestThreads) -> None:
    for number in range(100):
        threads.of_tenant(f"made up {number}").submit(int).result(PATIENCE_SECONDS)
    eventually(lambda: len(threads._shares) <= 1)


def test_what_waits_in_a_share_is_begun_in_its_order_and_may_be_given_up() -> None:
    done: list[str] = []
    first = Work()
    with ThreadPoolExecutor(4) as pool:
        share = Share(pool, 1)
        futures: list[Future[None]] = [share.submit(first), *(share.submit(done.append, name) for name in "abc")]
        assert futures[2].cancel()
        first.let_go.set()
        futures[3].result(PATIENCE_SECONDS)
    assert done == ["a", "c"]


def test_work_that_fails_tells_why_and_frees_its_thread() -> None:
    with ThreadPoolExecutor(4) as pool:
        share = Share(pool, 1)
        for _ in range(3):
            with pytest.raises(ZeroDivisionError):
                share.submit(lambda: 1 // 0).result(PATIENCE_SECONDS)
