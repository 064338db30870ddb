"""Requests per second and latency over HTTP: the server in a process of its own, 1 and 16 connections.

The client is a thread per connection on plain sockets, on the same machine: it takes its share of the processors, so
the figures are lower bounds.
"""

from __future__ import annotations

import itertools
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from bench.site import OBJECTS, Operation, Site, build_site, index_scores
from chalicelib.bootstrap import build_core
from chalicelib.settings import Settings

CONNECTIONS = (1, 16)
SECONDS = 2.0

_SERVE = """
import sys; from pathlib import Path
from chalicelib.settings import Settings; from chalicelib.web.server import serve
serve(Settings(data_folder=Path(sys.argv[1]), log_level="ERROR"), port=int(sys.argv[2]))
"""


class Connection:
    """One keep-alive connection. `send` is the shape that bench/site.py asks for."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, method: str, target: str, headers: dict[str, str], body: bytes) -> tuple[int, bytes]:
        lines = [f"{method} {target} HTTP/1.1", "Host: bench", f"Content-Length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        self._socket.sendall("\r\n".join([*lines, "", ""]).encode() + body)
        return self._receive()

    def close(self) -> None:
        self._socket.close()

    def _receive(self) -> tuple[int, bytes]:
        received = b""
        while b"\r\n\r\n" not in received:
            received += self._more()
        head, _, body = received.partition(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        while len(body) < length:
            body += self._more()
        return int(head[9:12]), body

    def _more(self) -> bytes:
        chunk = self._socket.recv(1 << 20)
        if not chunk:
            raise ConnectionError("the server hung up")
        return chunk


@contextmanager
def server(folder: Path) -> Iterator[tuple[int, int]]:
    """A server over a data folder, in a process of its own; gives its port and process id."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", _SERVE, str(folder), str(port)])  # noqa: S603 - our own program
    try:
        _wait(port)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait(30)


def _wait(port: int) -> None:
    for _ in range(300):
        try:
            Connection(port).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise TimeoutError("the server did not start")


def measure(site: Site, operation: Operation, port: int, connections: int) -> list[float]:
    """The seconds that each request took."""
    numbers = itertools.count(connections * 1_000_000)
    took: list[float] = []
    failures: list[str] = []
    end = time.perf_counter() + SECONDS

    def talk() -> None:
        connection = Connection(port)
        while time.perf_counter() < end and not failures:
            number = next(numbers)
            target, body = operation.target(number), operation.body(number)
            started = time.perf_counter()
            status, answer = connection.send(operation.method, target, site.headers, body)
            took.append(time.perf_counter() - started)
            if status not in operation.statuses:
                failures.append(f"{operation.name}: {status} {answer[:200].decode()}")
        connection.close()

    threads = [threading.Thread(target=talk) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    return sorted(took)


def main() -> None:
    print(f"{OBJECTS} objects, a signed-in user, query: score > x, by score, limit 100; full durability\n")
    print(f"{'operation':<14}{'connections':>12}{'requests/s':>12}{'p50 ms':>10}{'p95 ms':>10}{'p99 ms':>10}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        core = build_core(replace(Settings(), data_folder=folder))
        with server(folder) as (port, _):
            site = build_site(core, Connection(port).send)
            index_scores(core)
            for operation, connections in itertools.product(site.operations, CONNECTIONS):
                took = measure(site, operation, port, connections)
                p50, p95, p99 = (took[int(len(took) * share)] * 1000 for share in (0.5, 0.95, 0.99))
                rate = len(took) / SECONDS
                print(
                    f"{operation.name:<14}{connections:>12}{rate:>12.0f}{p50:>10.2f}{p95:>10.2f}{p99:>10.2f}",
                    flush=True,
                )
        core.close()


if __name__ == "__main__":
    main()
