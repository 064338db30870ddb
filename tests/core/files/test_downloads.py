from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import BlobNotFound, FileNotFound, PreconditionFailed, RangeNotSatisfiable, Unavailable
from chalicelib.core.files.downloads import _bounds, disposition
from chalicelib.core.files.model import ByteRange, DownloadConditions
from tests.core.files.world import ANYTHING, FileWorld


def test_a_short_content_is_given_and_a_long_one_fetched_from_the_store(world: FileWorld) -> None:
    world.create("short", b"x" * 100)
    world.create("long", b"x" * 101)
    short = world.core.downloads.open(world.guest, "box", "short", ANYTHING)
    assert short.elsewhere is None
    assert short.chunks is not None
    long = world.core.downloads.open(world.guest, "box", "long", ANYTHING)
    assert long.chunks is None
    assert long.elsewhere is not None
    assert "text/plain" in long.elsewhere.url
    assert "filename*=UTF-8''long" in long.elsewhere.url


def test_a_short_part_of_a_long_content_is_given(world: FileWorld) -> None:
    world.create("long", b"x" * 500)
    part = DownloadConditions(part=ByteRange(400, None))
    assert world.core.downloads.open(world.guest, "box", "long", part).length == 100
    part = DownloadConditions(part=ByteRange(399, None))
    assert world.core.downloads.open(world.guest, "box", "long", part).elsewhere is not None


def test_a_store_that_signs_nothing_gives_everything(world: FileWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    world.create("long", b"x" * 500)
    monkeypatch.setattr(world.blobs, "download_request", lambda *args, **kwargs: None)
    assert world.read("long") == b"x" * 500


def test_nothing_is_opened_for_whoever_asks_for_the_head_or_has_the_content(world: FileWorld) -> None:
    made = world.create()
    world.core.downloads.describe(world.guest, "box", "a", ANYTHING)
    known = DownloadConditions(if_none_match=(made.file_etag,))
    assert world.core.downloads.open(world.guest, "box", "a", known).unchanged
    assert world.blobs.opened == []


def test_a_content_replaced_before_it_is_opened_is_looked_up_again(
    world: FileWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.create()
    opened = world.blobs.open

    def replaced_first(*args: object) -> object:
        monkeypatch.setattr(world.blobs, "open", opened)
        world.replace()
        return opened(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(world.blobs, "open", replaced_first)
    assert world.read() == b"two"


def test_a_file_deleted_before_its_content_is_opened_is_not_there(
    world: FileWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.create()
    opened = world.blobs.open

    def deleted_first(*args: object) -> object:
        monkeypatch.setattr(world.blobs, "open", opened)
        world.core.files.delete(world.guest, "box", "a")
        return opened(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(world.blobs, "open", deleted_first)
    with pytest.raises(FileNotFound):
        world.read()


def test_a_published_file_is_there_for_whoever_has_its_url(world: FileWorld) -> None:
    world.create()
    token = world.core.files.publish(world.guest, "box", "a").public_token
    assert token is not None
    chunks = world.core.downloads.open_public(world.tenant, "box", token, ANYTHING).chunks
    assert chunks is not None
    assert b"".join(chunks) == b"one"
    for bucket, wrong in (("box", token + "x"), ("none", token)):
        with pytest.raises(FileNotFound):
            world.core.downloads.open_public(world.tenant, bucket, wrong, ANYTHING)
    world.core.files.unpublish(world.guest, "box", "a")
    with pytest.raises(FileNotFound):
        world.core.downloads.open_public(world.tenant, "box", token, ANYTHING)


def test_a_disabled_tenant_has_no_public_files(world: FileWorld) -> None:
    world.create()
    token = world.core.files.publish(world.guest, "box", "a").public_token
    assert token is not None
    assert world.core.downloads.describe_public(world.tenant, "box", token, ANYTHING).length == 3
    world.core.tenants.set_enabled(world.tenant_id, False)
    with pytest.raises(FileNotFound):
        world.core.downloads.describe_public(world.tenant, "box", token, ANYTHING)


def test_a_content_other_than_the_one_asked_for_is_not_given(world: FileWorld) -> None:
    made = world.create()
    same = DownloadConditions(if_match=("another", made.file_etag))
    assert world.core.downloads.open(world.guest, "box", "a", same).length == 3
    with pytest.raises(PreconditionFailed):
        world.core.downloads.open(world.guest, "box", "a", DownloadConditions(if_match=("another",)))


def test_a_store_that_fails_is_unavailable(world: FileWorld) -> None:
    world.create()
    world.blobs.failures["open"] = Unavailable("down")
    with pytest.raises(Unavailable):
        world.read()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("a.txt", "attachment; filename=\"a.txt\"; filename*=UTF-8''a.txt"),
        ("日本.txt", "attachment; filename=\"__.txt\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC.txt"),
        ("a;b,c=d%e.txt", "attachment; filename=\"a;b,c=d_e.txt\"; filename*=UTF-8''a%3Bb%2Cc%3Dd%25e.txt"),
    ],
)
def test_a_name_is_told_in_every_alphabet(name: str, value: str) -> None:
    assert disposition(name) == value


@given(
    st.integers(0, 30),
    st.tuples(st.integers(0, 40), st.integers(0, 40)) | st.tuples(st.none() | st.integers(0, 40), st.integers(0, 40)),
)
def test_a_part_is_what_a_slice_gives(length: int, asked: tuple[int | None, int]) -> None:
    content = bytes(range(length))
    first, last = asked
    expected = content[max(length - last, 0) :] if first is None else content[first : last + 1]
    try:
        start, wanted = _bounds(ByteRange(first, last), length)
    except RangeNotSatisfiable:
        start, wanted = 0, 0
    assert content[start : start + wanted] == expected


def test_a_published_file_is_described_without_its_content(world: FileWorld) -> None:
    world.create(content=b"hello")
    token = world.core.files.publish(world.master, "box", "a").public_token
    assert token is not None
    assert world.core.downloads.describe_public(world.tenant, "box", token, ANYTHING).length == 5
    assert world.blobs.opened == []


def test_a_content_that_is_always_replaced_before_it_is_opened_is_unavailable(
    world: FileWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.create()

    def replaced_first(*args: object) -> object:
        world.replace()
        raise BlobNotFound("a")

    monkeypatch.setattr(world.blobs, "open", replaced_first)
    with pytest.raises(Unavailable):
        world.read()
