"""A bucket deleted while objects are made in it: none is acknowledged and then lost, none is left behind."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.bootstrap import assemble, embedded_engines
from chalicelib.core.access.acl import Acl
from chalicelib.core.buckets.directory import BucketDirectory
from chalicelib.core.buckets.model import BucketKind
from chalicelib.core.clock import SystemClock
from chalicelib.core.errors import BucketNotEmpty, BucketNotFound
from chalicelib.core.objects.model import Failed, Insert
from chalicelib.core.query.query import Query
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from chalicelib.settings import Settings
from tests.core.objects.world import BUCKET, OPEN, World
from tests.core.site import WatchedDocuments

DELETABLE = Acl(d=("g:anonymous",))


@pytest.fixture
def documents(tmp_path: Path) -> WatchedDocuments:
    return WatchedDocuments(SqliteDocuments(tmp_path, durability="none", clock=SystemClock()))


@pytest.fixture
def world(tmp_path: Path, documents: WatchedDocuments) -> Iterator[World]:
    settings = Settings(data_folder=tmp_path)
    core = assemble(embedded_engines(settings, documents, SystemClock()), settings)
    made = World(core, core.tenants.create("acme").id)
    made.bucket(BUCKET, OPEN, DELETABLE)
    yield made
    core.close()


def in_the_old_collection(world: World, collection: str) -> int:
    return len(list(world.core.documents.find(world.tenant_id, collection, Query())))


@pytest.fixture
def collection(world: World) -> str:
    """Where the bucket's objects are, also when it is gone."""
    stored = BucketDirectory(world.core.documents).read(world.tenant_id, BucketKind.OBJECTS, BUCKET)
    assert stored is not None
    return stored.collection


@pytest.mark.parametrize("deleter", ["guest", "master"])
def test_an_object_made_while_its_bucket_goes_is_refused_and_not_left_behind(
    world: World, documents: WatchedDocuments, collection: str, deleter: str
) -> None:
    by = world.guest if deleter == "guest" else world.master
    documents.before("insert", lambda: world.core.buckets.delete(by, BucketKind.OBJECTS, BUCKET))
    with pytest.raises(BucketNotFound):
        world.core.objects.create(world.guest, BUCKET, {"n": 1})
    assert in_the_old_collection(world, collection) == 0


def test_a_bucket_made_again_under_the_name_gets_nothing_of_it(
    world: World, documents: WatchedDocuments, collection: str
) -> None:
    def make_again() -> None:
        world.core.buckets.delete(world.master, BucketKind.OBJECTS, BUCKET)
        world.bucket(BUCKET)

    documents.before("insert", make_again)
    outcomes = world.core.objects.batch(world.guest, BUCKET, [Insert({"n": 1}), Insert({"n": 2})], request_token="t")
    assert [type(outcome.error) for outcome in outcomes if isinstance(outcome, Failed)] == [BucketNotFound] * 2
    assert in_the_old_collection(world, collection) == 0
    assert world.stored() == []


def test_an_object_made_between_the_two_looks_keeps_its_bucket(
    world: World, documents: WatchedDocuments, collection: str
) -> None:
    documents.before("delete_one", lambda: world.core.objects.create(world.guest, BUCKET, {"n": 1}))
    with pytest.raises(BucketNotEmpty):
        world.core.buckets.delete(world.guest, BucketKind.OBJECTS, BUCKET)
    assert [stored["n"] for stored in world.stored()] == [1]
    assert in_the_old_collection(world, collection) == 1
