"""Several processes on one folder, and one that is killed."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

from chalicelib.core.documents import Index
from chalicelib.core.query.filter import EVERYTHING, parse_filter
from chalicelib.core.query.query import Query
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from tests.engines.embedded.writing_process import COLLECTION, ROUNDS, TENANT, THREADS
from tests.live import PATIENCE_SECONDS

INDEXES = (Index("tags", (("tags", 1),)), Index("n", (("n", -1), ("_id", 1))))


def started(mode: str, folder: Path, name: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.engines.embedded.writing_process", mode, str(folder), name]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def an_engine(folder: Path) -> SqliteDocuments:
    engine = SqliteDocuments(folder, durability="normal")
    for index in INDEXES:
        engine.create_index(TENANT, COLLECTION, index)
    return engine


def turn_of(document_id: str) -> int:
    return int(document_id.split("-")[-1])


def test_two_processes_of_many_threads_write_without_an_error_and_lose_nothing(tmp_path: Path) -> None:
    engine = an_engine(tmp_path)

    processes = [started("count", tmp_path, name) for name in ("first", "second")]
    failures = [process.communicate(timeout=PATIENCE_SECONDS)[0] for process in processes]

    assert failures == ["", ""]
    counter = engine.find_one(TENANT, COLLECTION, parse_filter({"_id": "counter"}))
    assert counter is not None
    assert counter["n"] == len(counter["by"]) == 2 * THREADS * ROUNDS
    assert engine.count(TENANT, COLLECTION, EVERYTHING) == 2 * THREADS * ROUNDS + 1
    assert engine.verify(TENANT) == []
    engine.close()


def test_a_tenant_that_comes_and_goes_under_two_processes_stays_sound(tmp_path: Path) -> None:
    processes = [started("come-and-go", tmp_path, name) for name in ("first", "second")]
    failures = [process.communicate(timeout=PATIENCE_SECONDS)[0] for process in processes]

    assert failures == ["", ""]
    engine = SqliteDocuments(tmp_path, durability="normal")
    assert engine.verify(TENANT) == []
    engine.drop_tenant(TENANT)
    assert [path.name for path in tmp_path.iterdir()] == [".lock"]
    engine.close()


def test_a_process_killed_while_it_writes_loses_no_acknowledged_write(tmp_path: Path) -> None:
    engine = an_engine(tmp_path)
    for turn in range(3):
        process = started("write", tmp_path, f"p{turn}")
        assert process.stdout is not None
        acknowledged = [process.stdout.readline().split() for _ in range(200)]
        time.sleep(0.01 * turn)
        process.kill()
        acknowledged += [line.split() for line in process.stdout.read().rpartition("\n")[0].splitlines()]
        process.wait()
        process.stdout.close()

        kept = {document["_id"]: document for document in engine.find(TENANT, COLLECTION, Query())}
        last = {document_id: what for what, document_id in acknowledged}
        for document_id, what in last.items():
            # A later write may be there though its acknowledgement was not heard: never an earlier state.
            if what == "deleted":
                assert document_id not in kept
            elif what == "changed":
                assert document_id not in kept or kept[document_id]["n"] >= 1000
                assert document_id in kept or turn_of(document_id) % 5 == 0
            else:
                assert document_id in kept or turn_of(document_id) % 5 == 0
        assert engine.verify(TENANT) == []
    engine.close()
