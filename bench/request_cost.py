"""Processor time of one request outside the engine: routing, authentication, access, parsing, JSON.

Budget: 300 µs median (docs/architecture.md). The time inside the documents port is taken off; a query's rows are
read to the end inside the port, so that their decoding counts as the engine's and their JSON as ours.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

from bench.site import Operation, Site, build_site, index_scores
from chalicelib.bootstrap import assemble, embedded_engines
from chalicelib.core.clock import SystemClock
from chalicelib.core.documents import Documents
from chalicelib.dialects import all_dialects
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from chalicelib.settings import Settings
from chalicelib.web.chalice_bridge import YorozuApp, mount
from chalicelib.web.events import STREAMS, Streams
from chalicelib.web.server.asgi import AsgiApp

ROUNDS = 400
COSTLY_ROUNDS = 40


class TimedDocuments:
    """The engine, with the processor time that each thread spends inside it."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents
        self._spent = threading.local()

    def take(self) -> int:
        """Nanoseconds spent in this thread since the last call."""
        spent, self._spent.ns = getattr(self._spent, "ns", 0), 0
        return spent

    @contextmanager
    def together(self, tenant: str) -> Iterator[None]:
        block = self._documents.together(tenant)
        with self._timed():
            block.__enter__()
        yield
        with self._timed():
            block.__exit__(None, None, None)

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._documents, name)

        def timed(*arguments: Any, **options: Any) -> Any:
            with self._timed():
                answer = method(*arguments, **options)
                return iter(list(answer)) if isinstance(answer, Iterator) else answer

        setattr(self, name, timed)
        return timed

    @contextmanager
    def _timed(self) -> Iterator[None]:
        started = time.thread_time_ns()
        try:
            yield
        finally:
            self._spent.ns = getattr(self._spent, "ns", 0) + time.thread_time_ns() - started


def measure(asgi: AsgiApp, documents: TimedDocuments, site: Site, operation: Operation) -> tuple[float, float]:
    """Medians in microseconds: outside the engine, and inside."""
    outside, inside = [], []
    for number in range(COSTLY_ROUNDS if operation.name in ("login", "batch of 50") else ROUNDS):
        target, body = operation.target(number), operation.body(number)
        documents.take()
        started = time.thread_time_ns()
        status, answer = ask(asgi, operation.method, target, site.headers, body)
        total, engine = time.thread_time_ns() - started, documents.take()
        if status not in operation.statuses:
            raise RuntimeError(f"{operation.name}: {status} {answer!r}")
        outside.append((total - engine) / 1000)
        inside.append(engine / 1000)
    return statistics.median(outside), statistics.median(inside)


def ask(asgi: AsgiApp, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
    """One request through the server's adapter, without sockets and threads: all that runs in our code."""
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "method": method,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
    }
    event = asgi._event(scope)
    event["body"], event[STREAMS] = body, Streams()
    status, _, answer = asgi._dispatch(event)
    return status, answer


def build(folder: Path) -> tuple[AsgiApp, TimedDocuments, Site]:
    settings = replace(Settings(), data_folder=folder)
    clock = SystemClock()
    documents = TimedDocuments(SqliteDocuments(settings.data_folder, durability=settings.durability, clock=clock))
    core = assemble(embedded_engines(settings, cast(Documents, documents), clock), settings)
    app = YorozuApp("bench")
    for dialect in all_dialects():
        mount(app, dialect, lambda: core)
    asgi = AsgiApp(app)

    site = build_site(core, partial(ask, asgi))
    index_scores(core)
    return asgi, documents, site


def main() -> None:
    print("log lines are written to /dev/null; `engine` is the embedded one, for comparison\n")
    print(f"{'operation':<14}{'outside µs':>12}{'engine µs':>12}")
    with tempfile.TemporaryDirectory() as folder, silent_log():
        asgi, documents, site = build(Path(folder))
        for operation in site.operations:
            outside, inside = measure(asgi, documents, site, operation)
            print(f"{operation.name:<14}{outside:>12.0f}{inside:>12.0f}", flush=True)


class silent_log:  # noqa: N801 - read as a statement
    """Log lines cost what writing them costs, but are not seen."""

    def __enter__(self) -> None:
        import sys

        self._stderr, sys.stderr = sys.stderr, open(os.devnull, "w")

    def __exit__(self, *_: object) -> None:
        import sys

        sys.stderr.close()
        sys.stderr = self._stderr


if __name__ == "__main__":
    main()
