from __future__ import annotations

import io
import threading
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.core.errors import BlobNotFound, BodyTooLarge, InvalidName
from chalicelib.core.files.ports import Blobs

MIB = 1024 * 1024
KEY = "file.box.514af36644f9cb2eb8000aaa/514af36644f9cb2eb8000bbb"


class Trickle(io.RawIOBase):
    """A content that gives fewer bytes than it is asked for."""

    def __init__(self, size: int) -> None:
        self._left = size

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        given = min(self._left, size if size >= 0 else self._left, 100_000)
        self._left -= given
        return b"x" * given


def write(blobs: Blobs, tenant: str, content: bytes, key: str = KEY, max_bytes: int = 100 * MIB) -> int:
    return blobs.write(tenant, key, io.BytesIO(content), content_type="text/plain", max_bytes=max_bytes)


def read(blobs: Blobs, tenant: str, key: str = KEY, start: int = 0, length: int | None = None) -> bytes:
    chunks = blobs.open(tenant, key, start, length)
    try:
        return b"".join(chunks)
    finally:
        chunks.close()


def soon() -> datetime:
    return datetime.now(UTC) + timedelta(minutes=1)


def keys(blobs: Blobs, tenant: str, before: datetime | None = None) -> list[str]:
    return sorted(blob.key for blob in blobs.sweep(tenant, before or soon()))


@pytest.mark.parametrize("size", [0, 1, 1000, MIB, MIB + 1, 9 * MIB + 3])
def test_a_content_comes_back_as_it_was(blobs: Blobs, tenant: str, size: int) -> None:
    content = bytes(range(251)) * (size // 251 + 1)
    assert write(blobs, tenant, content[:size]) == size
    assert read(blobs, tenant) == content[:size]


@pytest.mark.parametrize(
    "key", ["a/b", "日本/ 空 白+&?#%2F", "../../etc/x", ".hidden/.x", "a\\b", "file.box.x/" + "y" * 80]
)
def test_any_key_is_a_key_of_its_tenant_only(blobs: Blobs, tenant: str, key: str) -> None:
    write(blobs, tenant, b"content", key)
    assert read(blobs, tenant, key) == b"content"
    assert keys(blobs, tenant) == [key]
    with pytest.raises(BlobNotFound):
        blobs.open(f"{tenant}x", key)
    blobs.delete(f"{tenant}x", key)
    assert read(blobs, tenant, key) == b"content"


@pytest.mark.parametrize("name", ["", ".", "..", "../x", "a/b", "/"])
def test_what_is_no_tenant_id_is_refused(blobs: Blobs, name: str) -> None:
    with pytest.raises(InvalidName):
        write(blobs, name, b"x")
    with pytest.raises(InvalidName):
        blobs.open(name, KEY)


@pytest.mark.parametrize(
    ("start", "length", "part"),
    [
        (0, None, b"0123456789"),
        (3, None, b"3456789"),
        (3, 4, b"3456"),
        (0, 1, b"0"),
        (9, 99, b"9"),
        (0, 0, b""),
        (10, None, b""),
    ],
)
def test_a_part_of_a_content_is_read_alone(
    blobs: Blobs, tenant: str, start: int, length: int | None, part: bytes
) -> None:
    write(blobs, tenant, b"0123456789")
    assert read(blobs, tenant, start=start, length=length) == part


def test_a_content_comes_in_pieces_of_at_most_a_mebibyte(blobs: Blobs, tenant: str) -> None:
    write(blobs, tenant, b"x" * (3 * MIB + 5))
    chunks = blobs.open(tenant, KEY, 7)
    sizes = [len(piece) for piece in chunks]
    chunks.close()
    assert max(sizes) <= MIB
    assert sum(sizes) == 3 * MIB - 2


def test_a_content_that_is_not_there_is_missed_at_once(blobs: Blobs, tenant: str) -> None:
    with pytest.raises(BlobNotFound):
        blobs.open(tenant, KEY)


def test_a_content_may_be_closed_unread_half_read_and_twice(blobs: Blobs, tenant: str) -> None:
    write(blobs, tenant, b"x" * 2 * MIB)
    unread, half_read = blobs.open(tenant, KEY), blobs.open(tenant, KEY)
    assert next(half_read)
    for chunks in (unread, half_read):
        chunks.close()
        chunks.close()


def test_a_content_at_the_limit_is_stored_and_a_longer_one_leaves_nothing(blobs: Blobs, tenant: str) -> None:
    assert write(blobs, tenant, b"x" * 1000, "a/1", max_bytes=1000) == 1000
    for size in (1001, 9 * MIB):
        with pytest.raises(BodyTooLarge):
            write(blobs, tenant, b"x" * size, "a/2", max_bytes=1000)
    with pytest.raises(BodyTooLarge):
        write(blobs, tenant, b"x" * 9 * MIB, "a/2", max_bytes=9 * MIB - 1)
    with pytest.raises(BlobNotFound):
        blobs.open(tenant, "a/2")
    assert keys(blobs, tenant) == ["a/1"]


def test_a_content_that_comes_slowly_is_stored_whole(blobs: Blobs, tenant: str) -> None:
    source = Trickle(10 * MIB)
    written = blobs.write(tenant, KEY, source, content_type="a/b", max_bytes=100 * MIB)  # type: ignore[arg-type]
    assert written == 10 * MIB
    assert len(read(blobs, tenant)) == 10 * MIB


def test_a_source_that_breaks_leaves_nothing(blobs: Blobs, tenant: str) -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            raise ValueError("the sender is gone")

    with pytest.raises(ValueError, match="gone"):
        blobs.write(tenant, KEY, Broken(), content_type="a/b", max_bytes=MIB)
    assert keys(blobs, tenant) == []


def test_deleting_takes_a_content_away_and_may_be_done_twice(blobs: Blobs, tenant: str) -> None:
    write(blobs, tenant, b"x")
    blobs.delete(tenant, KEY)
    blobs.delete(tenant, KEY)
    with pytest.raises(BlobNotFound):
        blobs.open(tenant, KEY)


def test_a_content_being_read_outlives_its_deletion_or_ends_early(blobs: Blobs, tenant: str) -> None:
    write(blobs, tenant, b"x" * 3 * MIB)
    chunks = blobs.open(tenant, KEY)
    blobs.delete(tenant, KEY)
    assert set(b"".join(chunks)) <= {ord("x")}
    chunks.close()


def test_a_sweep_shows_what_is_older_than_a_moment(blobs: Blobs, tenant: str) -> None:
    write(blobs, tenant, b"12345", "a/1")
    write(blobs, tenant, b"1", "a/2")
    assert keys(blobs, tenant, datetime.now(UTC) - timedelta(hours=1)) == []
    found = {blob.key: blob for blob in blobs.sweep(tenant, soon())}
    assert {key: blob.length for key, blob in found.items()} == {"a/1": 5, "a/2": 1}
    assert all(timedelta(0) <= soon() - blob.written_at < timedelta(minutes=2) for blob in found.values())
    assert keys(blobs, f"{tenant}x") == []


def test_a_sweep_may_delete_what_it_is_shown(blobs: Blobs, tenant: str) -> None:
    for number in range(20):
        write(blobs, tenant, b"x", f"a/{number}")
    for blob in blobs.sweep(tenant, soon()):
        blobs.delete(tenant, blob.key)
    assert keys(blobs, tenant) == []


def test_a_tenants_contents_go_together_and_no_others(blobs: Blobs, tenant: str) -> None:
    other = f"{tenant}2"
    for owner in (tenant, other):
        write(blobs, owner, b"x", "a/1")
        write(blobs, owner, b"y", "b/2")
    blobs.delete_tenant(tenant)
    blobs.delete_tenant(tenant)
    assert keys(blobs, tenant) == []
    assert keys(blobs, other) == ["a/1", "b/2"]
    write(blobs, tenant, b"again", "a/1")
    assert read(blobs, tenant, "a/1") == b"again"
    blobs.delete_tenant(other)


def test_many_writers_at_once_do_not_mix(blobs: Blobs, tenant: str) -> None:
    def work(number: int) -> None:
        for serial in range(5):
            write(blobs, tenant, bytes([number]) * (50_000 + serial), f"a/{number}-{serial}")

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in range(8):
        for serial in range(5):
            assert read(blobs, tenant, f"a/{number}-{serial}") == bytes([number]) * (50_000 + serial)
