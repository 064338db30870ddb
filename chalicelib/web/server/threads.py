"""Threads for requests, shared so that a tenant whose data answers late holds up its own requests and nobody else's.

Decision: 0102-shares-of-threads.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from functools import partial
from typing import Any, ParamSpec, TypeVar
from weakref import WeakValueDictionary

THREADS = 32
"""Requests that are worked on at once in one process; more wait for a thread."""

TENANTS_THREADS = 12
"""The most of them for requests of one tenant. A tenant may be asked for by id and by name: both leave some free."""

ASIDE_THREADS = 2
"""For requests that concern no tenant, such as a load balancer's for a sign of life; they do not wait for any."""

_P = ParamSpec("_P")
_T = TypeVar("_T")


class Share(Executor):
    """At most so many threads of a pool at once; what comes beyond waits its turn in the order in which it came."""

    def __init__(self, pool: Executor, threads: int) -> None:
        self._pool = pool
        self._free = threads
        self._waiting: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._lock = threading.Lock()

    def submit(self, fn: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> Future[_T]:
        future: Future[_T] = Future()
        with self._lock:
            self._waiting.append((future, partial(fn, *args, **kwargs)))
            self._begin()
        return future

    def _begin(self) -> None:
        while self._free and self._waiting:
            self._pool.submit(self._work, *self._waiting.popleft())
            self._free -= 1

    def _work(self, future: Future[Any], work: Callable[[], Any]) -> None:
        try:
            if future.set_running_or_notify_cancel():
                future.set_result(work())
        except BaseException as error:
            future.set_exception(error)
        finally:
            with self._lock:
                self._free += 1
                self._begin()


class RequestThreads:
    """The threads of one process. To be asked for shares by one thread only."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
        self._aside = ThreadPoolExecutor(ASIDE_THREADS, thread_name_prefix="aside")
        # Clients choose the names: a share that nobody works in or waits for is forgotten.
        self._shares: WeakValueDictionary[str, Share] = WeakValueDictionary()

    def of_tenant(self, tenant: str) -> Executor:
        """The share of a tenant, under the name by which a client asks for it."""
        share = self._shares.get(tenant)
        if share is None:
            share = self._shares[tenant] = Share(self._pool, TENANTS_THREADS)
        return share

    def aside(self) -> Executor:
        """For what must be answered however busy the tenants are."""
        return self._aside

    def close(self) -> None:
        """Returns when all work is done."""
        self._pool.shutdown()
        self._aside.shutdown()
