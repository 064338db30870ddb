"""Files when the store fails, is slow, or has the client fetch a content itself."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import pytest

from chalicelib.core.errors import StorageFull, TimedOut, Unavailable
from tests.dialects.nec.routes.conftest import StoredFiles

FAILURES = [(Unavailable("down"), 503), (TimedOut("slow"), 504), (StorageFull("the disk is full", 0), 507)]


@pytest.mark.parametrize(("error", "status"), FAILURES)
def test_an_upload_that_the_store_refuses_leaves_nothing(stored: StoredFiles, error: Any, status: int) -> None:
    stored.blobs.failures["write"] = error
    answer = stored.upload()
    assert (answer.status, answer.json) == (status, {"error": error.message})
    assert stored.names(deleteMark=1) == []
    assert stored.upload().status == 200


@pytest.mark.parametrize(("error", "status"), FAILURES)
def test_a_replacement_that_the_store_refuses_leaves_the_old_file(stored: StoredFiles, error: Any, status: int) -> None:
    made = stored.made()
    stored.blobs.failures["write"] = error
    assert stored.replace().status == status
    assert stored.meta().json == made
    assert stored.download().content == b"hello"


@pytest.mark.parametrize(("error", "status"), FAILURES[:2])
def test_a_download_that_the_store_refuses_may_be_tried_again(stored: StoredFiles, error: Any, status: int) -> None:
    stored.made()
    stored.blobs.failures["open"] = error
    assert stored.download().status == status
    assert stored.download().content == b"hello"


def test_a_store_that_cannot_delete_holds_up_nobody(stored: StoredFiles) -> None:
    stored.made()
    for act in (stored.replace, lambda: stored.delete(deleteMark=1), stored.replace, stored.delete):
        stored.blobs.failures["delete"] = Unavailable("down")
        assert act().status == 200
    assert stored.names(deleteMark=1) == []


def test_contents_are_let_go_of_after_each_answer(stored: StoredFiles) -> None:
    stored.made()
    stored.download()
    stored.nec.send("HEAD", stored.path("a.txt"))
    stored.download(Range="bytes=1-2")
    assert [pieces.closed for pieces in stored.blobs.opened] == [True, True]


def test_a_long_content_is_fetched_from_the_store(stored: StoredFiles) -> None:
    stored.made("日本.txt", b"x" * 101)
    answer = stored.download("日本.txt")
    assert (answer.status, answer.content) == (302, b"")
    assert answer.headers["Location"].startswith("https://store.example/")
    assert "%E6%97%A5%E6%9C%AC.txt" in answer.headers["Location"]
    assert answer.headers["Cache-Control"] == "no-store"
    part = stored.download("日本.txt", Range="bytes=0-9")
    assert (part.status, part.content) == (206, b"x" * 10)
    headed = stored.nec.send("HEAD", stored.path("日本.txt"))
    assert (headed.status, headed.headers["Content-Length"]) == (200, "101")


def test_a_long_public_content_is_fetched_from_the_store(stored: StoredFiles) -> None:
    stored.made(content=b"x" * 101)
    url = stored.publish().json["publicUrl"]
    assert url.startswith(f"https://files.example/api/1/{stored.nec.tenant}/public/box/")
    reply = stored.nec.client.request("GET", urlsplit(url).path.removeprefix("/api"), headers={}, body=b"")
    assert reply.status_code == 302


def test_a_conflict_shows_the_public_url_that_the_operator_set(stored: StoredFiles) -> None:
    stored.made()
    url = stored.publish().json["publicUrl"]
    assert stored.delete(metaETag="x").json["detail"]["publicUrl"] == url


def test_a_deleted_buckets_files_are_gone_and_their_contents_swept(stored: StoredFiles) -> None:
    stored.made()
    assert stored.nec.delete("/buckets/file/box").status in (403, 409)
    assert stored.nec.delete("/buckets/file/box", by=stored.nec.master).status == 200
    stored.nec.bucket("box", kind="file")
    assert stored.names(deleteMark=1) == []
    stored.nec.core.clock.advance(days=3)
    assert stored.nec.core.blob_sweep.run() == 1
    assert stored.blobs.contents == {}
