"""Memory of the serving process over 100,000 mixed requests over HTTP: it must stay flat once warm.

Everything that is made is deleted or made again over itself, so that the data stay as large as they were and only a
leak can grow. What is refused is part of the mix: names nobody knows must leave nothing behind either.
"""

from __future__ import annotations

import itertools
import json
import random
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bench.http import Connection, server
from bench.site import Operation, Site, build_site, index_scores
from chalicelib.bootstrap import build_core
from chalicelib.settings import Settings

REQUESTS = 100_000
STEPS = 20
CONNECTIONS = 4
FILE_BYTES = 20_000
DEVICES = 200

WEIGHTS = {
    "get": 400,
    "$inc": 120,
    "query": 60,
    "count": 30,
    "login": 0.5,
    "create and delete": 60,
    "file up, down, away": 30,
    "register a device": 40,
    "notify": 0.5,
    "statistics": 2,
    "refused": 40,
}
"""How often each kind of work is chosen, relative to the others; some are several requests."""

Work = Callable[[int], int]
"""`work(number)` does one piece of work and returns how many requests it was."""


class Visitor:
    """One connection and all that it may do."""

    def __init__(self, port: int, site: Site) -> None:
        self.took: dict[str, list[float]] = {}
        self._connection = Connection(port)
        self._base = site.base
        self._operations = {operation.name: operation for operation in site.operations}
        self._headers = {
            "user": site.headers,
            "file": site.headers | {"Content-Type": "application/octet-stream"},
            "master": site.master,
        }

    def open_files(self) -> None:
        """Makes the bucket of files."""
        everybody = ["g:authenticated"]
        bucket = {"ACL": {"r": everybody}, "contentACL": {"r": everybody, "w": everybody}}
        self._ask("PUT", f"{self._base}/buckets/file/pictures", json.dumps(bucket).encode(), who="master")

    def work(self, name: str, number: int) -> int:
        """Does one piece of work; returns how many requests it was. Raises: RuntimeError for a wrong answer."""
        started = time.perf_counter()
        requests = self._kind(name)(number)
        self.took.setdefault(name, []).append((time.perf_counter() - started) / requests)
        return requests

    def close(self) -> None:
        self._connection.close()

    def _kind(self, name: str) -> Work:
        kinds: dict[str, Work] = {
            "create and delete": self._create_and_delete,
            "file up, down, away": self._file,
            "register a device": self._register,
            "notify": self._notify,
            "statistics": self._statistics,
            "refused": self._be_refused,
        }
        return kinds[name] if name in kinds else lambda number: self._operate(self._operations[name], number)

    def _ask(self, method: str, target: str, body: bytes = b"", who: str = "user", status: int = 200) -> bytes:
        told, answer = self._connection.send(method, target, self._headers[who], body)
        if told != status:
            raise RuntimeError(f"{method} {target}: {told} {answer[:200].decode()}")
        return answer

    def _operate(self, operation: Operation, number: int) -> int:
        self._ask(operation.method, operation.target(number), operation.body(number))
        return 1

    def _create_and_delete(self, number: int) -> int:
        create = self._operations["create"]
        made = json.loads(self._ask("POST", create.target(number), create.body(number)))
        self._ask("DELETE", f"{create.target(number)}/{made['_id']}")
        return 2

    def _file(self, number: int) -> int:
        target = f"{self._base}/files/pictures/{number}.bin"
        self._ask("POST", target, number.to_bytes(8, "big") * (FILE_BYTES // 8), who="file")
        if len(self._ask("GET", target)) != FILE_BYTES:
            raise RuntimeError("the file came back shorter")
        self._ask("DELETE", target)
        return 3

    def _register(self, number: int) -> int:
        device = {
            "_osType": "android",
            "_osVersion": "30",
            "_deviceToken": f"token-{number % DEVICES}",
            "_pushType": "gcm",
            "_channels": ["news"],
            "_appVersionCode": number,
            "_appVersionString": "1.0",
            "_allowedSenders": ["g:anonymous"],
        }
        self._ask("POST", f"{self._base}/push/installations", json.dumps(device).encode())
        return 1

    def _notify(self, number: int) -> int:
        body = {"query": {"_appVersionCode": {"$mod": [10, number % 10]}}, "message": "hello"}
        self._ask("POST", f"{self._base}/push/notifications", json.dumps(body).encode(), who="master")
        return 1

    def _statistics(self, number: int) -> int:
        self._ask("GET", f"{self._base}/management/apistats?total=true", who="master")
        return 1

    def _be_refused(self, number: int) -> int:
        unknown = f"{number:024x}"
        self._ask("GET", f"/1/{unknown}/objects/scores", status=404)
        self._ask("GET", f"{self._base}/objects/nothing-{number}", status=404)
        self._ask("POST", f"{self._base}/objects/scores", b'{"a":', status=400)
        self._ask("GET", f"{self._base}/objects/scores?where=%7B%22a%22:%7B%22$no{number}%22:1%7D%7D", status=400)
        return 4


def resident_mib(pid: int) -> float:
    """A process's resident memory now; Linux only."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * 4096 / 1024 / 1024


def visit(visitors: list[Visitor], pid: int) -> None:
    """Makes the requests, and prints memory at each step of them."""
    numbers, done = itertools.count(1), [0] * len(visitors)
    failures: list[Exception] = []

    def walk(place: int) -> None:
        choose = random.Random(place)  # noqa: S311 - the same mix in every run
        names, weights = list(WEIGHTS), list(WEIGHTS.values())
        try:
            while sum(done) < REQUESTS and not failures:
                (name,) = choose.choices(names, weights)
                done[place] += visitors[place].work(name, next(numbers))
        except Exception as error:
            failures.append(error)

    started = time.perf_counter()
    threads = [threading.Thread(target=walk, args=(place,)) for place in range(len(visitors))]
    for thread in threads:
        thread.start()
    for step in range(STEPS + 1):
        while sum(done) < REQUESTS * step // STEPS and not failures:
            time.sleep(0.02)
        seconds = time.perf_counter() - started
        print(f"{sum(done):>8} requests{resident_mib(pid):>8.1f} MiB{seconds:>8.1f} s", flush=True)
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]


def main() -> None:
    print(f"{CONNECTIONS} connections; full durability; log lines of errors only\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        core = build_core(replace(Settings(), data_folder=folder))
        with server(folder) as (port, pid):
            site = build_site(core, Connection(port).send)
            index_scores(core)
            visitors = [Visitor(port, site) for _ in range(CONNECTIONS)]
            visitors[0].open_files()
            visit(visitors, pid)
        core.close()
    print(f"\n{'requests of':<22}{'p50 ms':>10}{'p95 ms':>10}{'p99 ms':>10}")
    for kind in WEIGHTS:
        took = sorted(seconds for visitor in visitors for seconds in visitor.took.get(kind, []))
        p50, p95, p99 = (took[int(len(took) * share)] * 1000 if took else 0.0 for share in (0.5, 0.95, 0.99))
        print(f"{kind:<22}{p50:>10.2f}{p95:>10.2f}{p99:>10.2f}")


if __name__ == "__main__":
    main()
