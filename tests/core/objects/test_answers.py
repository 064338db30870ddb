"""How much one answer may hold: what is asked in a line must not fill the memory of the process."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.errors import InvalidInput, LimitExceeded, VersionMismatch
from chalicelib.core.objects import answers, batch
from chalicelib.core.objects.model import Change, Done, Failed, Insert, ObjectQuery, Operation
from chalicelib.core.query.pipeline import parse_pipeline
from chalicelib.core.query.projection import parse_projection
from tests.core.objects.world import BUCKET, World


@pytest.fixture
def many(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Forty objects of about 4 KB, where an answer may hold 100 KB."""
    monkeypatch.setattr(answers, "MAX_ANSWER_BYTES", 100_000)
    inserts = [Insert({"n": n, "text": "x" * 4_000}) for n in range(40)]
    world.core.objects.batch(world.guest, BUCKET, inserts)
    return world


def aggregate(world: World, *stages: dict[str, Any]) -> list[dict[str, Any]]:
    return world.core.objects.aggregate(world.guest, BUCKET, parse_pipeline(list(stages)))


def test_an_answer_that_would_be_too_large_is_refused(many: World) -> None:
    with pytest.raises(InvalidInput):
        many.core.objects.query(many.guest, BUCKET, ObjectQuery())
    with pytest.raises(InvalidInput):
        aggregate(many)


def test_documents_of_any_origin_are_refused_when_they_are_too_large(many: World) -> None:
    with pytest.raises(InvalidInput):
        answers.held(iter(many.stored()))


def test_pages_and_parts_of_the_same_objects_are_answered(many: World) -> None:
    page = many.core.objects.query(many.guest, BUCKET, ObjectQuery(skip=30, limit=20, with_count=True))
    assert [len(page.documents), page.count] == [10, 40]
    numbers = parse_projection({"n": 1})
    assert len(many.core.objects.query(many.guest, BUCKET, ObjectQuery(projection=numbers)).documents) == 40
    assert len(aggregate(many, {"$project": {"n": 1}})) == 40


def test_a_part_that_many_rows_share_counts_in_each(many: World) -> None:
    everything: list[dict[str, Any]] = [{"$group": {"_id": "$n", "n": {"$first": "$n"}}}, {"$sort": {"n": 1}}]
    short = {"$lookup": {"from": BUCKET, "pipeline": [{"$project": {"n": 1}}], "as": "all"}}
    assert len(aggregate(many, *everything, {"$limit": 2}, short)) == 2
    with pytest.raises(InvalidInput):
        aggregate(many, *everything, short)


def test_a_batch_stops_where_its_answer_is_full_and_says_so_of_each_entry(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "MAX_ANSWER_BYTES", 20_000)
    monkeypatch.setattr(batch, "UNWEIGHED", 2)
    made = world.core.objects.create(world.guest, BUCKET, {"n": 0, "text": "x" * 4_000})
    wrong = [Change(made["_id"], {"n": -1}, etag="wrong")] * 4
    more: list[Operation] = [*wrong, *[Change(made["_id"], {"$inc": {"n": 1}})] * 6]

    outcomes = world.core.objects.batch(world.guest, BUCKET, more)

    done = [type(outcome.error) if isinstance(outcome, Failed) else Done for outcome in outcomes]
    assert done == [VersionMismatch] * 4 + [Done] * 3 + [LimitExceeded] * 3
    assert {outcome.object_id for outcome in outcomes} == {made["_id"]}
    assert world.core.objects.get(world.guest, BUCKET, made["_id"])["n"] == 3
