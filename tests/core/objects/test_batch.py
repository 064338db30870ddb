"""Entries of a batch are made durable together; what fails then is told of each, and others get their turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from chalicelib.core.errors import DuplicateId, InvalidAcl, InvalidInput, Unavailable
from chalicelib.core.objects import batch
from chalicelib.core.objects.model import Done, Failed, Insert, Outcome, Overwrite, Unreadable
from tests.core.objects.world import BUCKET, World

ID = "0123456789abcdef01234567"


class Blocks:
    """Counts how often writes are made durable; fails at the begin or the end of one."""

    def __init__(self, fails_at: str = "") -> None:
        self.count = 0
        self._fails_at = fails_at

    @contextmanager
    def together(self) -> Iterator[None]:
        self._fail("begin")
        self.count += 1
        yield
        self._fail("end")

    def _fail(self, moment: str) -> None:
        if self._fails_at == moment:
            self._fails_at = ""
            raise Unavailable("the disk is full")


@pytest.fixture(autouse=True)
def _a_turn_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine is, a turn is over only when a test says so."""
    monkeypatch.setattr(batch, "TURN_MS", 3_600_000)


def run(world: World, blocks: Blocks, *operations: Insert) -> list[Outcome]:
    objects = world.core.objects
    return batch.run_batch(objects, world.user("anne"), BUCKET, operations, together=blocks.together)


def test_the_entries_of_a_batch_are_made_durable_together(world: World) -> None:
    blocks = Blocks()
    outcomes = run(world, blocks, *[Insert({"n": number}) for number in range(5)])
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert len(outcomes) == 5
    assert blocks.count == 1


def test_a_long_batch_lets_others_write_in_between(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "TURN_MS", 0)
    blocks = Blocks()
    assert len(run(world, blocks, Insert({}), Insert({}), Insert({}))) == 3
    assert blocks.count == 3


def test_entries_that_could_not_be_made_durable_have_failed_and_keep_reasons_of_their_own(world: World) -> None:
    outcomes = run(world, Blocks("end"), Insert({"_id": ID}), Insert({"_id": ID}), Insert({}))
    reasons = [type(outcome.error) for outcome in outcomes if isinstance(outcome, Failed)]
    assert reasons == [Unavailable, DuplicateId, Unavailable]


def test_an_entry_that_cannot_even_begin_fails_and_the_next_is_tried(world: World) -> None:
    first, second = run(world, Blocks("begin"), Insert({}), Insert({}))
    assert isinstance(first, Failed)
    assert isinstance(first.error, Unavailable)
    assert isinstance(second, Done)


def test_a_batch_overwrites_objects_and_tells_of_entries_that_could_not_be_read(world: World) -> None:
    made = world.core.objects.create(world.guest, BUCKET, {"n": 1})
    unread = InvalidInput("no such operation")
    first, second, third = world.core.objects.batch(
        world.guest,
        BUCKET,
        [Overwrite(made["_id"], {"n": 2, "ACL": made["ACL"]}), Unreadable(unread), Overwrite(made["_id"], {"n": 3})],
    )
    assert isinstance(first, Done)
    assert second == Failed(unread, None)
    assert isinstance(third, Failed)
    assert isinstance(third.error, InvalidAcl)
    assert [stored["n"] for stored in world.stored()] == [2]


def test_a_batch_of_too_many_entries_does_nothing(world: World) -> None:
    with pytest.raises(InvalidInput):
        world.core.objects.batch(world.guest, BUCKET, [Insert({})] * (batch.MAX_OPERATIONS + 1))
    assert world.stored() == []
