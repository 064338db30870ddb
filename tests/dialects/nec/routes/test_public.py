from __future__ import annotations

from urllib.parse import unquote, urlsplit

import pytest

from tests.dialects.nec.files import Files
from tests.dialects.nec.world import Answer, Nec


def fetch(files: Files, url: str, method: str = "GET", **headers: str) -> Answer:
    """Asks for a URL as a browser does: without any header of this API."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    reply = files.nec.client.request(method, urlsplit(url).path, headers=sent, body=b"")
    return Answer(reply.status_code, reply.headers, reply.body)


def test_anybody_may_read_a_published_file(files: Files) -> None:
    made = files.made("日本 x.txt", acl="{}", headers={"Content-Type": "plain/text"})
    url = files.publish("日本 x.txt").json["publicUrl"]
    answer = fetch(files, url)
    assert (answer.status, answer.content) == (200, b"hello")
    assert answer.headers["Content-Type"] == "plain/text"
    assert answer.headers["X-Content-Length"] == "5"
    assert answer.headers["ETag"] == f'"{made["fileETag"]}"'
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Disposition"].startswith("inline; ")
    assert answer.headers["Cache-Control"] == "public, no-cache"


def test_a_public_url_says_where_who_and_what(files: Files) -> None:
    files.made("日本 x.txt")
    path = urlsplit(files.publish("日本 x.txt").json["publicUrl"]).path
    _, version, tenant, public, bucket, token, name = path.split("/")
    assert (version, tenant, public, bucket) == ("1", files.nec.tenant, "public", "box")
    assert unquote(name) == "日本 x.txt"
    assert len(token) >= 43


def test_publishing_moves_the_meta_etag_only_and_publishing_again_gives_the_same_url(files: Files) -> None:
    made = files.made()
    files.nec.core.clock.advance(seconds=1)
    first = files.publish().json
    assert first["fileETag"] == made["fileETag"]
    assert first["metaETag"] != made["metaETag"]
    assert first["updatedAt"] > made["updatedAt"]
    again = files.publish().json
    assert again["publicUrl"] == first["publicUrl"]
    assert again["metaETag"] != first["metaETag"]
    assert files.meta().json == again


def test_unpublishing_ends_the_url_and_publishing_brings_it_back(files: Files) -> None:
    files.made()
    url = files.publish().json["publicUrl"]
    ended = files.unpublish()
    assert ended.status == 200
    assert "publicUrl" not in ended.json
    assert fetch(files, url).status == 404
    assert files.unpublish().status == 200
    assert files.publish().json["publicUrl"] == url
    assert fetch(files, url).status == 200


def test_a_url_outlives_a_new_content_and_a_new_name(files: Files) -> None:
    files.made()
    url = files.publish().json["publicUrl"]
    files.replace(content=b"new")
    assert fetch(files, url).content == b"new"
    files.change(body={"filename": "b.txt"})
    assert fetch(files, url).content == b"new"
    assert files.meta("b.txt").json["publicUrl"] == url.replace("a.txt", "b.txt")


def test_a_deleted_or_marked_file_has_no_working_url(files: Files) -> None:
    files.made()
    url = files.publish().json["publicUrl"]
    files.delete(deleteMark=1)
    assert fetch(files, url).status == 404
    files.replace()
    assert fetch(files, url).status == 200
    files.delete()
    assert fetch(files, url).status == 404


def test_an_invented_url_leads_nowhere(files: Files) -> None:
    files.made()
    url = files.publish().json["publicUrl"]
    token = urlsplit(url).path.split("/")[5]
    files.nec.bucket("box2", kind="file")
    wrong = [token[:-1], token + "x", "x", "%00", "%2F", "$ne"]
    paths = [urlsplit(url).path.replace(token, other) for other in wrong]
    paths += [urlsplit(url).path.replace("/box/", f"/{other}/") for other in ("box2", "nobox", "_ROOT")]
    paths += [urlsplit(url).path.replace(files.nec.tenant, "514af36644f9cb2eb8000ccc")]
    assert {fetch(files, path).status for path in paths} == {404}


def test_a_url_of_one_tenant_means_nothing_to_another(files: Files, other: Nec) -> None:
    files.made()
    other.bucket("box", kind="file")
    Files(other).made()
    url = files.publish().json["publicUrl"]
    assert fetch(files, url.replace(files.nec.tenant, other.tenant)).status == 404


def test_a_disabled_tenant_has_no_public_files(files: Files) -> None:
    files.made()
    url = files.publish().json["publicUrl"]
    files.nec.core.tenants.set_enabled(files.nec.tenant, False)
    assert fetch(files, url).status == 404


def test_parts_and_versions_may_be_asked_for(files: Files) -> None:
    etag = files.made(content=b"0123456789")["fileETag"]
    url = files.publish().json["publicUrl"]
    part = fetch(files, url, Range="bytes=2-3")
    assert (part.status, part.content, part.headers["Content-Range"]) == (206, b"23", "bytes 2-3/10")
    assert fetch(files, url, Range="bytes=10-").headers["Content-Range"] == "bytes */10"
    assert fetch(files, url, Range="bytes=1-2,4-5").status == 400
    assert fetch(files, url, If_None_Match=f'"{etag}"').status == 304
    assert fetch(files, url, If_Match='"x"').status == 412
    headed = fetch(files, url, "HEAD")
    assert (headed.status, headed.content, headed.headers["Content-Length"]) == (200, b"", "10")


@pytest.mark.parametrize(
    "kind",
    [
        "text/html; charset=utf-8",
        "image/svg+xml",
        "application/XHTML+xml",
        "text/xml",
        "text/xsl",
        "multipart/x-mixed-replace; boundary=x",
        "application/pdf; version=1.7, text/html",
        "odd",
    ],
)
def test_what_can_run_scripts_may_not(files: Files, kind: str) -> None:
    files.made(headers={"Content-Type": kind})
    assert fetch(files, files.publish().json["publicUrl"]).headers["Content-Security-Policy"] == "sandbox"


def test_a_pdf_can_be_read_where_it_is_linked(files: Files) -> None:
    files.made(headers={"Content-Type": "Application/PDF"})
    assert "Content-Security-Policy" not in fetch(files, files.publish().json["publicUrl"]).headers


def test_a_file_that_must_not_be_kept_says_so(files: Files) -> None:
    files.made(cacheDisabled="true")
    assert fetch(files, files.publish().json["publicUrl"]).headers["Cache-Control"] == "no-store"


def test_a_public_url_begins_with_the_address_that_was_asked(files: Files) -> None:
    files.made()
    host = {"Host": "api.example.com:8080", "X-Forwarded-Proto": "https"}
    answer = files.nec.send("PUT", files.path("a.txt", "/publish"), by=files.nec.master, headers=host)
    assert answer.json["publicUrl"].startswith("https://api.example.com:8080/1/")
    evil = files.nec.send("GET", files.path("a.txt", "/meta"), headers={"Host": "evil.example/x?"})
    assert evil.json["publicUrl"].startswith("/1/")
