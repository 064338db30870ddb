"""$match alone; with the variables of a $lookup it is in test_lookup.py."""

from __future__ import annotations

import pytest

from chalicelib.core.errors import InvalidQuery
from chalicelib.core.query.pipeline import parse_pipeline
from tests.core.query.pipeline.running import run

DOCS = [{"_id": 1, "a": 1, "b": 2}, {"_id": 2, "a": 2, "b": 1}, {"_id": 3}]


def test_match_finds_what_a_filter_finds():
    assert run([{"$match": {"a": {"$gte": 2}}}], DOCS) == [DOCS[1]]
    assert run([{"$match": {}}], DOCS) == DOCS


def test_match_computes_with_expr():
    assert run([{"$match": {"$expr": {"$gt": ["$a", "$b"]}}}], DOCS) == [DOCS[1]]


@pytest.mark.parametrize("source", [None, [], "a", 5])
def test_match_takes_only_objects(source):
    with pytest.raises(InvalidQuery):
        parse_pipeline([{"$match": source}])


def test_match_has_no_order_by_distance():
    near = {"place": {"$nearSphere": {"$geometry": {"type": "Point", "coordinates": [0, 0]}}}}
    with pytest.raises(InvalidQuery, match=r"not allowed in \$match"):
        parse_pipeline([{"$match": near}])
