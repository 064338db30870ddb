"""Requests choose the names of tenants and collections: those nobody knows leave nothing behind in memory."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest

from chalicelib.core.query.filter import EVERYTHING
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments

NAMES = 2000
MAX_GROWTH_BYTES = 100_000


@pytest.mark.parametrize("what", ["tenant", "collection"])
def test_names_that_nobody_knows_are_not_remembered(tmp_path: Path, what: str) -> None:
    documents = SqliteDocuments(tmp_path, durability="none")
    documents.insert("acme", "scores", {"_id": "1"})

    def ask(number: int) -> None:
        name = f"{number:x}".rjust(100, "f")
        place = (name, "scores") if what == "tenant" else ("acme", name)
        assert documents.find_one(*place, EVERYTHING) is None

    assert growth(ask) < MAX_GROWTH_BYTES
    documents.close()


def growth(ask: Callable[[int], None]) -> int:
    """Bytes that are still held after asking for many names."""
    for number in range(10):
        ask(number)
    gc.collect()
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        for number in range(10, NAMES):
            ask(number)
        gc.collect()
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    return after - before
