"""What is S3's own: how contents get there, what is left behind, and signed requests over HTTP."""

from __future__ import annotations

import io
import tracemalloc
import urllib.request
import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError

from chalicelib.core.clock import SystemClock
from chalicelib.core.errors import BodyTooLarge, InvalidInput, Unavailable, UploadNotFound
from chalicelib.core.files.ports import UploadedPart
from chalicelib.engines.aws import s3_blobs
from chalicelib.engines.aws.s3_blobs import Place, S3Blobs
from tests.aws_server import AwsServer

MIB = 1024 * 1024


class Zeros(io.RawIOBase):
    """A content of some size that is nowhere in memory; may break after a while."""

    def __init__(self, size: int, breaks_at: int | None = None) -> None:
        self._left = size
        self._breaks_at = None if breaks_at is None else size - breaks_at

    def read(self, size: int = -1) -> bytes:
        if self._breaks_at is not None and self._left <= self._breaks_at:
            raise ConnectionResetError
        given = min(self._left, size, MIB)
        self._left -= given
        return bytes(given)


class Store:
    """A bucket of its own."""

    def __init__(self, aws: AwsServer, **options: str) -> None:
        self.aws = aws
        self.bucket = f"yorozu-test-{uuid.uuid4().hex[:12]}"
        aws.make_bucket(self.bucket)
        self.blobs = self.with_options()

    def with_options(self, **options: str) -> S3Blobs:
        return S3Blobs(self.aws.clients, Place(self.bucket, **options), SystemClock())

    @property
    def keys(self) -> list[str]:
        return [one["Key"] for one in self.aws.clients.s3.list_objects_v2(Bucket=self.bucket).get("Contents", ())]

    @property
    def uploads(self) -> list[Any]:
        return list(self.aws.clients.s3.list_multipart_uploads(Bucket=self.bucket).get("Uploads", ()))

    def head(self, key: str) -> dict[str, Any]:
        head: dict[str, Any] = self.aws.clients.s3.head_object(Bucket=self.bucket, Key=key)
        return head

    def write(self, content: Any, max_bytes: int = 100 * MIB) -> int:
        return self.blobs.write("acme", "box/1", content, content_type="text/plain", max_bytes=max_bytes)

    def send_part(self, upload: str, number: int, content: bytes) -> None:
        self.aws.clients.s3.upload_part(
            Bucket=self.bucket, Key="acme/box/1", UploadId=upload, PartNumber=number, Body=content
        )


@pytest.fixture
def store(aws: AwsServer) -> Store:
    return Store(aws)


def test_a_key_says_whose_content_it_is(store: Store) -> None:
    blobs = store.with_options(prefix="prod/")
    blobs.write("acme", "box/1", io.BytesIO(b"x"), content_type="text/plain", max_bytes=1)
    assert store.keys == ["prod/acme/box/1"]
    assert store.head("prod/acme/box/1")["ContentType"] == "text/plain"


@pytest.mark.parametrize("size", [10, 9 * MIB])
def test_contents_are_encrypted_with_the_key_that_settings_name(store: Store, size: int) -> None:
    key = f"arn:aws:kms:ap-northeast-1:123456789012:key/{uuid.uuid4()}"
    store.with_options(kms_key=key).write("acme", "k", Zeros(size), content_type="a/b", max_bytes=size)  # type: ignore[arg-type]
    head = store.head("acme/k")
    assert (head["ServerSideEncryption"], head["SSEKMSKeyId"]) == ("aws:kms", key)


def test_a_long_content_is_sent_from_little_memory(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: list[int] = []

    def swallow(**part: Any) -> dict[str, str]:
        sent.append(len(part["Body"]))
        return {"ETag": ""}

    monkeypatch.setattr(store.aws.clients.s3, "upload_part", swallow)
    monkeypatch.setattr(S3Blobs, "_join", lambda *_: None)
    tracemalloc.start()
    try:
        assert store.write(Zeros(100 * MIB)) == 100 * MIB
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert sent == [8 * MIB] * 12 + [4 * MIB]
    assert peak < 32 * MIB


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (Zeros(30 * MIB, breaks_at=20 * MIB), ConnectionResetError),
        (Zeros(30 * MIB), BodyTooLarge),
    ],
)
def test_a_long_content_that_fails_half_way_leaves_no_parts(store: Store, content: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        store.write(content, max_bytes=25 * MIB)
    assert store.keys == []
    assert store.uploads == []


def test_parts_that_cannot_be_thrown_away_do_not_hide_why(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise Unavailable("no")

    monkeypatch.setattr(S3Blobs, "_abort", fail)
    with pytest.raises(ConnectionResetError):
        store.write(Zeros(30 * MIB, breaks_at=20 * MIB))
    assert store.keys == []
    assert len(store.uploads) == 1


def test_a_part_that_is_too_small_makes_nothing(store: Store) -> None:
    upload = store.blobs.begin_parts("acme", "box/1", "text/plain")
    for number in (1, 2):
        store.send_part(upload, number, b"small")
    with pytest.raises(InvalidInput, match="5242880 bytes"):
        store.blobs.complete_parts("acme", "box/1", upload, store.blobs.parts("acme", "box/1", upload), MIB)
    assert store.keys == []


def test_parts_out_of_order_make_nothing(store: Store) -> None:
    upload = store.blobs.begin_parts("acme", "box/1", "text/plain")
    store.send_part(upload, 1, bytes(5 * MIB))
    store.send_part(upload, 2, b"x")
    parts = store.blobs.parts("acme", "box/1", upload)
    for wrong in (parts[::-1], [parts[0], parts[0]]):
        with pytest.raises(InvalidInput):
            store.blobs.complete_parts("acme", "box/1", upload, wrong, 100 * MIB)


def test_an_upload_that_is_not_there_has_no_parts_to_show(store: Store) -> None:
    with pytest.raises(UploadNotFound):
        store.blobs.parts("acme", "box/1", "gone")


def test_a_completion_whose_answer_was_lost_is_taken_for_done(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    store.write(io.BytesIO(b"content"))

    def gone(**_: Any) -> None:
        # What boto3's own second attempt may meet; moto knows no such answer.
        raise ClientError({"Error": {"Code": "NoSuchUpload"}}, "CompleteMultipartUpload")

    monkeypatch.setattr(store.aws.clients.s3, "complete_multipart_upload", gone)
    parts = [UploadedPart(1, "tag")]
    store.blobs._join("acme", "box/1", "upload", parts, 7)
    with pytest.raises(UploadNotFound):
        store.blobs._join("acme", "box/1", "upload", parts, 8)
    with pytest.raises(UploadNotFound):
        store.blobs._join("acme", "box/2", "upload", parts, 7)


def test_listings_of_several_pages_are_read_to_their_end(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(s3_blobs, "DELETED_AT_ONCE", 2)
    for number in range(5):
        store.blobs.write("acme", f"{number}", io.BytesIO(b"x"), content_type="a/b", max_bytes=1)
    pages = store.aws.clients.s3.get_paginator
    small = {"PaginationConfig": {"PageSize": 2}}
    monkeypatch.setattr(store.aws.clients.s3, "get_paginator", lambda operation: _Paged(pages(operation), small))
    assert len(list(store.blobs._pages("acme", "list_objects_v2", "Contents"))) == 5
    store.blobs.delete_tenant("acme")
    assert store.keys == []


class _Paged:
    """A paginator with small pages."""

    def __init__(self, paginator: Any, options: dict[str, Any]) -> None:
        self._paginator = paginator
        self._options = options

    def paginate(self, **parameters: Any) -> Any:
        return self._paginator.paginate(**parameters, **self._options)


def test_contents_that_s3_does_not_delete_are_not_taken_for_deleted(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.write(io.BytesIO(b"x"))
    refusal = {"Errors": [{"Key": "acme/box/1", "Code": "AccessDenied"}]}
    monkeypatch.setattr(store.aws.clients.s3, "delete_objects", lambda **_: refusal)
    with pytest.raises(Unavailable):
        store.blobs.delete_tenant("acme")


def test_a_client_without_keys_downloads_by_a_signed_request(store: Store) -> None:
    store.write(io.BytesIO(b"0123456789"))
    signed = store.blobs.download_request(
        "acme",
        "box/1",
        seconds=60,
        content_type="image/png",
        disposition="attachment; filename=\"_.png\"; filename*=UTF-8''%E7%8C%AB.png",
    )
    assert signed is not None
    whole = urllib.request.urlopen(signed.url, timeout=10)
    part = urllib.request.urlopen(urllib.request.Request(signed.url, headers={"Range": "bytes=2-4"}), timeout=10)
    with whole, part:
        assert whole.read() == b"0123456789"
        assert whole.headers["Content-Type"] == "image/png"
        assert whole.headers["Content-Disposition"].endswith("filename*=UTF-8''%E7%8C%AB.png")
        assert (part.status, part.read()) == (206, b"234")
