"""A forced delete that fails half-way: the bucket is gone, and its contents follow."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.bootstrap import assemble, embedded_engines
from chalicelib.core.buckets.directory import BucketDirectory
from chalicelib.core.buckets.model import BucketKind
from chalicelib.core.clock import SystemClock
from chalicelib.core.errors import BucketNotFound, Unavailable
from chalicelib.core.query.query import Query
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from chalicelib.settings import Settings
from tests.core.objects.world import BUCKET, World
from tests.core.site import WatchedDocuments


@pytest.fixture
def documents(tmp_path: Path) -> WatchedDocuments:
    return WatchedDocuments(SqliteDocuments(tmp_path, durability="none", clock=SystemClock()))


@pytest.fixture
def world(tmp_path: Path, documents: WatchedDocuments) -> Iterator[World]:
    settings = Settings(data_folder=tmp_path)
    core = assemble(embedded_engines(settings, documents, SystemClock()), settings)
    made = World(core, core.tenants.create("acme").id)
    made.bucket(BUCKET)
    core.objects.create(made.guest, BUCKET, {"n": 1})
    yield made
    core.close()


@pytest.fixture
def collection(world: World) -> str:
    """Where the bucket's objects are, also when it is gone."""
    stored = BucketDirectory(world.core.documents).read(world.tenant_id, BucketKind.OBJECTS, BUCKET)
    assert stored is not None
    return stored.collection


def contents(world: World, collection: str) -> int:
    return len(list(world.core.documents.find(world.tenant_id, collection, Query())))


def records(world: World) -> int:
    return len(list(world.core.documents.find(world.tenant_id, "_buckets", Query())))


def fail() -> None:
    raise Unavailable("the database is away")


def test_contents_that_could_not_be_dropped_are_dropped_by_the_next_purge(
    world: World, documents: WatchedDocuments, collection: str
) -> None:
    documents.before("drop_collection", fail)
    with pytest.raises(Unavailable):
        world.core.buckets.delete(world.master, BucketKind.OBJECTS, BUCKET)
    with pytest.raises(BucketNotFound):
        world.core.buckets.get(world.master, BucketKind.OBJECTS, BUCKET)
    assert contents(world, collection) == 1
    world.core.purge.run()
    assert contents(world, collection) == 0
    assert records(world) == 0


def test_a_delete_that_failed_before_the_bucket_went_leaves_it_to_every_purge(
    world: World, documents: WatchedDocuments, collection: str
) -> None:
    documents.before("delete_one", fail)
    with pytest.raises(Unavailable):
        world.core.buckets.delete(world.master, BucketKind.OBJECTS, BUCKET)
    world.core.purge.run()
    assert contents(world, collection) == 1
    world.core.buckets.delete(world.master, BucketKind.OBJECTS, BUCKET)
    assert contents(world, collection) == 0
    assert records(world) == 0


def test_a_delete_that_succeeds_leaves_no_note(world: World) -> None:
    world.core.buckets.delete(world.master, BucketKind.OBJECTS, BUCKET)
    assert records(world) == 0
    assert world.core.buckets.list(world.master, BucketKind.OBJECTS) == []
