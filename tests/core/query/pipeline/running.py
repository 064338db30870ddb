"""Runs pipelines over lists of documents, with other lists as the collections that $lookup reads."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.core.clock import Deadline
from chalicelib.core.errors import CoreError
from chalicelib.core.query.filter import Filter, parse_filter
from chalicelib.core.query.pipeline import ForeignCollection, parse_pipeline

Documents = list[dict[str, Any]]


class Store:
    """Collections by name; counts what is read from them."""

    def __init__(self, collections: dict[str, Documents]) -> None:
        self._collections = collections
        self.fetches: list[dict[str, Any]] = []
        self.documents_read = 0

    def fetch(self, collection: str, condition: Filter) -> Iterator[dict[str, Any]]:
        self.fetches.append(condition.source)
        for document in self._collections[collection]:
            if condition.matches(document):
                self.documents_read += 1
                yield copy.deepcopy(document)


def run(
    stages: Any, documents: Documents, *, store: Store | None = None, visible: dict[str, Any] | None = None,
    timeout_ms: int = 60_000,
) -> Documents:  # fmt: skip
    """The results; the documents given must not be changed. A collection is stored as `stored_` and its name."""
    before = copy.deepcopy(documents)
    shown = parse_filter(visible or {})
    pipeline = parse_pipeline(stages).resolved(lambda name: ForeignCollection(f"stored_{name}", shown))
    results = list(pipeline.run(documents, (store or Store({})).fetch, Deadline(timeout_ms)))
    assert documents == before
    return results


def check_error(stages: Any, documents: Documents, expected: type[CoreError]) -> None:
    """The error, of just this class, comes from parsing or running."""
    with pytest.raises(expected) as caught:
        run(stages, documents)
    assert type(caught.value) is expected, caught.value
