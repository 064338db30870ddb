"""Reading documents from the server: cursors, and the part of a filter that is decided here."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from heapq import nsmallest

from pymongo.collection import Collection
from pymongo.command_cursor import CommandCursor
from pymongo.cursor import Cursor

from chalicelib.core.clock import Deadline
from chalicelib.core.query.expressions.limits import weigh
from chalicelib.core.query.pipeline.stage import Budget
from chalicelib.core.query.query import DEFAULT_TIMEOUT_MS
from chalicelib.core.query.values import Document
from chalicelib.engines.aws.documentdb_dialect import SplitFilter
from chalicelib.engines.aws.documentdb_errors import core_errors

BATCH_DOCUMENTS = 1_000
"""Documents that the server sends at once: most answers need no second command and leave no cursor open."""


def read(open: Callable[[], CommandCursor[Document] | Cursor[Document]]) -> Generator[Document]:
    """The documents of a cursor that is opened at the first step and closed in any case."""
    with core_errors(), closing(open()) as cursor:
        yield from cursor


def search(stored: Collection[Document], served: Document, timeout_ms: int, options: Document) -> Generator[Document]:
    """The documents that the server finds."""
    return read(lambda: stored.find(served, max_time_ms=max(1, timeout_ms), batch_size=BATCH_DOCUMENTS, **options))


def sift(
    stored: Collection[Document], split: SplitFilter, deadline: Deadline, options: Document
) -> Generator[Document]:
    """What the server finds, except what the rest of the filter rejects. Raises: TimedOut."""
    with closing(search(stored, split.served, deadline.remaining_ms(), options)) as found:
        for document in found:
            deadline.check()
            if split.rest is None or split.rest.matches(document):
                yield document


def find_any(stored: Collection[Document], split: SplitFilter) -> Document | None:
    """Any document that matches."""
    if split.rest is not None:
        with closing(sift(stored, split, Deadline(DEFAULT_TIMEOUT_MS), {})) as documents:
            return next(documents, None)
    with core_errors():
        return stored.find_one(split.served, max_time_ms=DEFAULT_TIMEOUT_MS)


def nearest(
    documents: Iterable[Document], distance: Callable[[Document], float], stop: int | None
) -> Iterator[Document]:
    """The documents, the nearest first; with `stop`, only so many are kept in memory."""
    if stop is not None:
        return iter(nsmallest(stop, documents, key=distance))
    budget = Budget("a query by distance without a limit")
    kept = []
    for document in documents:
        budget.charge(weigh(document))
        kept.append(document)
    return iter(sorted(kept, key=distance))
