"""Aggregation pipelines: the eleven stages of the NEC reference. Parsed and checked once; a value."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from chalicelib.core.clock import Deadline
from chalicelib.core.query.filter import Filter
from chalicelib.core.query.values import Document


@dataclass(frozen=True, slots=True)
class ForeignCollection:
    """Where a `$lookup` reads: the stored collection, and which of its documents this caller may see."""

    collection: str
    visible: Filter


class Pipeline:
    """A checked pipeline of $match, $lookup, $limit, $skip, $sort, $group, $bucket, $bucketAuto, $count, $project
    and $addFields.

    `stages` are in MongoDB's own form, with `$lookup.from` still as the caller wrote it until `resolved` is used.
    """

    stages: tuple[Document, ...]

    @property
    def foreign_names(self) -> frozenset[str]:
        """Every name that a `$lookup` reads from, nested pipelines included, as the caller wrote it."""
        raise NotImplementedError

    def resolved(self, resolve: Callable[[str], ForeignCollection]) -> Pipeline:
        """The same pipeline, each `$lookup` reading only the visible documents of the resolved collection."""
        raise NotImplementedError

    def after(self, condition: Filter) -> Pipeline:
        """The same pipeline behind a first `$match`."""
        raise NotImplementedError

    def split_match(self) -> tuple[Filter, Pipeline]:
        """The leading `$match` stages as one filter, which an index may serve, and the rest of the pipeline."""
        raise NotImplementedError

    def run(
        self,
        documents: Iterable[Document],
        fetch: Callable[[str, Filter], Iterable[Document]],
        deadline: Deadline,
    ) -> Iterator[Document]:
        """What the pipeline makes of the documents. `fetch(collection, filter)` reads a `$lookup`'s documents.

        Raises: OperatorMisused when an operator meets a value it cannot take; TimedOut.
        """
        raise NotImplementedError


def parse_pipeline(source: Any) -> Pipeline:
    """Raises: InvalidQuery for what is no list of stages, an unknown or refused stage, operator or expression,
    naming it; OperatorMisused for an operand that MongoDB refuses."""
    raise NotImplementedError
