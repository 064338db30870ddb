"""Memory of the serving process over 100,000 requests: it must stay flat once warm.

Requests go straight into the ASGI adapter's dispatch, in one process, so that only our own code can grow.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from bench.request_cost import ask, build, silent_log

REQUESTS = 100_000
STEPS = 10
MIX = ("get", "$inc", "get", "get")
"""Reads and writes that leave the data as large as it was."""


def resident_mib() -> float:
    """The process's resident memory now; Linux only."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * 4096 / 1024 / 1024


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, silent_log():
        asgi, _, site = build(Path(folder))
        operations = {operation.name: operation for operation in site.operations}
        started = time.perf_counter()
        for number in range(REQUESTS + 1):
            if number % (REQUESTS // STEPS) == 0:
                seconds = time.perf_counter() - started
                print(f"{number:>8} requests{resident_mib():>8.1f} MiB{seconds:>8.1f} s", flush=True)
            operation = operations[MIX[number % len(MIX)]]
            target, body = operation.target(number), operation.body(number)
            status, answer = ask(asgi, operation.method, target, site.headers, body)
            if status != 200:
                raise RuntimeError(f"{operation.name}: {status} {answer!r}")


if __name__ == "__main__":
    main()
