"""A process that writes to a tenant, for tests of several processes: `python -m ... <mode> <folder> <name>`."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from chalicelib.core.documents import Index
from chalicelib.core.errors import IndexNotFound
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.update import parse_update
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments

THREADS = 32
ROUNDS = 12
TENANT = "acme"
COLLECTION = "things"


def count_up(engine: SqliteDocuments, name: str) -> None:
    """Many threads raise one counter and insert documents of their own; prints every failure."""

    def work(number: int) -> None:
        try:
            for turn in range(ROUNDS):
                engine.upsert_one(
                    TENANT, COLLECTION, "counter", parse_update({"$inc": {"n": 1}, "$push": {"by": name}})
                )
                engine.insert(TENANT, COLLECTION, {"_id": f"{name}-{number}-{turn}", "tags": [name, turn], "n": turn})
                engine.count(TENANT, COLLECTION, parse_filter({"n": turn}))
        except Exception as error:
            print(f"{type(error).__name__}: {error}", flush=True)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def come_and_go(engine: SqliteDocuments, name: str) -> None:
    """One thread drops the tenant, one its collection, one makes and drops an index, others write; prints failures."""

    def indexed() -> None:
        engine.create_index(TENANT, COLLECTION, Index("n", (("n", 1),)))
        with suppress(IndexNotFound):
            engine.drop_index(TENANT, COLLECTION, "n")

    def written() -> None:
        for number in range(5):
            engine.upsert_one(TENANT, COLLECTION, str(number), parse_update({"$inc": {"n": 1}, "$push": {"by": name}}))
        engine.count(TENANT, COLLECTION, parse_filter({"n": {"$gt": 3}}))

    def work(act: Callable[[], object]) -> None:
        try:
            for _ in range(100):
                act()
        except Exception as error:
            print(f"{type(error).__name__}: {error}", flush=True)

    acts = [lambda: engine.drop_tenant(TENANT), lambda: engine.drop_collection(TENANT, COLLECTION), indexed]
    threads = [threading.Thread(target=work, args=(act,)) for act in (*acts, written, written, written)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def write_for_ever(engine: SqliteDocuments, name: str) -> None:
    """Inserts, changes and deletes until killed; prints a line after each acknowledged write."""

    def say(*words: object) -> None:
        sys.stdout.write(" ".join(map(str, words)) + "\n")
        sys.stdout.flush()

    def work(number: int) -> None:
        turn = 0
        while True:
            document_id = f"{name}-{number}-{turn}"
            engine.insert(
                TENANT, COLLECTION, {"_id": document_id, "tags": [number, turn], "n": turn, "text": "x" * 500}
            )
            say("inserted", document_id)
            by_id = parse_filter({"_id": document_id})
            if turn % 2:
                engine.update_one(
                    TENANT, COLLECTION, by_id, parse_update({"$inc": {"n": 1000}, "$push": {"tags": "more"}})
                )
                say("changed", document_id)
            if turn % 5 == 0:
                engine.delete_one(TENANT, COLLECTION, by_id)
                say("deleted", document_id)
            turn += 1

    for number in range(4):
        threading.Thread(target=work, args=(number,), daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    mode, folder, name = sys.argv[1:]
    {"count": count_up, "write": write_for_ever, "come-and-go": come_and_go}[mode](
        SqliteDocuments(Path(folder), durability="normal"), name
    )
