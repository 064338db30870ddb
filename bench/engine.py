"""What the embedded engine takes, in microseconds, against the budgets in bench/README.md.

Run: python -m bench.engine [folder on the disk to measure]. Prints medians; the write figures take turns with a bare
SQLite insert-and-commit of the same bytes at the same durability, and are compared to it. Asserts nothing.
"""

from __future__ import annotations

import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import bson

from chalicelib.core.documents import Index
from chalicelib.core.query.filter import EVERYTHING, Filter, parse_filter
from chalicelib.core.query.order import parse_order
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import parse_update
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments

OBJECTS = 10_000
DEFAULT_INDEXES = (
    Index("owner", (("ACL.owner", 1),)),
    Index("readers", (("ACL.r", 1),)),
    Index("updated", (("updatedAt", 1), ("_id", 1))),
    Index("deleted", (("_deleted", 1),), sparse=True),
)
START = datetime(2026, 1, 1, tzinfo=UTC)


def an_object(number: int) -> dict[str, Any]:
    chance = random.Random(number)  # noqa: S311 - no secret
    return {
        "_id": f"{number:024x}",
        "score": chance.randrange(1_000_000),
        "name": f"player {number}",
        "ACL": {
            "owner": f"user{number % 100}",
            "r": ["g:authenticated"] if number % 2 else [f"g:team{number % 7}"],
            "w": [],
            "c": [],
            "u": [],
            "d": [],
            "admin": [],
        },
        "createdAt": START + timedelta(seconds=number),
        "updatedAt": START + timedelta(seconds=number),
        "etag": f"{chance.getrandbits(128):032x}",
    }


def median_us(work: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        begun = time.perf_counter_ns()
        work()
        taken.append(time.perf_counter_ns() - begun)
    return statistics.median(taken) / 1000


def bare_sqlite(folder: Path) -> Callable[[bytes], None]:
    """Inserts and commits bytes in a file of its own, the least that a durable write can take."""
    connection = sqlite3.connect(folder / "bare.db", isolation_level=None)
    connection.executescript(
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE t (id INTEGER PRIMARY KEY, b BLOB)"
    )

    def insert(body: bytes) -> None:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO t (b) VALUES (?)", (body,))
        connection.execute("COMMIT")

    return insert


def show(what: str, figure: str, budget: str = "") -> None:
    print(f"{what:<66} {figure:>12}  {budget}")


def bench_writes(engine: SqliteDocuments, folder: Path, blocks: int = 30, each: int = 50) -> None:
    """Blocks of each kind take turns: single commits in turns would pay for one another's pages."""
    increment = parse_update({"$inc": {"score": 1}})
    numbers = {name: iter(range(blocks * each)) for name in ("bare", "insert", "inc", "save")}
    bare = bare_sqlite(folder)

    def by_id(number: int) -> Filter:
        return parse_filter({"_id": f"{number:024x}"})

    def save(number: int) -> Callable[[], object]:
        moment = START + timedelta(days=1, seconds=number)
        change = parse_update({"$inc": {"score": 1}, "$set": {"updatedAt": moment, "etag": str(number)}})
        return partial(engine.update_one, "t", "c", by_id(number), change)

    prepare: dict[str, Callable[[int], Callable[[], object]]] = {
        "bare": lambda number: partial(bare, bson.encode(an_object(number))),
        "insert": lambda number: partial(engine.insert, "t", "c", an_object(OBJECTS + number)),
        "inc": lambda number: partial(engine.update_one, "t", "c", by_id(number), increment),
        "save": save,
    }
    taken: dict[str, list[int]] = {name: [] for name in prepare}
    for _ in range(blocks):
        for name, prepared in prepare.items():
            for work in [prepared(next(numbers[name])) for _ in range(each)]:
                begun = time.perf_counter_ns()
                work()
                taken[name].append(time.perf_counter_ns() - begun)
    medians = {name: statistics.median(figures) / 1000 for name, figures in taken.items()}
    show("bare SQLite insert and commit", f"{medians['bare']:.0f} µs")
    for name, what in (
        ("insert", "insert, the default indexes and one on score"),
        ("inc", "$inc of the indexed score by id"),
        ("save", "$inc, $set of updatedAt and etag by id, two indexes move"),
    ):
        show(what, f"{medians[name]:.0f} µs", f"{medians[name] / medians['bare']:.2f} x bare; budget 2.5")


def bench_reads(engine: SqliteDocuments) -> None:
    by_id = parse_filter({"_id": f"{OBJECTS // 2:024x}"})
    show("get by id", f"{median_us(lambda: engine.find_one('t', 'c', by_id), 3000):.0f} µs", "budget 150 µs")
    for name, rule in (
        (
            "owner or readers, half the objects",
            {"$or": [{"ACL.owner": "user3"}, {"ACL.r": {"$in": ["g:anonymous", "g:authenticated", "user3"]}}]},
        ),
        (
            "owner or readers, few objects",
            {"$or": [{"ACL.owner": "user4"}, {"ACL.r": {"$in": ["g:anonymous", "user4"]}}]},
        ),
        ("readers only", {"ACL.r": {"$in": ["g:anonymous", "g:team4"]}}),
    ):
        for order in ([("score", -1)], [("score", 1)]):
            query = Query(parse_filter({"$and": [{"score": {"$gt": 500_000}}, rule]}), parse_order(order), limit=100)
            taken = median_us(lambda query=query: list(engine.find("t", "c", query)), 200)  # type: ignore[misc]
            what = f"score > x, {name}, by score {order[0][1]:+}, 100"
            show(what, f"{taken:.0f} µs", f"budget 3000 µs; {engine.explain('t', 'c', query)}")
        taken = median_us(lambda query=query: engine.count("t", "c", query.filter), 100)  # type: ignore[misc]
        show(f"count of the same, {engine.count('t', 'c', query.filter)} objects", f"{taken:.0f} µs")
    visible = {"$and": [{"ACL.r": {"$in": ["g:anonymous", "g:authenticated", "user3"]}}, {"_deleted": {"$ne": True}}]}
    counted = parse_filter(visible)
    show(
        "count of what one may read and is not deleted",
        f"{median_us(lambda: engine.count('t', 'c', counted), 50):.0f} µs",
    )
    newest = Query(EVERYTHING, parse_order([("updatedAt", -1), ("_id", -1)]), limit=100)
    show("newest 100", f"{median_us(lambda: list(engine.find('t', 'c', newest)), 200):.0f} µs")
    show("count of all", f"{median_us(lambda: engine.count('t', 'c', EVERYTHING), 200):.0f} µs")
    scan = Query(parse_filter({"name": "player 9999"}))
    show(
        "one object by a field without an index (full scan)",
        f"{median_us(lambda: list(engine.find('t', 'c', scan)), 10):.0f} µs",
    )


def main(beside: Path | None = None) -> None:
    """Prints the figures of a new folder, made in `beside` or where temporary files go, and removed again."""
    with tempfile.TemporaryDirectory(prefix="yorozu-bench-", dir=beside) as name:
        folder = Path(name)
        filling = SqliteDocuments(folder / "data", durability="none")
        for index in DEFAULT_INDEXES:
            filling.create_index("t", "c", index)
        filling.create_index("t", "c", Index("score", (("score", 1),)))
        for number in range(OBJECTS):
            filling.insert("t", "c", an_object(number))
        filling.close()
        engine = SqliteDocuments(folder / "data")
        bench_writes(engine, folder)
        bench_reads(engine)
        engine.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
