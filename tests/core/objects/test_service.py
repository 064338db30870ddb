from __future__ import annotations

import threading
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.core.access.acl import Acl
from chalicelib.core.errors import (
    AccessDenied,
    BucketNotFound,
    CoreError,
    DocumentNotFound,
    DocumentTooLarge,
    DuplicateId,
    InvalidAcl,
    InvalidId,
    InvalidInput,
)
from chalicelib.core.objects.model import ObjectQuery
from chalicelib.core.query.order import parse_order
from chalicelib.core.query.pipeline import parse_pipeline
from tests.core.objects.world import BUCKET, World, where

EMPTY = {"r": [], "w": [], "c": [], "u": [], "d": [], "admin": []}


def test_a_new_object_of_a_user_admits_only_its_owner(world: World) -> None:
    made = world.core.objects.create(world.user("anne"), BUCKET, {"score": 80})

    assert made["ACL"] == {"owner": "anne"} | EMPTY
    assert made["createdAt"] == made["updatedAt"]
    assert len(made["_id"]) == 24
    assert world.stored() == [made]


def test_a_new_object_of_a_guest_is_open_to_everybody_and_has_no_owner(world: World) -> None:
    made = world.core.objects.create(world.guest, BUCKET, {"score": 80})

    assert made["ACL"] == EMPTY | {"r": ["g:anonymous"], "w": ["g:anonymous"]}


def test_an_acl_without_owner_gets_the_user_and_one_with_an_owner_keeps_it(world: World) -> None:
    ours = world.core.objects.create(world.user("anne"), BUCKET, {"ACL": {"r": ["g:x"]}})
    theirs = world.core.objects.create(world.guest, BUCKET, {"ACL": {"owner": "nobody-known"}})

    assert ours["ACL"]["owner"] == "anne"
    assert theirs["ACL"]["owner"] == "nobody-known"


def test_what_a_client_sends_for_the_servers_fields_is_overwritten(world: World) -> None:
    sent = {"_id": "0" * 24, "etag": "mine", "updatedAt": "then", "createdAt": "then", "score": 1}

    made = world.core.objects.create(world.guest, BUCKET, sent)

    assert made["_id"] == "0" * 24
    assert made["etag"] != "mine"
    assert isinstance(made["updatedAt"], datetime)
    assert isinstance(made["createdAt"], datetime)


@pytest.mark.parametrize(
    ("source", "error"),
    [
        ({"_id": 5}, InvalidId),
        ({"_id": ""}, InvalidId),
        ({"ACL": []}, InvalidAcl),
        ({"ACL": {"r": "g:x"}}, InvalidAcl),
        ({"a.b": 1}, CoreError),
        ({"$a": 1}, CoreError),
        ({"n": 2**63}, CoreError),
        ({"text": "x" * 300_000}, DocumentTooLarge),
    ],
)
def test_what_cannot_be_stored_is_refused_and_nothing_is_stored(
    world: World, source: dict[str, Any], error: type[CoreError]
) -> None:
    with pytest.raises(error):
        world.core.objects.create(world.guest, BUCKET, source)

    assert world.stored() == []


def test_an_id_that_exists_is_refused(world: World) -> None:
    made = world.core.objects.create(world.guest, BUCKET, {"score": 1})

    with pytest.raises(DuplicateId):
        world.core.objects.create(world.guest, BUCKET, {"_id": made["_id"], "score": 2})

    assert world.stored() == [made]


def test_creating_needs_the_buckets_create_right(world: World) -> None:
    world.bucket("closed", Acl(c=("g:writers",), r=("g:anonymous",)))

    for caller in (world.guest, world.user("anne"), world.user("anne", "readers")):
        with pytest.raises(AccessDenied):
            world.core.objects.create(caller, "closed", {})
    world.core.objects.create(world.user("anne", "writers"), "closed", {})
    world.core.objects.create(world.master, "closed", {})

    assert len(world.stored("closed")) == 2


def test_every_operation_on_an_unknown_bucket_finds_nothing(world: World) -> None:
    objects, guest = world.core.objects, world.guest
    calls = [
        lambda: objects.create(guest, "none", {}),
        lambda: objects.get(guest, "none", "x"),
        lambda: objects.query(guest, "none", ObjectQuery()),
        lambda: objects.update(guest, "none", "x", {"a": 1}),
        lambda: objects.overwrite(guest, "none", "x", {"ACL": {}}),
        lambda: objects.delete(guest, "none", "x"),
        lambda: objects.mark_deleted(guest, "none", "x"),
        lambda: objects.delete_many(guest, "none", where({})),
        lambda: objects.aggregate(guest, "none", parse_pipeline([])),
        lambda: objects.create(guest, "_USERS", {}),
    ]

    for call in calls:
        with pytest.raises(BucketNotFound):
            call()


READERS = [
    ("anne", (), True),
    ("bert", (), False),
    ("bert", ("team",), True),
    (None, (), False),
]


@pytest.mark.parametrize(("user", "groups", "sees"), READERS)
def test_reading_follows_the_objects_acl(world: World, user: str | None, groups: tuple[str, ...], sees: bool) -> None:
    made = world.core.objects.create(world.user("anne"), BUCKET, {"score": 1, "ACL": {"r": ["g:team"]}})
    caller = world.guest if user is None else world.user(user, *groups)

    page = world.core.objects.query(caller, BUCKET, ObjectQuery(with_count=True))
    rows = world.core.objects.aggregate(caller, BUCKET, parse_pipeline([{"$count": "n"}]))

    assert (page.documents, page.count) == (([made], 1) if sees else ([], 0))
    assert rows == ([{"n": 1}] if sees else [])
    if sees:
        assert world.core.objects.get(caller, BUCKET, made["_id"]) == made
    else:
        with pytest.raises(AccessDenied):
            world.core.objects.get(caller, BUCKET, made["_id"])


def test_the_write_right_does_not_include_reading(world: World) -> None:
    made = world.core.objects.create(world.user("anne"), BUCKET, {"ACL": {"w": ["bert"]}})

    with pytest.raises(AccessDenied):
        world.core.objects.get(world.user("bert"), BUCKET, made["_id"])
    assert world.core.objects.update(world.user("bert"), BUCKET, made["_id"], {"a": 1})["a"] == 1


def test_a_marked_object_is_hidden_unless_asked_for(world: World) -> None:
    objects, guest = world.core.objects, world.guest
    made = objects.create(guest, BUCKET, {"a": 1})

    marked = objects.mark_deleted(guest, BUCKET, made["_id"])

    assert marked["_deleted"] is True
    assert marked["etag"] != made["etag"]
    with pytest.raises(DocumentNotFound):
        objects.get(guest, BUCKET, made["_id"])
    assert objects.get(guest, BUCKET, made["_id"], include_deleted=True) == marked
    assert objects.query(guest, BUCKET, ObjectQuery(with_count=True)).count == 0
    assert objects.query(guest, BUCKET, ObjectQuery(include_deleted=True)).documents == [marked]
    assert objects.aggregate(guest, BUCKET, parse_pipeline([{"$count": "n"}])) == []
    assert objects.aggregate(guest, BUCKET, parse_pipeline([{"$count": "n"}]), include_deleted=True) == [{"n": 1}]


def test_a_marked_object_can_be_updated_and_a_full_overwrite_revives_it(world: World) -> None:
    objects, guest = world.core.objects, world.guest
    made = objects.create(guest, BUCKET, {"a": 1})
    objects.mark_deleted(guest, BUCKET, made["_id"])

    assert objects.update(guest, BUCKET, made["_id"], {"a": 2})["_deleted"] is True
    assert objects.overwrite(guest, BUCKET, made["_id"], {"ACL": made["ACL"], "_deleted": True})["_deleted"] is True
    assert "_deleted" not in objects.overwrite(guest, BUCKET, made["_id"], {"ACL": made["ACL"]})


def test_deleting_many_takes_only_what_the_caller_may_delete(world: World) -> None:
    objects = world.core.objects
    for owner in ("anne", "bert"):
        for score in range(3):
            objects.create(world.user(owner), BUCKET, {"score": score, "ACL": {"r": ["g:authenticated"]}})

    assert objects.delete_many(world.user("anne"), BUCKET, where({"score": {"$gte": 1}})) == 2
    assert objects.delete_many(world.guest, BUCKET, where({})) == 0
    assert sorted(document["ACL"]["owner"] for document in world.stored()) == ["anne", "bert", "bert", "bert"]


def test_marking_many_passes_over_the_marked_and_deleting_many_takes_them(world: World) -> None:
    objects, guest = world.core.objects, world.guest
    for _ in range(3):
        objects.create(guest, BUCKET, {})

    assert objects.delete_many(guest, BUCKET, where({}), mark_only=True) == 3
    assert objects.delete_many(guest, BUCKET, where({}), mark_only=True) == 0
    assert objects.delete_many(guest, BUCKET, where({})) == 3


def test_a_page_is_cut_from_what_the_caller_sees_and_the_count_is_of_all(world: World) -> None:
    for score in range(5):
        world.core.objects.create(world.user("anne"), BUCKET, {"score": score})
        world.core.objects.create(world.user("bert"), BUCKET, {"score": score})
    question = ObjectQuery(
        filter=where({"score": {"$gte": 1}}),
        order=parse_order([("score", -1)]),
        skip=1,
        limit=2,
        with_count=True,
    )

    page = world.core.objects.query(world.user("anne"), BUCKET, question)

    assert [document["score"] for document in page.documents] == [3, 2]
    assert {document["ACL"]["owner"] for document in page.documents} == {"anne"}
    assert page.count == 4


def test_a_lookup_shows_only_what_the_caller_may_read(world: World) -> None:
    world.bucket("secrets", Acl(r=("g:authenticated",), w=("g:authenticated",)))
    world.bucket("closed", Acl())
    objects = world.core.objects
    objects.create(world.user("anne"), BUCKET, {"key": 1, "ACL": {"r": ["g:anonymous"]}})
    objects.create(world.user("anne"), "secrets", {"key": 1, "of": "anne"})
    objects.create(world.user("bert"), "secrets", {"key": 1, "of": "bert"})

    def joined(name: str) -> Any:
        return parse_pipeline([{"$lookup": {"from": name, "localField": "key", "foreignField": "key", "as": "found"}}])

    rows = objects.aggregate(world.user("anne"), BUCKET, joined("secrets"))
    assert [found["of"] for found in rows[0]["found"]] == ["anne"]
    with pytest.raises(AccessDenied):
        objects.aggregate(world.guest, BUCKET, joined("secrets"))
    with pytest.raises(AccessDenied):
        objects.aggregate(world.user("anne"), BUCKET, joined("closed"))
    with pytest.raises(BucketNotFound):
        objects.aggregate(world.user("anne"), BUCKET, joined("_accounts"))


def test_a_tenant_never_sees_anothers_objects(world: World) -> None:
    made = world.core.objects.create(world.guest, BUCKET, {"a": 1})
    other = World(world.core, world.core.tenants.create("rival").id)
    other.bucket(BUCKET)

    assert other.core.objects.query(other.master, BUCKET, ObjectQuery(with_count=True)).count == 0
    for caller in (other.guest, other.master):
        with pytest.raises(DocumentNotFound):
            other.core.objects.get(caller, BUCKET, made["_id"])
        with pytest.raises(DocumentNotFound):
            other.core.objects.delete(caller, BUCKET, made["_id"])
    other.core.objects.delete_many(other.master, BUCKET, where({}))

    assert world.stored() == [made]


def test_the_limit_of_the_tenant_bounds_queries(world: World) -> None:
    world.core.tenants.change_settings(world.tenant_id, lambda settings: replace(settings, max_query_limit=50))

    for limit in (None, 51):
        with pytest.raises(InvalidInput):
            world.core.objects.query(world.guest, BUCKET, ObjectQuery(limit=limit))
    world.core.objects.query(world.guest, BUCKET, ObjectQuery(limit=50))


def test_increments_at_the_same_moment_all_count(world: World) -> None:
    made = world.core.objects.create(world.guest, BUCKET, {"n": 0})
    guest = world.guest

    def work() -> None:
        for _ in range(20):
            world.core.objects.update(guest, BUCKET, made["_id"], {"$inc": {"n": 1}})

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert world.core.objects.get(guest, BUCKET, made["_id"])["n"] == 160


def test_marked_objects_go_for_good_after_the_tenants_retention(world: World) -> None:
    objects, guest = world.core.objects, world.guest
    kept = objects.create(guest, BUCKET, {"kept": True})
    marked = objects.create(guest, BUCKET, {"kept": False})
    objects.mark_deleted(guest, BUCKET, marked["_id"])
    old = objects.create(guest, BUCKET, {"old": True})
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    world.core.transfer.write(world.master, BUCKET, old | {"_id": "old", "updatedAt": long_ago, "_deleted": True})

    assert world.core.purge.run() == 0
    world.core.tenants.change_settings(world.tenant_id, lambda settings: replace(settings, deleted_retention_days=7))
    assert world.core.purge.run() == 1

    assert {document["_id"] for document in world.stored()} == {kept["_id"], marked["_id"], old["_id"]}


def test_a_page_of_no_objects_may_ask_how_many_there_are(world: World) -> None:
    for number in range(3):
        world.core.objects.create(world.guest, BUCKET, {"n": number})
    page = world.core.objects.query(world.guest, BUCKET, ObjectQuery(limit=0, with_count=True))
    assert (page.documents, page.count) == ([], 3)
