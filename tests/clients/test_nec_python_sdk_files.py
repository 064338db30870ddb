"""The file bucket of NEC's own Python SDK, unchanged, against a running server."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import necbaas
import pytest
import requests
from requests.exceptions import HTTPError

from tests.clients.test_nec_python_sdk import connect, demo, master, server, service, status_of

__all__ = ["demo", "master", "server", "service"]

ACL = {"r": ["g:anonymous"], "w": ["g:anonymous"], "admin": ["g:anonymous"]}


@pytest.fixture
def bucket(master: Any, service: Any) -> Iterator[Any]:
    buckets = necbaas.Buckets(master, "file")
    buckets.upsert("sdkfiles", content_acl={"r": ["g:anonymous"], "w": ["g:anonymous"]})
    yield necbaas.FileBucket(service, "sdkfiles")
    buckets.remove("sdkfiles")


def test_a_file_is_made_read_and_removed(bucket: Any) -> None:
    made = bucket.create("日本語 ファイル.txt", "こんにちは".encode(), content_type="plain/text", acl=ACL)
    assert made["filename"] == "日本語 ファイル.txt"
    assert made["contentType"] == "plain/text"
    assert made["length"] == 15
    assert made["ACL"]["admin"] == ["g:anonymous"]
    assert bucket.get_metadata("日本語 ファイル.txt") == made
    assert bucket.query() == [made]

    answer = bucket.download("日本語 ファイル.txt")
    assert answer.content == "こんにちは".encode()
    assert answer.headers["Content-Type"] == "plain/text"
    assert answer.headers["X-Content-Length"] == "15"
    assert answer.headers["ETag"] == f'"{made["fileETag"]}"'
    with bucket.download("日本語 ファイル.txt", stream=True) as streamed:
        assert streamed.raw.read() == "こんにちは".encode()

    assert bucket.remove("日本語 ファイル.txt") == {}
    with pytest.raises(HTTPError) as refused:
        bucket.get_metadata("日本語 ファイル.txt")
    assert status_of(refused) == 404


def test_a_file_comes_from_a_file(bucket: Any) -> None:
    made = bucket.create("stream.bin", io.BytesIO(bytes(range(256)) * 10_000))
    assert made["length"] == 2_560_000
    assert bucket.download("stream.bin").content == bytes(range(256)) * 10_000


def test_a_file_is_replaced_with_its_etags(bucket: Any) -> None:
    made = bucket.create("a.txt", b"one", content_type="text/plain")
    after = bucket.update(
        "a.txt", b"second", content_type="text/html", meta_etag=made["metaETag"], file_etag=made["fileETag"]
    )
    assert after["length"] == 6
    assert after["_id"] == made["_id"]
    assert after["fileETag"] != made["fileETag"]
    with pytest.raises(HTTPError) as refused:
        bucket.update("a.txt", b"third", file_etag=made["fileETag"])
    assert status_of(refused) == 409
    assert refused.value.response.json() == {"reasonCode": "etag_mismatch", "detail": after}


def test_metadata_are_updated(bucket: Any) -> None:
    made = bucket.create("old.txt", b"x", acl=ACL)
    meta = made | {"filename": "new.txt", "cacheDisabled": True, "options": {"key": "値"}}
    after = bucket.update_metadata("old.txt", meta, etag=made["metaETag"])
    assert (after["filename"], after["cacheDisabled"], after["options"]) == ("new.txt", True, {"key": "値"})
    assert after["fileETag"] == made["fileETag"]
    bucket.create("taken.txt", b"x")
    with pytest.raises(HTTPError) as refused:
        bucket.update_metadata("new.txt", {"filename": "taken.txt"})
    assert refused.value.response.json()["reasonCode"] == "duplicate_filename"


def test_a_file_of_a_user_is_theirs(bucket: Any, demo: dict[str, str], master: Any) -> None:
    user = connect(demo)
    register = necbaas.User(user)
    register.username, register.email, register.password = "fileowner", "fileowner@example.com", "Passw0rD"
    made = register.register()
    necbaas.User.login(user, username="fileowner", password="Passw0rD")
    own = necbaas.FileBucket(user, "sdkfiles")
    assert own.create("mine.txt", b"x")["ACL"]["owner"] == made["_id"]
    with pytest.raises(HTTPError) as refused:
        bucket.download("mine.txt")
    assert status_of(refused) == 403
    assert bucket.query() == []
    necbaas.User.remove(master, made["_id"])


def test_a_published_file_needs_no_sdk(bucket: Any, service: Any) -> None:
    bucket.create("page.txt", b"public", content_type="text/plain", acl=ACL)
    published = service.execute_rest("PUT", "/files/sdkfiles/page.txt/publish").json()
    answer = requests.get(published["publicUrl"], timeout=10)
    assert (answer.status_code, answer.content, answer.headers["X-Content-Length"]) == (200, b"public", "6")
    assert "publicUrl" not in service.execute_rest("DELETE", "/files/sdkfiles/page.txt/publish").json()
    assert requests.get(published["publicUrl"], timeout=10).status_code == 404
