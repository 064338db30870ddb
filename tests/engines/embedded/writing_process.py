"""A process that writes to a tenant, for tests of several processes: `python -m ... <mode> <folder> <name>`."""

from __future__ import annotations

import sys
import threading
from pathlib import Path

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
    {"count": count_up, "write": write_for_ever}[mode](SqliteDocuments(Path(folder), durability="normal"), name)
