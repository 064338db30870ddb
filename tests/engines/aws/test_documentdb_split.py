"""What the server is asked and what is computed here give, together, what the whole would give.

The core plays the server: every case of the documents contract is split, its two halves are run, and the answer must be
the case's own.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from chalicelib.core.clock import Deadline
from chalicelib.core.errors import InvalidQuery
from chalicelib.core.query.filter import EVERYTHING, Filter, parse_filter
from chalicelib.core.query.pipeline import ForeignCollection, parse_pipeline
from chalicelib.core.query.values import Document
from chalicelib.engines.aws.documentdb_dialect import split_filter, split_pipeline
from tests.contracts.documents.case import COLLECTION, Aggregate, Case, Find, same
from tests.contracts.documents.cases import ALL_CASES

FINDS = [case for case in ALL_CASES if isinstance(case.operation, Find) and not isinstance(case.expected, type)]
AGGREGATES = [
    case for case in ALL_CASES if isinstance(case.operation, Aggregate) and not isinstance(case.expected, type)
]
OUTSIDE = next(case for case in ALL_CASES if case.id == "bucket-outside-without-default-is-refused")


@pytest.mark.parametrize("case", FINDS, ids=[case.id for case in FINDS])
def test_the_server_finds_at_least_what_the_filter_means(case: Case) -> None:
    assert isinstance(case.operation, Find)
    filter = parse_filter(case.operation.filter)
    split = split_filter(filter)
    served = parse_filter(split.served)
    for document in case.stored:
        decided_here = split.rest is None or split.rest.matches(document)
        assert (served.matches(document) and decided_here) == filter.matches(document)


@pytest.mark.parametrize("case", AGGREGATES, ids=[case.id for case in AGGREGATES])
def test_two_halves_of_a_pipeline_are_the_whole(case: Case) -> None:
    assert same(in_two_halves(case), case.expected)


def test_a_half_that_is_computed_here_refuses_what_the_whole_would() -> None:
    with pytest.raises(InvalidQuery):
        in_two_halves(OUTSIDE)


def in_two_halves(case: Case) -> list[Document]:
    """What the served stages and then the rest make of the case's documents."""
    assert isinstance(case.operation, Aggregate)
    visible = EVERYTHING if case.operation.visible is None else parse_filter(case.operation.visible)
    collections: dict[str, list[Any]] = {COLLECTION: list(case.stored), **{k: list(v) for k, v in case.others.items()}}

    def fetch(name: str, filter: Filter) -> Iterable[Document]:
        return [document for document in collections.get(name, []) if filter.matches(document)]

    pipeline = parse_pipeline(case.operation.pipeline).resolved(lambda name: ForeignCollection(name, visible))
    split = split_pipeline(pipeline, str)
    server = parse_pipeline(list(split.served)).resolved(lambda name: ForeignCollection(name, EVERYTHING))
    found = server.run(collections[COLLECTION], fetch, Deadline(10_000))
    return list(found if split.rest is None else split.rest.run(found, fetch, Deadline(10_000)))
