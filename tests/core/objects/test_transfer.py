from __future__ import annotations

import pytest

from chalicelib.core.errors import AccessDenied, InvalidDocument
from tests.core.objects.world import BUCKET, World


def test_a_bucket_comes_back_as_it_was_read(world: World) -> None:
    world.core.objects.create(world.user("anne"), BUCKET, {"a": [1, {"b": None}]})
    marked = world.core.objects.create(world.guest, BUCKET, {"n": 1.5})
    world.core.objects.mark_deleted(world.guest, BUCKET, marked["_id"])
    world.bucket("copy")

    for document in world.core.transfer.read(world.master, BUCKET):
        assert world.core.transfer.write(world.master, "copy", document)

    assert world.stored("copy") == world.stored()


def test_reading_goes_on_behind_an_id_and_over_pages(world: World) -> None:
    for number in range(1203):
        world.core.transfer.write(world.master, BUCKET, {"_id": f"{number:05}"})

    assert [document["_id"] for document in world.core.transfer.read(world.master, BUCKET, after="01199")] == [
        "01200",
        "01201",
        "01202",
    ]
    assert len(world.stored()) == world.core.transfer.count(world.master, BUCKET) == 1203


def test_an_object_that_is_there_is_left_as_it_is(world: World) -> None:
    made = world.core.objects.create(world.guest, BUCKET, {"a": 1})

    assert not world.core.transfer.write(world.master, BUCKET, {"_id": made["_id"], "a": 2})
    assert world.stored() == [made]


def test_what_a_foreign_source_lacks_is_filled_in_and_admits_nobody(world: World) -> None:
    world.core.transfer.write(world.master, BUCKET, {"a": 1})

    (stored,) = world.stored()
    assert stored["ACL"] == {"r": [], "w": [], "c": [], "u": [], "d": [], "admin": []}
    assert len(stored["_id"]) == 24


@pytest.mark.parametrize("source", [{"etag": 5}, {"_id": ""}, {"createdAt": "then"}, {"a.b": 1}])
def test_what_cannot_be_an_object_is_refused(world: World, source: dict[str, object]) -> None:
    with pytest.raises(InvalidDocument):
        world.core.transfer.write(world.master, BUCKET, source)


def test_only_the_master_key_moves_buckets(world: World) -> None:
    for caller in (world.guest, world.user("anne")):
        with pytest.raises(AccessDenied):
            next(world.core.transfer.read(caller, BUCKET))
        with pytest.raises(AccessDenied):
            world.core.transfer.write(caller, BUCKET, {})
