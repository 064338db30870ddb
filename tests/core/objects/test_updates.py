from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.core.errors import (
    AccessDenied,
    DocumentNotFound,
    DocumentTooLarge,
    ImmutableField,
    InvalidAcl,
    InvalidInput,
    VersionMismatch,
)
from tests.core.objects.world import BUCKET, World


@pytest.mark.parametrize("right", ["r", "c", "d", "admin"])
def test_updating_needs_the_update_right(world: World, right: str) -> None:
    made = world.core.objects.create(world.user("anne"), BUCKET, {"a": 1, "ACL": {right: ["bert"]}})

    for change in ({"a": 2}, {"$inc": {"a": 1}}):
        with pytest.raises(AccessDenied):
            world.core.objects.update(world.user("bert"), BUCKET, made["_id"], change)
    with pytest.raises(AccessDenied):
        world.core.objects.overwrite(world.user("bert"), BUCKET, made["_id"], {"ACL": made["ACL"]})

    assert world.stored() == [made]


def test_a_write_moves_etag_and_updated_at_even_when_nothing_changes(world: World) -> None:
    made = world.core.objects.create(world.guest, BUCKET, {"a": 1})

    after = world.core.objects.update(world.guest, BUCKET, made["_id"], {"a": 1})

    assert after["etag"] != made["etag"]
    assert after["updatedAt"] >= made["updatedAt"]
    assert after["createdAt"] == made["createdAt"]


def test_a_save_that_sends_the_whole_object_back_needs_no_admin_right(world: World) -> None:
    made = world.core.objects.create(world.user("anne"), BUCKET, {"a": 1, "ACL": {"u": ["bert"]}})

    after = world.core.objects.update(world.user("bert"), BUCKET, made["_id"], made | {"a": 2}, etag=made["etag"])

    assert after["a"] == 2
    assert after["ACL"] == made["ACL"]


def test_another_acl_needs_the_admin_right(world: World) -> None:
    made = world.core.objects.create(world.user("anne"), BUCKET, {"ACL": {"u": ["bert", "carl"], "admin": ["carl"]}})
    opened = made["ACL"] | {"r": ["g:anonymous"]}
    changes: list[dict[str, Any]] = [
        {"ACL": opened},
        {"$set": {"ACL": opened}},
        {"$set": {"ACL.r": ["g:anonymous"]}},
        {"$push": {"ACL.r": "g:anonymous"}},
        {"$addToSet": {"ACL.admin": {"$each": ["bert"]}}},
    ]

    for change in changes:
        with pytest.raises(AccessDenied):
            world.core.objects.update(world.user("bert"), BUCKET, made["_id"], change)
    with pytest.raises(AccessDenied):
        world.core.objects.overwrite(world.user("bert"), BUCKET, made["_id"], {"ACL": opened})
    assert world.stored() == [made]

    after = world.core.objects.update(world.user("carl"), BUCKET, made["_id"], {"ACL": opened})
    assert after["ACL"] == opened


def test_an_acl_sent_without_its_owner_keeps_the_owner(world: World) -> None:
    made = world.core.objects.create(world.user("anne"), BUCKET, {"a": 1})

    changed = world.core.objects.update(world.user("anne"), BUCKET, made["_id"], {"ACL": {"r": ["g:x"]}})
    replaced = world.core.objects.overwrite(world.user("anne"), BUCKET, made["_id"], {"ACL": {"r": []}})

    assert changed["ACL"]["owner"] == replaced["ACL"]["owner"] == "anne"


@pytest.mark.parametrize(
    "change",
    [
        {"$unset": {"ACL": 1}},
        {"$unset": {"etag": 1}},
        {"$inc": {"updatedAt": 1}},
        {"$rename": {"a": "etag"}},
        {"$rename": {"ACL": "a"}},
        {"$set": {"ACL.x": ["a"]}},
        {"$set": {"ACL.r": "anne"}},
        {"$set": {"ACL.r": [5]}},
        {"$push": {"ACL.r": 5}},
        {"$push": {"ACL.r": {"$each": [5]}}},
        {"$pull": {"ACL.r": {"$in": ["a"]}}},
        {"$set": {"createdAt": "then"}},
        {"$set": {"createdAt.x": 1}},
        {"$set": {"_deleted": 1}},
        {"$set": {"_deleted.x": True}},
        {"ACL": {"r": []}, "$push": {"ACL.r": "a"}},
        {"$set": 5},
        {"$t": {"a": 1}},
        {"$set": {"list.$": 1}},
        {"$inc": {"text": 1}},
    ],
)
def test_an_update_that_would_break_the_object_is_refused_and_changes_nothing(
    world: World, change: dict[str, Any]
) -> None:
    made = world.core.objects.create(world.user("anne"), BUCKET, {"a": 1, "text": "x", "list": [1]})

    with pytest.raises(InvalidInput):
        world.core.objects.update(world.user("anne"), BUCKET, made["_id"], change)

    assert world.stored() == [made]


def test_the_id_cannot_change_but_may_be_sent_back(world: World) -> None:
    made = world.core.objects.create(world.guest, BUCKET, {"a": 1})

    for change in ({"_id": "f" * 24}, {"$set": {"_id": "f" * 24}}, {"$inc": {"_id": 1}}, {"$rename": {"a": "_id"}}):
        with pytest.raises(ImmutableField):
            world.core.objects.update(world.guest, BUCKET, made["_id"], change)

    assert world.core.objects.update(world.guest, BUCKET, made["_id"], {"_id": made["_id"], "a": 2})["a"] == 2


def test_created_at_may_be_set_to_another_date(world: World) -> None:
    then = datetime(2020, 2, 3, tzinfo=UTC)
    made = world.core.objects.create(world.guest, BUCKET, {})

    assert world.core.objects.update(world.guest, BUCKET, made["_id"], {"createdAt": then})["createdAt"] == then


def test_an_object_cannot_grow_beyond_the_limit_by_updates(world: World) -> None:
    made = world.core.objects.create(world.guest, BUCKET, {"text": "x" * 200_000})

    with pytest.raises(DocumentTooLarge):
        world.core.objects.update(world.guest, BUCKET, made["_id"], {"more": "x" * 100_000})

    assert world.stored() == [made]


@pytest.mark.parametrize("operation", ["update", "overwrite", "delete", "mark_deleted"])
def test_a_wrong_etag_changes_nothing_and_shows_what_is_stored(world: World, operation: str) -> None:
    made = world.core.objects.create(world.guest, BUCKET, {"a": 1})
    arguments: dict[str, tuple[Any, ...]] = {"update": ({"a": 2},), "overwrite": ({"ACL": {}},)}

    for etag in ("", "wrong"):
        with pytest.raises(VersionMismatch) as caught:
            getattr(world.core.objects, operation)(
                world.guest, BUCKET, made["_id"], *arguments.get(operation, ()), etag=etag
            )
        assert caught.value.current == made

    assert world.stored() == [made]


@pytest.mark.parametrize("operation", ["update", "overwrite", "delete", "mark_deleted"])
def test_a_stranger_is_refused_before_etags_are_compared(world: World, operation: str) -> None:
    made = world.core.objects.create(world.user("anne"), BUCKET, {"a": 1})
    arguments: dict[str, tuple[Any, ...]] = {"update": ({"a": 2},), "overwrite": ({"ACL": {}},)}
    act = getattr(world.core.objects, operation)

    for etag in (None, "wrong", made["etag"]):
        with pytest.raises(AccessDenied):
            act(world.user("bert"), BUCKET, made["_id"], *arguments.get(operation, ()), etag=etag)
    with pytest.raises(DocumentNotFound):
        act(world.user("bert"), BUCKET, "no-such-id", *arguments.get(operation, ()))

    assert world.stored() == [made]


def test_a_full_overwrite_keeps_only_what_it_names_and_the_servers_fields(world: World) -> None:
    made = world.core.objects.create(world.user("anne"), BUCKET, {"a": 1, "b": 2})

    after = world.core.objects.overwrite(world.user("anne"), BUCKET, made["_id"], {"b": 3, "ACL": made["ACL"]})

    assert set(after) == {"_id", "b", "ACL", "createdAt", "updatedAt", "etag"}
    assert (after["_id"], after["createdAt"], after["b"]) == (made["_id"], made["createdAt"], 3)
    assert world.stored() == [after]


def test_a_full_overwrite_needs_an_acl(world: World) -> None:
    made = world.core.objects.create(world.guest, BUCKET, {})

    with pytest.raises(InvalidAcl):
        world.core.objects.overwrite(world.guest, BUCKET, made["_id"], {"a": 1})


def test_an_owner_may_hand_an_object_over(world: World) -> None:
    made = world.core.objects.create(world.user("anne"), BUCKET, {})
    given = world.core.objects.update(world.user("anne"), BUCKET, made["_id"], {"$set": {"ACL.owner": "bert"}})
    assert given["ACL"]["owner"] == "bert"


def test_an_overwritten_object_keeps_its_id(world: World) -> None:
    made = world.core.objects.create(world.guest, BUCKET, {"a": 1})
    for other in ("0" * 24, 5):
        with pytest.raises(ImmutableField):
            world.core.objects.overwrite(world.guest, BUCKET, made["_id"], made | {"_id": other})
    assert world.core.objects.overwrite(world.guest, BUCKET, made["_id"], made | {"a": 2})["a"] == 2
