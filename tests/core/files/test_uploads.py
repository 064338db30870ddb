from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.core.access.acl import Acl
from chalicelib.core.access.caller import Caller
from chalicelib.core.errors import (
    AccessDenied,
    BodyTooLarge,
    DuplicateFile,
    FileLocked,
    FileNotFound,
    InvalidInput,
    InvalidName,
    LimitExceeded,
    StorageFull,
    TimedOut,
    Unavailable,
    UploadNotFound,
    VersionMismatch,
)
from chalicelib.core.files.model import NewFile, Upload, UploadPlan
from chalicelib.core.files.stored import MAX_METADATA_BYTES
from chalicelib.core.files.uploads import MOST_PARTS, SMALLEST_PART_BYTES, UPLOADS, part_bytes
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import parse_update
from tests.core.files.world import OPEN, FileWorld

MIB = 1024 * 1024
NEW = NewFile("video/mp4", OPEN, {"a": 1}, cache_disabled=True)


def plan(length: int = 20 * MIB, **given: object) -> UploadPlan:
    return replace(UploadPlan(length, NEW), **given)  # type: ignore[arg-type]


def begin(world: FileWorld, asked: UploadPlan | None = None, by: Caller | None = None, name: str = "big") -> Upload:
    return world.core.uploads.begin(by or world.guest, "box", name, asked or plan())


def send(world: FileWorld, upload: Upload, *numbers: int) -> None:
    """Sends parts as a client does; without numbers all that are missing."""
    for number in numbers or tuple(upload.missing):
        size = min(upload.part_bytes, upload.length - (number - 1) * upload.part_bytes)
        world.blobs.send(upload.missing[number], bytes([number]) * size)


def failing(error: BaseException) -> Callable[..., Any]:
    def fail(*_: Any) -> Any:
        raise error

    return fail


def records(world: FileWorld) -> int:
    return len(list(world.core.documents.find(world.tenant_id, UPLOADS, Query())))


def test_a_content_comes_in_parts_and_becomes_a_file(world: FileWorld) -> None:
    upload = begin(world)
    assert (upload.part_bytes, sorted(upload.missing)) == (8 * MIB, [1, 2, 3])
    assert upload.expires_at == world.clock.now() + timedelta(hours=24)
    send(world, upload)
    assert world.names() == []
    file = world.core.uploads.complete(world.guest, "box", "big", upload.id)
    assert (file.length, file.content_type, file.acl, file.options, file.cache_disabled) == (
        20 * MIB,
        "video/mp4",
        OPEN,
        {"a": 1},
        True,
    )
    assert world.core.files.get(world.guest, "box", "big") == file
    assert world.kept == [bytes([1]) * 8 * MIB + bytes([2]) * 8 * MIB + bytes([3]) * 4 * MIB]
    assert records(world) == 0


def test_an_upload_is_resumed_by_sending_what_is_missing(world: FileWorld) -> None:
    upload = begin(world)
    send(world, upload, 2)
    seen = world.core.uploads.get(world.guest, "box", "big", upload.id)
    assert [part.number for part in seen.arrived] == [2]
    assert sorted(seen.missing) == [1, 3]
    with pytest.raises(InvalidInput):
        world.core.uploads.complete(world.guest, "box", "big", upload.id)
    send(world, seen)
    assert world.core.uploads.complete(world.guest, "box", "big", upload.id).length == 20 * MIB


def test_a_content_of_another_length_than_announced_is_no_file(world: FileWorld) -> None:
    upload = begin(world)
    send(world, upload, 1, 2)
    world.blobs.send(upload.missing[3], b"short")
    with pytest.raises(InvalidInput):
        world.core.uploads.complete(world.guest, "box", "big", upload.id)
    assert world.names() == []
    assert world.kept == []


def test_more_bytes_than_announced_are_refused_and_may_be_sent_again(world: FileWorld) -> None:
    upload = begin(world)
    send(world, upload, 1, 2)
    world.blobs.send(upload.missing[3], b"x" * 9 * MIB)
    with pytest.raises(BodyTooLarge):
        world.core.uploads.complete(world.guest, "box", "big", upload.id)
    send(world, upload, 3)
    assert world.core.uploads.complete(world.guest, "box", "big", upload.id).length == 20 * MIB


def test_an_aborted_upload_is_gone(world: FileWorld) -> None:
    upload = begin(world)
    send(world, upload, 1)
    world.core.uploads.abort(world.guest, "box", "big", upload.id)
    for act in (world.core.uploads.get, world.core.uploads.complete, world.core.uploads.abort):
        with pytest.raises(UploadNotFound):
            act(world.guest, "box", "big", upload.id)
    assert world.blobs.uploads == {}


@pytest.mark.parametrize(
    ("asked", "name", "error"),
    [
        (plan(0), "big", InvalidInput),
        (plan(50 * MIB + 1), "big", BodyTooLarge),
        (plan(), "a/b", InvalidName),
        (plan(), "taken", DuplicateFile),
        (plan(replaces=True), "big", FileNotFound),
        (plan(replaces=True, meta_etag="x"), "taken", VersionMismatch),
        (plan(new=NewFile("型")), "big", InvalidInput),
        (plan(new=NewFile("a/b", OPEN, {"a": "x" * MAX_METADATA_BYTES})), "big", LimitExceeded),
    ],
)
def test_what_cannot_become_a_file_is_refused_at_the_beginning(
    world: FileWorld, asked: UploadPlan, name: str, error: type[Exception]
) -> None:
    world.create("taken")
    with pytest.raises(error):
        begin(world, asked, name=name)
    assert (records(world), world.blobs.uploads) == (0, {})


def test_an_upload_needs_room(world: FileWorld) -> None:
    world.core.tenants.change_settings(world.tenant_id, lambda settings: replace(settings, max_storage_bytes=20 * MIB))
    begin(world)
    world.create()
    with pytest.raises(StorageFull):
        begin(world, name="big2")
    begin(world, plan(20 * MIB, replaces=True), name="a")


def test_an_upload_needs_room_at_its_end_too(world: FileWorld) -> None:
    world.core.tenants.change_settings(world.tenant_id, lambda settings: replace(settings, max_storage_bytes=20 * MIB))
    first, second = begin(world), begin(world, name="second")
    send(world, first)
    send(world, second)
    world.core.uploads.complete(world.guest, "box", "big", first.id)
    with pytest.raises(StorageFull):
        world.core.uploads.complete(world.guest, "box", "second", second.id)
    world.core.files.delete(world.guest, "box", "big")
    assert world.core.uploads.complete(world.guest, "box", "second", second.id).length == 20 * MIB


def test_a_file_is_its_beginners_whoever_completes_it(world: FileWorld) -> None:
    upload = begin(world, plan(new=NewFile("video/mp4")), by=world.user("ann"))
    send(world, upload)
    assert world.core.uploads.complete(world.master, "box", "big", upload.id).acl == Acl(owner="ann")


def test_only_who_began_an_upload_goes_on_with_it(world: FileWorld) -> None:
    upload = begin(world, by=world.user("ann"))
    for caller in (world.guest, world.user("bob")):
        with pytest.raises(UploadNotFound):
            world.core.uploads.get(caller, "box", "big", upload.id)
    assert world.core.uploads.get(world.user("ann"), "box", "big", upload.id).id == upload.id
    assert world.core.uploads.get(world.master, "box", "big", upload.id).id == upload.id


def test_nobody_can_tell_one_uploads_id_from_anothers(world: FileWorld) -> None:
    ids = [begin(world, name=f"file{number}").id for number in range(20)]
    assert len({one[:16] for one in ids}) == len({one[16:] for one in ids}) == 20


def test_an_upload_is_found_under_its_own_name_and_bucket_only(world: FileWorld) -> None:
    world.bucket("other")
    upload = begin(world)
    for bucket, name, upload_id in (("other", "big", upload.id), ("box", "b", upload.id), ("box", "big", "x")):
        with pytest.raises(UploadNotFound):
            world.core.uploads.get(world.guest, bucket, name, upload_id)


def test_rights_are_asked_again_at_the_end(world: FileWorld) -> None:
    made = world.create(by=world.user("ann"))
    upload = begin(world, plan(3, replaces=True), name="a")
    send(world, upload)
    closed = parse_update({"$set": {"ACL": {"owner": "ann"}}})
    world.core.documents.update_one(world.tenant_id, collection(world), parse_filter({"_id": made.id}), closed)
    with pytest.raises(AccessDenied):
        world.core.uploads.complete(world.guest, "box", "a", upload.id)
    assert world.kept == [b"one"]


def collection(world: FileWorld) -> str:
    return world.core.files._records.shelf(world.tenant, "box").collection


def test_a_replacement_in_parts_keeps_the_acl_and_lets_go_of_the_old_content(world: FileWorld) -> None:
    before = world.create()
    upload = begin(world, plan(3, replaces=True, meta_etag=before.meta_etag), name="a")
    send(world, upload)
    after = world.core.uploads.complete(world.guest, "box", "a", upload.id)
    assert (after.id, after.acl, after.options, after.content_type) == (before.id, before.acl, None, "video/mp4")
    assert after.file_etag != before.file_etag
    assert world.kept == [bytes([1]) * 3]


def test_a_replacement_in_parts_minds_the_etag_to_the_end(world: FileWorld) -> None:
    before = world.create()
    upload = begin(world, plan(3, replaces=True, file_etag=before.file_etag), name="a")
    send(world, upload)
    world.replace()
    with pytest.raises(VersionMismatch):
        world.core.uploads.complete(world.guest, "box", "a", upload.id)
    assert world.read() == b"two"


def test_a_name_taken_meanwhile_wins(world: FileWorld) -> None:
    upload = begin(world)
    send(world, upload)
    world.create("big")
    with pytest.raises(DuplicateFile):
        world.core.uploads.complete(world.guest, "box", "big", upload.id)
    assert world.read("big") == b"one"


def test_a_name_taken_at_the_last_moment_wins_and_the_upload_ends(world: FileWorld) -> None:
    upload = begin(world)
    send(world, upload)
    world.documents.before("insert", lambda: world.create("big"))
    with pytest.raises(DuplicateFile):
        world.core.uploads.complete(world.guest, "box", "big", upload.id)
    with pytest.raises(UploadNotFound):
        world.core.uploads.get(world.guest, "box", "big", upload.id)
    assert world.kept == [b"one"]


def test_of_two_completions_one_makes_the_file_and_it_keeps_its_content(world: FileWorld) -> None:
    upload = begin(world)
    send(world, upload)
    world.documents.before("update_one", lambda: world.core.uploads.complete(world.guest, "box", "big", upload.id))
    with pytest.raises(UploadNotFound):
        world.core.uploads.complete(world.guest, "box", "big", upload.id)
    assert world.core.files.get(world.guest, "box", "big").length == 20 * MIB
    assert len(world.kept) == 1


def test_a_completion_that_the_store_fails_may_be_tried_again(world: FileWorld) -> None:
    upload = begin(world)
    send(world, upload)
    world.blobs.failures["complete_parts"] = Unavailable("down")
    with pytest.raises(Unavailable):
        world.core.uploads.complete(world.guest, "box", "big", upload.id)
    assert world.core.uploads.complete(world.guest, "box", "big", upload.id).length == 20 * MIB


class Killed(BaseException):
    """The end of a process."""


def test_a_completion_that_was_killed_may_be_tried_again_after_a_while(
    world: FileWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = begin(world)
    send(world, upload)
    with monkeypatch.context() as patched:
        patched.setattr(world.core.files, "name_new", failing(Killed()))
        with pytest.raises(Killed):
            world.core.uploads.complete(world.guest, "box", "big", upload.id)
    with pytest.raises(FileLocked):
        world.core.uploads.complete(world.guest, "box", "big", upload.id)
    world.clock.advance(minutes=5)
    assert world.core.uploads.complete(world.guest, "box", "big", upload.id).length == 20 * MIB
    assert (len(world.kept[0]), records(world)) == (20 * MIB, 0)


def test_a_content_that_was_joined_although_the_answer_was_lost_is_named(
    world: FileWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    upload = begin(world)
    send(world, upload)
    join = world.blobs.complete_parts
    with monkeypatch.context() as patched:
        patched.setattr(world.blobs, "complete_parts", lambda *given: (join(*given), failing(TimedOut("slow"))()))
        with pytest.raises(TimedOut):
            world.core.uploads.complete(world.guest, "box", "big", upload.id)
    assert world.core.uploads.get(world.guest, "box", "big", upload.id).missing == {}
    assert world.core.uploads.complete(world.guest, "box", "big", upload.id).length == 20 * MIB


def test_a_replacement_that_was_named_although_the_answer_was_lost_keeps_its_content(
    world: FileWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.create()
    upload = begin(world, plan(3, replaces=True), name="a")
    send(world, upload)
    engine = world.documents._inner
    name = engine.replace_one
    with monkeypatch.context() as patched:
        patched.setattr(engine, "replace_one", lambda *given: (name(*given), failing(TimedOut("slow"))()))
        with pytest.raises(TimedOut):
            world.core.uploads.complete(world.guest, "box", "a", upload.id)
    assert world.core.uploads.complete(world.guest, "box", "a", upload.id).length == 3
    assert world.read() == bytes([1]) * 3


def test_an_expired_upload_is_gone_and_swept(world: FileWorld) -> None:
    old = begin(world)
    world.clock.advance(hours=23)
    young = begin(world, name="young")
    world.clock.advance(hours=1)
    with pytest.raises(UploadNotFound):
        world.core.uploads.get(world.guest, "box", "big", old.id)
    assert world.core.blob_sweep.run() == 1
    assert records(world) == 1
    assert world.core.uploads.get(world.guest, "box", "young", young.id).id == young.id


@pytest.mark.parametrize("length", [1, 8 * MIB, 800 * MIB, 800 * MIB + 1, 5 * 1024 * MIB])
def test_no_upload_has_more_parts_than_one_answer_holds(length: int) -> None:
    size = part_bytes(length)
    assert size >= SMALLEST_PART_BYTES
    assert size % MIB == 0
    assert -(-length // size) <= MOST_PARTS
