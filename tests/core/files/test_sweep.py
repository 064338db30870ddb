from __future__ import annotations

import io

from chalicelib.core.buckets.model import BucketKind
from tests.core.files.world import FileWorld


def orphan(world: FileWorld, key: str = "file.box.none/x", content: bytes = b"orphan") -> None:
    world.blobs.write(world.tenant_id, key, io.BytesIO(content), content_type="a/b", max_bytes=100)


def test_a_sweep_deletes_what_no_file_names_and_nothing_else(world: FileWorld) -> None:
    world.create()
    world.create("marked")
    world.core.files.mark_deleted(world.guest, "box", "marked")
    orphan(world)
    world.age(days=3)
    assert world.core.blob_sweep.run() == 1
    assert world.kept == [b"one"]
    assert world.read() == b"one"
    assert world.core.blob_sweep.run() == 0


def test_a_sweep_asks_for_many_contents_at_once(world: FileWorld) -> None:
    for number in range(20):
        world.create(f"file{number}")
    orphan(world)
    world.age(days=3)
    world.documents.calls.clear()
    assert world.core.blob_sweep.run() == 1
    assert len(world.names()) == len(world.kept) == 20
    assert len([call for call in world.documents.calls if call.startswith("find")]) < 10


def test_a_young_content_may_be_getting_its_name(world: FileWorld) -> None:
    orphan(world)
    assert world.core.blob_sweep.run() == 0
    assert world.kept == [b"orphan"]


def test_the_contents_of_a_deleted_bucket_go(world: FileWorld) -> None:
    world.create()
    world.core.buckets.delete(world.master, BucketKind.FILES, "box")
    world.bucket()
    assert world.names() == []
    world.age(days=3)
    assert world.core.blob_sweep.run() == 1
    assert world.kept == []


def test_a_sweep_goes_over_every_tenant(world: FileWorld) -> None:
    other = world.core.tenants.create("other").id
    world.blobs.write(other, "file.box.none/x", io.BytesIO(b"x"), content_type="a/b", max_bytes=10)
    orphan(world)
    world.age(days=3)
    assert world.core.blob_sweep.run() == 2
