"""What happens to files when others write at the same moment, and when a store fails. What callers may do, and see,
is tested through the dialect: tests/dialects/nec/routes/test_files.py."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.core.buckets.model import BucketKind
from chalicelib.core.errors import (
    BodyTooLarge,
    BucketNotFound,
    DuplicateFile,
    FileLocked,
    FileNotFound,
    InvalidName,
    LimitExceeded,
    StorageFull,
    TimedOut,
    Unavailable,
    VersionMismatch,
)
from chalicelib.core.files.model import FileChange, NewFile
from chalicelib.core.files.service import ATTEMPTS
from chalicelib.core.files.stored import MAX_METADATA_BYTES
from chalicelib.core.query.filter import EVERYTHING, parse_filter
from chalicelib.core.query.update import parse_update
from tests.core.files.world import ANYTHING, OPEN, FileWorld


def failing(error: Exception) -> Any:
    def fail() -> None:
        raise error

    return fail


def test_a_file_uploaded_while_its_bucket_goes_is_refused_and_not_left_behind(world: FileWorld) -> None:
    delete = world.core.buckets.delete
    world.documents.before("insert", lambda: delete(world.master, BucketKind.FILES, "box"))
    with pytest.raises(BucketNotFound):
        world.create()
    assert world.kept == []
    world.bucket()
    assert world.names() == []


# --- names ---


def test_a_file_takes_another_name_unless_it_is_taken_or_no_name(world: FileWorld) -> None:
    world.create("a")
    world.create("b")
    files = world.core.files
    with pytest.raises(DuplicateFile):
        files.change(world.guest, "box", "a", FileChange(name="b"))
    with pytest.raises(InvalidName):
        files.change(world.guest, "box", "a", FileChange(name=""))
    assert files.change(world.guest, "box", "a", FileChange(name="c")).name == "c"
    assert world.names() == ["b", "c"]


def test_a_list_leaves_out_marked_files_and_shows_only_published_ones_if_asked(world: FileWorld) -> None:
    for name in ("a", "b", "c"):
        world.create(name)
    files = world.core.files
    files.publish(world.guest, "box", "a")
    files.publish(world.guest, "box", "b")
    files.unpublish(world.guest, "box", "b")
    files.mark_deleted(world.guest, "box", "c")
    assert [file.name for file in files.list(world.guest, "box").files] == ["a", "b"]
    assert [file.name for file in files.list(world.guest, "box", published_only=True).files] == ["a"]


def test_a_marked_file_is_neither_changed_nor_published(world: FileWorld) -> None:
    world.create()
    world.core.files.mark_deleted(world.guest, "box", "a")
    with pytest.raises(FileNotFound):
        world.core.files.change(world.guest, "box", "a", FileChange(content_type="text/html"))
    for act in (world.core.files.publish, world.core.files.unpublish):
        with pytest.raises(FileNotFound):
            act(world.guest, "box", "a")


# --- a store fails ---


@pytest.mark.parametrize("error", [Unavailable("down"), TimedOut("slow"), StorageFull("full", 0)])
def test_a_content_that_cannot_be_stored_gets_no_metadata(world: FileWorld, error: Any) -> None:
    world.blobs.failures["write"] = error
    with pytest.raises(type(error)):
        world.create()
    assert world.names() == []
    assert world.kept == []


@pytest.mark.parametrize("error", [Unavailable("down"), TimedOut("slow"), StorageFull("full", 0)])
def test_a_replacement_that_cannot_be_stored_leaves_the_file_as_it_was(world: FileWorld, error: Any) -> None:
    before = world.create()
    world.blobs.failures["write"] = error
    with pytest.raises(type(error)):
        world.replace()
    assert world.core.files.get(world.guest, "box", "a") == before
    assert world.read() == b"one"


def test_a_content_whose_metadata_may_have_been_written_is_left_to_the_sweep(world: FileWorld) -> None:
    world.documents.before("insert", failing(Unavailable("lost the answer")))
    with pytest.raises(Unavailable):
        world.create()
    assert world.kept == [b"one"]
    world.age(days=3)
    assert world.core.blob_sweep.run() == 1
    assert world.kept == []


def test_metadata_that_were_written_although_the_answer_was_lost_have_their_content(world: FileWorld) -> None:
    world.create()
    engine = world.documents._inner
    real = engine.replace_one

    def written_but_not_told(*args: Any) -> Any:
        real(*args)
        raise TimedOut("no answer")

    engine.replace_one = written_but_not_told  # type: ignore[method-assign]
    with pytest.raises(TimedOut):
        world.replace()
    engine.replace_one = real  # type: ignore[method-assign]
    assert world.read() == b"two"
    world.age(days=3)
    assert world.core.blob_sweep.run() == 1
    assert world.read() == b"two"


def test_an_old_content_that_cannot_be_deleted_is_left_to_the_sweep(world: FileWorld) -> None:
    world.create()
    for act in (world.replace, lambda: world.core.files.mark_deleted(world.guest, "box", "a"), world.replace):
        world.blobs.failures["delete"] = Unavailable("down")
        act()
    assert world.read() == b"two"
    world.blobs.failures["delete"] = Unavailable("down")
    world.core.files.delete(world.guest, "box", "a")
    world.blobs.failures.clear()
    assert len(world.kept) == 3
    world.age(days=3)
    assert world.core.blob_sweep.run() == 3
    assert world.kept == []


def test_a_content_of_which_too_much_comes_is_not_kept(world: FileWorld) -> None:
    assert world.create(content=b"x" * 1000).length == 1000
    with pytest.raises(BodyTooLarge):
        world.create("b", b"x" * 1001)
    with pytest.raises(BodyTooLarge):
        world.replace(content=b"x" * 1001)
    assert world.names() == ["a"]
    assert world.kept == [b"x" * 1000]


# --- others write at the same moment ---


def test_of_two_uploads_of_a_name_one_wins_and_the_others_content_goes(world: FileWorld) -> None:
    world.documents.before("insert", lambda: world.create(content=b"first"))
    with pytest.raises(DuplicateFile):
        world.create(content=b"second")
    assert world.read() == b"first"
    assert world.kept == [b"first"]


def test_of_two_uploads_over_a_marked_file_one_wins(world: FileWorld) -> None:
    world.create()
    world.core.files.mark_deleted(world.guest, "box", "a")
    world.documents.before("replace_one", lambda: world.create(content=b"first"))
    with pytest.raises(FileLocked):
        world.create(content=b"second")
    assert world.read() == b"first"
    assert world.kept == [b"first"]


def test_a_replacement_without_etags_is_made_on_what_it_then_finds(world: FileWorld) -> None:
    world.create()
    change = FileChange(content_type="image/png")
    world.documents.before("replace_one", lambda: world.core.files.change(world.guest, "box", "a", change))
    assert world.replace().content_type == "image/png"
    assert world.read() == b"two"
    assert world.kept == [b"two"]


def test_a_replacement_with_an_etag_loses_to_a_change_in_between(world: FileWorld) -> None:
    made = world.create()
    world.documents.before("replace_one", lambda: world.replace(content=b"three"))
    with pytest.raises(VersionMismatch) as refused:
        world.replace(file_etag=made.file_etag)
    assert refused.value.current.length == 5
    assert world.kept == [b"three"]


def test_a_replacement_of_a_file_that_is_deleted_meanwhile_leaves_nothing(world: FileWorld) -> None:
    world.create()
    world.documents.before("replace_one", lambda: world.core.files.delete(world.guest, "box", "a"))
    with pytest.raises(FileNotFound):
        world.replace()
    assert world.kept == []


def test_a_change_that_loses_again_and_again_says_that_the_file_is_locked(world: FileWorld) -> None:
    world.create()

    def touch() -> None:
        real = world.documents._inner
        document = real.find_one(world.tenant_id, collection(world), EVERYTHING)
        assert document is not None
        real.replace_one(world.tenant_id, collection(world), EVERYTHING, document | {"etag": str(world.clock.now())})
        world.clock.advance(seconds=1)

    world.documents.before("replace_one", *[touch] * ATTEMPTS)
    with pytest.raises(FileLocked):
        world.replace()
    world.documents.before("delete_one", *[touch] * ATTEMPTS)
    with pytest.raises(FileLocked):
        world.core.files.delete(world.guest, "box", "a")
    assert world.read() == b"one"
    assert world.kept == [b"one"]


def collection(world: FileWorld) -> str:
    return world.core.files._records.shelf(world.tenant, "box").collection


def test_rights_taken_away_in_between_count(world: FileWorld) -> None:
    world.create()

    def close() -> None:
        current = world.core.files.get(world.master, "box", "a")
        change = FileChange(acl=replace(current.acl, w=(), owner="ann"))
        world.core.files.change(world.master, "box", "a", change)

    world.documents.before("replace_one", close)
    with pytest.raises(Exception, match="no permission"):
        world.replace()
    assert world.kept == [b"one"]


# --- the whole tenant ---


def test_a_deleted_tenants_contents_go_with_it(world: FileWorld) -> None:
    world.create()
    world.blobs.failures["delete_tenant"] = Unavailable("down")
    with pytest.raises(Unavailable):
        world.core.tenants.delete(world.tenant_id)
    assert not world.tenant.enabled
    world.core.tenants.delete(world.tenant_id)
    assert world.kept == []


def test_marked_files_go_for_good_after_their_keeping(world: FileWorld) -> None:
    world.create("marked")
    world.core.files.mark_deleted(world.guest, "box", "marked")
    world.clock.advance(days=5)
    world.create("young")
    world.core.files.mark_deleted(world.guest, "box", "young")
    world.create("alive")
    assert world.core.files.purge_deleted(world.tenant) == 0
    world.core.tenants.change_settings(world.tenant_id, lambda settings: replace(settings, deleted_retention_days=5))
    world.clock.advance(seconds=1)
    assert world.core.purge.run() == 1
    assert world.names() == ["alive", "young"]
    world.clock.advance(days=5)
    assert world.core.purge.run() == 1
    assert world.read("alive") == b"one"


def test_the_room_of_a_tenant_is_counted_over_all_its_buckets(world: FileWorld) -> None:
    world.bucket("other")
    world.core.tenants.change_settings(world.tenant_id, lambda settings: replace(settings, max_storage_bytes=10))
    world.create(content=b"12345", bucket="other")
    world.create(content=b"12345")
    with pytest.raises(StorageFull) as refused:
        world.create("b", b"1")
    assert refused.value.limit == 10
    world.core.files.delete(world.guest, "other", "a")
    world.create("b", b"12345")


def test_metadata_have_a_largest_size(world: FileWorld) -> None:
    before = world.create()
    half = {"a": "x" * (MAX_METADATA_BYTES // 2)}
    after = world.core.files.change(world.guest, "box", "a", FileChange(options=half))
    readers = replace(OPEN, u=("y" * (MAX_METADATA_BYTES // 2),))
    for change in (FileChange(acl=readers), FileChange(options={"a": "x" * MAX_METADATA_BYTES})):
        with pytest.raises(LimitExceeded) as refused:
            world.core.files.change(world.guest, "box", "a", change)
        assert refused.value.limit == MAX_METADATA_BYTES
    assert world.core.files.get(world.guest, "box", "a") == after
    new = NewFile("a/b", before.acl, {"a": "x" * MAX_METADATA_BYTES})
    with pytest.raises(LimitExceeded):
        world.core.files.create(world.guest, "box", "b", io.BytesIO(b""), new)


def test_what_is_too_large_for_any_file_is_not_a_matter_of_room(world: FileWorld) -> None:
    world.core.tenants.change_settings(world.tenant_id, lambda settings: replace(settings, max_storage_bytes=5000))
    with pytest.raises(BodyTooLarge):
        world.create(content=b"x" * 1001)


def test_a_content_is_never_read_before_the_caller_is_known_to_be_allowed(world: FileWorld) -> None:
    class Untouchable(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise AssertionError("it was read")

    world.create()
    with pytest.raises(DuplicateFile):
        world.core.files.create(world.guest, "box", "a", Untouchable(), NewFile("a/b"))
    with pytest.raises(VersionMismatch):
        world.core.files.replace(world.guest, "box", "a", Untouchable(), None, meta_etag="x")


def test_a_content_that_the_store_has_lost_is_a_failure_and_no_missing_file(world: FileWorld) -> None:
    world.create("a")
    world.create("b")
    del world.blobs.contents[world.tenant_id, world.core.files.get(world.guest, "box", "a").blob or ""]
    no_key = parse_update({"$unset": {"blob": ""}})
    world.core.documents.update_one(world.tenant_id, collection(world), parse_filter({"filename": "b"}), no_key)
    for name in ("a", "b"):
        with pytest.raises(Unavailable):
            world.core.downloads.open(world.guest, "box", name, ANYTHING)
