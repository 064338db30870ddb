from __future__ import annotations

import pytest

from chalicelib.core.access.acl import Acl
from chalicelib.core.buckets import service
from chalicelib.core.buckets.model import SPECIAL_BUCKETS, BucketContents, BucketKind, ShardKey
from chalicelib.core.buckets.service import MAX_BUCKET_BYTES, BucketsService
from chalicelib.core.documents import Index
from chalicelib.core.errors import (
    AccessDenied,
    BucketNotEmpty,
    BucketNotFound,
    CoreError,
    DuplicateKey,
    IndexNotFound,
    InvalidInput,
    InvalidName,
    NotSharded,
    TooMany,
)
from tests.core.objects.world import BUCKET, OPEN, World

OBJECTS, FILES = BucketKind.OBJECTS, BucketKind.FILES
NOTHING = BucketContents()


def test_a_bucket_made_by_a_user_belongs_to_them_and_is_open_to_users(world: World) -> None:
    made = world.core.buckets.put(world.user("anne"), OBJECTS, "b1", NOTHING)

    assert made.acl == Acl(owner="anne", r=("g:authenticated",))
    assert made.content_acl == Acl(r=("g:authenticated",), w=("g:authenticated",))
    assert made.description == ""
    assert world.core.buckets.get(world.user("anne"), OBJECTS, "b1") == made


def test_a_bucket_made_with_the_master_key_alone_is_open_to_everybody(world: World) -> None:
    made = world.core.buckets.put(world.master, OBJECTS, "b1", NOTHING)

    assert made.acl == Acl(r=("g:anonymous",))
    assert made.content_acl == Acl(r=("g:anonymous",), w=("g:anonymous",))


def test_making_a_bucket_needs_the_create_right_of_root(world: World) -> None:
    with pytest.raises(AccessDenied):
        world.core.buckets.put(world.guest, OBJECTS, "b1", NOTHING)


@pytest.mark.parametrize("name", ["", "_x", "a-b", "a b", "あ", "a" * 41, "a/b", "a.b", "$a"])
def test_a_bad_name_is_refused(world: World, name: str) -> None:
    with pytest.raises(InvalidName):
        world.core.buckets.put(world.master, OBJECTS, name, NOTHING)


def test_object_and_file_buckets_have_separate_names(world: World) -> None:
    world.core.buckets.put(world.master, FILES, BUCKET, BucketContents("files"))

    assert [bucket.description for bucket in world.core.buckets.list(world.master, FILES)] == ["files"]
    assert [bucket.description for bucket in world.core.buckets.list(world.master, OBJECTS)] == [""]


def test_changing_a_bucket_takes_all_three_parts(world: World) -> None:
    for contents in (NOTHING, BucketContents("x"), BucketContents("x", Acl()), BucketContents(None, Acl(), Acl())):
        with pytest.raises(InvalidInput):
            world.core.buckets.put(world.master, OBJECTS, BUCKET, contents)


def test_the_update_right_changes_the_description_and_the_admin_right_the_acls(world: World) -> None:
    acl, content = Acl(owner="anne", u=("upd",), admin=("adm",)), Acl(r=("x",))
    world.core.buckets.put(world.master, OBJECTS, "b1", BucketContents("old", acl, content))
    put = world.core.buckets.put

    assert put(world.user("upd"), OBJECTS, "b1", BucketContents("new", acl, content)).description == "new"
    with pytest.raises(AccessDenied):
        put(world.user("upd"), OBJECTS, "b1", BucketContents("new", acl, Acl()))
    with pytest.raises(AccessDenied):
        put(world.user("adm"), OBJECTS, "b1", BucketContents("newer", acl, content))
    with pytest.raises(AccessDenied):
        put(world.user("bert"), OBJECTS, "b1", BucketContents("new", acl, content))
    assert put(world.user("adm"), OBJECTS, "b1", BucketContents("new", acl, Acl())).content_acl == Acl()
    assert put(world.user("anne"), OBJECTS, "b1", BucketContents("new", acl, content)).content_acl == content


def test_the_list_shows_readable_buckets_by_name_and_no_special_ones(world: World) -> None:
    for name, acl in (("zz", Acl(r=("anne",))), ("aa", Acl(r=("g:team",))), ("mm", Acl(owner="anne"))):
        world.bucket(name, acl=acl)
    world.core.buckets.put(world.master, OBJECTS, "_USERS", BucketContents("", Acl(), Acl()))

    def names(caller: object) -> list[str]:
        return [bucket.name for bucket in world.core.buckets.list(caller, OBJECTS)]  # type: ignore[arg-type]

    assert names(world.guest) == [BUCKET]
    assert names(world.user("anne", "team")) == ["aa", BUCKET, "zz"]
    assert names(world.master) == ["aa", "mm", BUCKET, "zz"]


def test_a_bucket_that_one_may_not_read_is_refused_and_an_unknown_one_not_found(world: World) -> None:
    world.bucket("hidden", acl=Acl(r=("anne",)))

    with pytest.raises(AccessDenied):
        world.core.buckets.get(world.guest, OBJECTS, "hidden")
    with pytest.raises(BucketNotFound):
        world.core.buckets.get(world.guest, OBJECTS, "none")


def test_a_change_of_content_acl_counts_from_the_next_request_on(world: World) -> None:
    world.core.objects.create(world.guest, BUCKET, {})

    world.core.buckets.put(world.master, OBJECTS, BUCKET, BucketContents("", Acl(), Acl()))

    with pytest.raises(AccessDenied):
        world.core.objects.create(world.guest, BUCKET, {})


def test_special_buckets_change_only_by_the_master_key_and_then_rule(world: World) -> None:
    opened = BucketContents("", Acl(r=("g:authenticated",)), Acl(c=("g:anonymous",)))
    with pytest.raises(AccessDenied):
        world.core.buckets.put(world.user("anne"), OBJECTS, "_ROOT", opened)

    world.core.buckets.put(world.master, OBJECTS, "_ROOT", opened)

    world.core.buckets.put(world.guest, OBJECTS, "b1", NOTHING)
    assert world.core.buckets.get(world.user("anne"), OBJECTS, "_ROOT").content_acl == opened.content_acl
    with pytest.raises(BucketNotFound):
        world.core.buckets.delete(world.master, OBJECTS, "_ROOT")


def test_deleting_needs_the_delete_right_and_an_empty_bucket(world: World) -> None:
    world.bucket("b1", acl=Acl(owner="anne", d=("bert",)))
    made = world.core.objects.create(world.guest, "b1", {})
    world.core.objects.mark_deleted(world.guest, "b1", made["_id"])

    with pytest.raises(AccessDenied):
        world.core.buckets.delete(world.user("anne"), OBJECTS, "b1")
    with pytest.raises(BucketNotEmpty):
        world.core.buckets.delete(world.user("bert"), OBJECTS, "b1")
    world.core.objects.delete(world.guest, "b1", made["_id"])
    world.core.buckets.delete(world.user("bert"), OBJECTS, "b1")

    with pytest.raises(BucketNotFound):
        world.core.buckets.delete(world.user("bert"), OBJECTS, "b1")


def test_the_master_key_deletes_a_full_bucket_and_its_name_starts_empty_again(world: World) -> None:
    world.bucket("b1")
    world.core.objects.create(world.guest, "b1", {"old": True})
    world.core.buckets.create_index(world.master, "b1", Index("old", (("old", 1),)))

    world.core.buckets.delete(world.master, OBJECTS, "b1")
    world.bucket("b1")

    assert world.stored("b1") == []
    assert list(world.core.buckets.indexes(world.master, "b1")) == []


def test_indexes_are_for_administrators_and_the_buckets_own_are_not_listed(world: World) -> None:
    index = Index("score_name", (("score", -1), ("name", 1)), unique=True)
    world.bucket("b1", acl=Acl(owner="anne"))

    world.core.buckets.create_index(world.user("anne"), "b1", index)
    world.core.buckets.create_index(world.user("anne"), "b1", index)

    assert list(world.core.buckets.indexes(world.master, "b1")) == [index]
    with pytest.raises(AccessDenied):
        world.core.buckets.indexes(world.user("bert"), "b1")
    for name in ("owner_idx", "_id_", ""):
        with pytest.raises(InvalidName):
            world.core.buckets.create_index(world.master, "b1", Index(name, (("a", 1),)))
    for name in ("owner_idx", "none"):
        with pytest.raises(IndexNotFound):
            world.core.buckets.drop_index(world.master, "b1", name)
    world.core.buckets.drop_index(world.master, "b1", "score_name")
    assert list(world.core.buckets.indexes(world.master, "b1")) == []


def test_a_unique_index_refuses_a_value_twice_and_names_itself(world: World) -> None:
    world.core.buckets.create_index(world.master, BUCKET, Index("email", (("email", 1),), unique=True))
    world.core.objects.create(world.guest, BUCKET, {"email": "a"})

    with pytest.raises(DuplicateKey) as caught:
        world.core.objects.create(world.guest, BUCKET, {"email": "a"})

    assert caught.value.index == "email"
    assert len(world.stored()) == 1


def test_an_engine_without_shards_says_so_and_one_with_shards_tells_the_key(world: World) -> None:
    with pytest.raises(NotSharded):
        world.core.buckets.shard_key(world.master, BUCKET)
    buckets: BucketsService = world.core.buckets
    buckets._is_sharded = True

    assert buckets.shard_key(world.master, BUCKET) is None
    buckets.set_shard_key(world.master, BUCKET, ShardKey((("region", 1),)))
    assert buckets.shard_key(world.master, BUCKET) == ShardKey((("region", 1),))
    with pytest.raises(AccessDenied):
        buckets.shard_key(world.user("anne"), BUCKET)
    with pytest.raises(CoreError):
        buckets.set_shard_key(world.master, BUCKET, ShardKey((("", 1),)))


def test_a_tenant_has_as_many_buckets_of_a_kind_as_it_may_the_special_ones_not_counted(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "MAX_BUCKETS", 2)
    for name in SPECIAL_BUCKETS:
        world.bucket(name, OPEN, OPEN)
    world.bucket("second")
    world.core.buckets.put(world.master, BucketKind.FILES, "third", BucketContents())
    with pytest.raises(TooMany):
        world.bucket("third")
    world.bucket("second", OPEN, OPEN)
    world.core.buckets.delete(world.master, BucketKind.OBJECTS, "second")
    assert world.bucket("third") == "third"


def test_a_bucket_whose_description_is_too_large_is_not_made(world: World) -> None:
    with pytest.raises(InvalidInput):
        world.core.buckets.put(world.master, OBJECTS, "b1", BucketContents("x" * MAX_BUCKET_BYTES))
    with pytest.raises(BucketNotFound):
        world.core.buckets.get(world.master, OBJECTS, "b1")
