"""What a stage is, and what it is given when a pipeline runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Protocol

from chalicelib.core.clock import Deadline
from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.expressions.scope import Scope
from chalicelib.core.query.filter import Filter
from chalicelib.core.query.values import Document

MAX_STAGE_BYTES = 100 * 1024 * 1024
"""What one stage may keep in memory, inclusive, as `weigh` estimates it. Source: MongoDB's limit for a stage."""

Fetch = Callable[[str, Filter], Iterable[Document]]
"""Reads the documents of a collection that match a filter."""


@dataclass(frozen=True, slots=True)
class ForeignCollection:
    """Where a `$lookup` reads: the stored collection, and which of its documents this caller may see."""

    collection: str
    visible: Filter


class Budget:
    """Counts the memory that something takes."""

    __slots__ = ("_left", "_limit", "_what")

    def __init__(self, what: str, limit_bytes: int = MAX_STAGE_BYTES) -> None:
        self._what = what
        self._limit = self._left = limit_bytes

    def release(self, size: int) -> None:
        """Gives back what was charged and is no longer kept."""
        self._left += size

    def charge(self, size: int) -> None:
        """Raises: OperatorMisused when the limit is passed."""
        self._left -= size
        if self._left < 0:
            raise OperatorMisused(f"{self._what} needs more than {self._limit} bytes of memory")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a pipeline. `variables` are the let variables of the `$lookup`s around it; `is_nested` inside one.

    `kept` holds what a stage reads or computes once per run, by stage. `foreign` is what all `$lookup`s together may
    hold of what they read: stages in a row hold it at the same time.
    """

    fetch: Fetch
    deadline: Deadline
    now: datetime
    variables: Mapping[str, Any] = field(default_factory=dict)
    is_nested: bool = False
    kept: dict[Any, Any] = field(default_factory=dict)
    foreign: Budget = field(default_factory=lambda: Budget("$lookup", MAX_STAGE_BYTES))

    def scope(self, document: Document) -> Scope:
        """Where a stage's expressions are evaluated for a document."""
        return Scope(document, self.variables, self.now, self.deadline)

    def inside(self, variables: Mapping[str, Any]) -> Run:
        """The run of a `$lookup`'s own pipeline."""
        return replace(self, variables={**self.variables, **variables}, is_nested=True)

    def timed(self, documents: Iterable[Document]) -> Iterator[Document]:
        """The documents; the deadline is checked before each. Raises: TimedOut."""
        for document in documents:
            self.deadline.check()
            yield document


class Stage(Protocol):
    """A checked stage. `source` is its own form in MongoDB, such as `{"$limit": 10}`."""

    @property
    def source(self) -> Document: ...

    def apply(self, documents: Iterator[Document], run: Run) -> Iterator[Document]:
        """What the stage makes of the documents; the documents given are not changed.

        Raises: OperatorMisused, TimedOut.
        """
