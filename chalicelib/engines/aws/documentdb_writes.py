"""Writes by filter, also where the server cannot decide the whole filter."""

from __future__ import annotations

from collections.abc import Callable

from pymongo import ReturnDocument
from pymongo.collection import Collection

from chalicelib.core.clock import Deadline
from chalicelib.core.errors import InvalidUpdate, Unavailable
from chalicelib.core.query.filter import Filter
from chalicelib.core.query.query import DEFAULT_TIMEOUT_MS
from chalicelib.core.query.update import Update
from chalicelib.core.query.values import Document
from chalicelib.engines.aws.documentdb_dialect import SplitFilter, served_update, split_filter, unchanged
from chalicelib.engines.aws.documentdb_errors import core_errors
from chalicelib.engines.aws.documentdb_reads import find_any, sift

ATTEMPTS = 5
"""How often a write is tried when other writes keep getting in first."""

Act = Callable[[Document], Document | None]
"""A write of one document that meets a condition; None when there is none."""


def update_first(stored: Collection[Document], condition: Document, update: Update) -> Document | None:
    """The document that meets the condition, after the update; None when there is none."""
    operators = served_update(update)
    with core_errors(InvalidUpdate):
        if not operators:
            return stored.find_one(condition, max_time_ms=DEFAULT_TIMEOUT_MS)
        return stored.find_one_and_update(
            condition,
            operators,
            array_filters=list(update.array_filters) or None,
            return_document=ReturnDocument.AFTER,
            maxTimeMS=DEFAULT_TIMEOUT_MS,
        )


def on_one(
    stored: Collection[Document],
    filter: Filter,
    act: Act,
    check: Callable[[Document], None] | None = None,
) -> Document | None:
    """What `act` returns for one document that the filter finds; None when there is none.

    Where the server cannot decide the whole filter, or `check` must see the document first, it is read before the
    write, and the condition makes sure that it is still what was read. Raises: Unavailable when it never is.
    """
    split = split_filter(filter)
    if split.rest is None and check is None:
        return act(split.served)
    for _ in range(ATTEMPTS):
        seen = find_any(stored, split)
        if seen is None:
            return None
        if check is not None:
            check(seen)
        done = act({"$and": [split.served, {"_id": seen["_id"]} if split.rest is None else unchanged(seen)]})
        if done is not None:
            return done
    raise Unavailable("other writes came between, again and again")


def on_each(stored: Collection[Document], split: SplitFilter, timeout_ms: int, act: Act) -> int:
    """How many matching documents `act` found unchanged since they were read. One command for each."""
    done = 0
    for document in sift(stored, split, Deadline(timeout_ms), {}):
        with core_errors():
            done += act({"$and": [split.served, unchanged(document)]}) is not None
    return done
