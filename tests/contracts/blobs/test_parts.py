from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.core.errors import BlobNotFound, BodyTooLarge, CoreError, InvalidInput
from chalicelib.core.files.ports import UploadedPart
from tests.contracts.blobs.conftest import PartedStore
from tests.contracts.blobs.test_contents import KEY, MIB, keys, read, write

PART = 5 * MIB


def send(store: PartedStore, tenant: str, upload: str, number: int, content: bytes) -> None:
    request = store.blobs.part_request(tenant, KEY, upload, number, length=len(content), seconds=60)
    store.send(request, content)


def test_parts_in_any_order_make_one_content(parted: PartedStore, tenant: str) -> None:
    upload = parted.blobs.begin_parts(tenant, KEY, "text/plain")
    send(parted, tenant, upload, 2, b"tail")
    send(parted, tenant, upload, 1, b"a" * PART)
    parts = parted.blobs.parts(tenant, KEY, upload)
    assert [part.number for part in parts] == [1, 2]
    assert parted.blobs.complete_parts(tenant, KEY, upload, parts, 100 * MIB) == PART + 4
    assert read(parted.blobs, tenant, start=PART - 1) == b"atail"


def test_a_part_sent_twice_counts_once(parted: PartedStore, tenant: str) -> None:
    upload = parted.blobs.begin_parts(tenant, KEY, "text/plain")
    send(parted, tenant, upload, 1, b"first")
    send(parted, tenant, upload, 1, b"second")
    parts = parted.blobs.parts(tenant, KEY, upload)
    assert parted.blobs.complete_parts(tenant, KEY, upload, parts, MIB) == 6
    assert read(parted.blobs, tenant) == b"second"


def test_an_upload_shows_nothing_before_it_is_complete(parted: PartedStore, tenant: str) -> None:
    upload = parted.blobs.begin_parts(tenant, KEY, "text/plain")
    assert parted.blobs.parts(tenant, KEY, upload) == []
    send(parted, tenant, upload, 1, b"x")
    with pytest.raises(BlobNotFound):
        parted.blobs.open(tenant, KEY)
    assert keys(parted.blobs, tenant, datetime.now(UTC) - timedelta(hours=1)) == []


def test_missing_and_wrong_parts_make_nothing(parted: PartedStore, tenant: str) -> None:
    upload = parted.blobs.begin_parts(tenant, KEY, "text/plain")
    send(parted, tenant, upload, 1, b"x")
    arrived = parted.blobs.parts(tenant, KEY, upload)
    for parts in ([], [UploadedPart(1, '"wrong"')], [*arrived, UploadedPart(2, arrived[0].tag)]):
        with pytest.raises(InvalidInput):
            parted.blobs.complete_parts(tenant, KEY, upload, parts, MIB)
    with pytest.raises(BlobNotFound):
        parted.blobs.open(tenant, KEY)
    assert parted.blobs.complete_parts(tenant, KEY, upload, arrived, MIB) == 1


def test_parts_that_are_too_much_together_make_nothing(parted: PartedStore, tenant: str) -> None:
    upload = parted.blobs.begin_parts(tenant, KEY, "text/plain")
    send(parted, tenant, upload, 1, b"x" * 11)
    with pytest.raises(BodyTooLarge):
        parted.blobs.complete_parts(tenant, KEY, upload, parted.blobs.parts(tenant, KEY, upload), 10)
    with pytest.raises(BlobNotFound):
        parted.blobs.open(tenant, KEY)


def test_an_upload_may_be_thrown_away_twice(parted: PartedStore, tenant: str) -> None:
    upload = parted.blobs.begin_parts(tenant, KEY, "text/plain")
    send(parted, tenant, upload, 1, b"x")
    parts = parted.blobs.parts(tenant, KEY, upload)
    parted.blobs.abort_parts(tenant, KEY, upload)
    parted.blobs.abort_parts(tenant, KEY, upload)
    with pytest.raises(CoreError):
        parted.blobs.complete_parts(tenant, KEY, upload, parts, MIB)
    assert keys(parted.blobs, tenant) == []


def test_a_sweep_throws_unfinished_uploads_away(parted: PartedStore, tenant: str) -> None:
    upload = parted.blobs.begin_parts(tenant, KEY, "text/plain")
    send(parted, tenant, upload, 1, b"x")
    assert keys(parted.blobs, tenant, datetime.now(UTC) - timedelta(hours=1)) == []
    assert len(parted.blobs.parts(tenant, KEY, upload)) == 1
    assert keys(parted.blobs, tenant) == []
    with pytest.raises(CoreError):
        parted.blobs.complete_parts(tenant, KEY, upload, [UploadedPart(1, "x")], MIB)


def test_a_content_is_fetched_by_a_signed_request_until_it_expires(parted: PartedStore, tenant: str) -> None:
    write(parted.blobs, tenant, b"x")
    request = parted.blobs.download_request(
        tenant, KEY, seconds=60, content_type="text/plain", disposition='attachment; filename="x"'
    )
    assert request is not None
    assert request.method == "GET"
    assert timedelta(0) < request.expires_at - datetime.now(UTC) <= timedelta(seconds=61)
