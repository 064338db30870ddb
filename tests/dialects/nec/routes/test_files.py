from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.core.tenants.model import TenantSettings
from tests.dialects.nec.files import ALL, Files, without
from tests.dialects.nec.world import LISTS

MOVING = ("updatedAt", "metaETag", "fileETag")


# --- upload ---


def test_an_upload_answers_with_what_the_metadata_then_say(files: Files) -> None:
    answer = files.upload("hello.txt", b"hello, world")
    made = answer.json
    assert answer.status == 200
    assert without(made, "_id", "createdAt", "updatedAt", "metaETag", "fileETag") == {
        "filename": "hello.txt",
        "contentType": "text/plain",
        "length": 12,
        "ACL": LISTS | {"r": ["g:anonymous"], "w": ["g:anonymous"]},
        "cacheDisabled": False,
    }
    assert made["createdAt"] == made["updatedAt"]
    assert made["metaETag"] != made["fileETag"]
    assert files.meta("hello.txt").json == made


@pytest.mark.parametrize("who", ["guest", "ann", "master"])
@pytest.mark.parametrize(
    ("given", "acl"),
    [
        (None, {}),
        ('{"r": ["g:anonymous"], "admin": ["x"]}', {"r": ["g:anonymous"], "admin": ["x"]}),
        ('{"owner": "TestUser", "u": ["y"]}', {"owner": "TestUser", "u": ["y"]}),
        ("{}", {}),
    ],
)
def test_the_acl_comes_in_a_header_and_its_owner_from_the_session(
    files: Files, who: str, given: str | None, acl: dict[str, Any]
) -> None:
    person = files.nec.person(who)
    expected = LISTS | ({"owner": person.id} if person.id else {}) | acl
    if given is None and not person.id:
        expected |= {"r": ["g:anonymous"], "w": ["g:anonymous"]}
    assert files.made(by=person, acl=given)["ACL"] == expected


@pytest.mark.parametrize(
    "text",
    [
        '{"owner": "日電 太郎", "fileVersion": "1.0.0"}',
        json.dumps({"owner": "日電 太郎", "fileVersion": "1.0.0"}),
        '{"owner": "日電 太郎", "fileVersion": "1.0.0"}'.encode().decode("latin-1"),
    ],
)
def test_options_come_in_a_header_as_utf8_or_escaped(files: Files, text: str) -> None:
    made = files.made(headers={"X-Meta-Options": text})
    assert made["options"] == {"owner": "日電 太郎", "fileVersion": "1.0.0"}
    assert files.meta().json["options"] == made["options"]


@pytest.mark.parametrize(("sent", "stored"), [("true", True), ("1", True), ("false", False), ("0", False)])
def test_the_cache_switch_is_a_parameter(files: Files, sent: str, stored: bool) -> None:
    assert files.made(cacheDisabled=sent)["cacheDisabled"] is stored
    assert files.download().headers["Cache-Control"] == ("no-store" if stored else "private, no-cache")


@pytest.mark.parametrize(
    "headers",
    [
        {"X-ACL": "{"},
        {"X-ACL": "[]"},
        {"X-ACL": '{"r": "x"}'},
        {"X-Meta-Options": "1"},
        {"X-Meta-Options": '{"a.b": 1}'},
        {"X-Meta-Options": "owner"},
        {"Content-Type": None},
        {"Content-Type": "テキスト"},
        {"Content-Type": "x" * 256},
    ],
)
def test_headers_that_say_nothing_sensible_are_refused(files: Files, headers: dict[str, str | None]) -> None:
    answer = files.upload(headers=headers)
    assert answer.status == 400
    assert isinstance(answer.json["error"], str)
    assert files.names() == []


def test_a_cache_switch_that_is_none_is_refused(files: Files) -> None:
    assert files.upload(cacheDisabled="perhaps").status == 400


@pytest.mark.parametrize(
    "name", ["日本語 ファイル.txt", "a b+c%d&e=f#g;h.txt", "x" * 900, "あ" * 300, "'~~~", ".hidden", "a..b", "%2F"]
)
def test_names_of_every_alphabet_come_back_as_they_were(files: Files, name: str) -> None:
    assert files.made(name, b"content")["filename"] == name
    assert files.download(name).content == b"content"
    assert files.names() == [name]


FORBIDDEN_NAMES = [
    *('a"b', "a*b", "a/b", "a:b", "a<b", "a>b", "a?b", "a\\b", "a|b", "a\0b", "a\nb", "\x1f", "\x7f"),
    *("x" * 901, "あ" * 300 + "x", ".", ".."),
]


@pytest.mark.parametrize("name", FORBIDDEN_NAMES)
def test_names_that_break_a_rule_are_refused(files: Files, name: str) -> None:
    assert files.upload(name).status == 400
    files.made()
    assert files.change(body={"filename": name}).status == 400


@pytest.mark.parametrize("name", ["a/b", "a|b", "x" * 901])
def test_no_such_name_is_ever_found(files: Files, name: str) -> None:
    assert files.replace(name).status == 400
    assert files.delete(name).status == 400
    assert files.download(name).status == 404
    assert files.meta(name).status == 404


def test_an_empty_file_is_a_file(files: Files) -> None:
    assert files.made(content=b"")["length"] == 0
    answer = files.download()
    assert (answer.status, answer.content, answer.headers["X-Content-Length"]) == (200, b"", "0")


def test_a_name_is_taken_once(files: Files) -> None:
    files.made()
    answer = files.upload(content=b"second")
    assert answer.status == 409
    assert answer.json == {"reasonCode": "duplicate_filename", "detail": "Duplicate File Name"}
    assert files.download().content == b"hello"


def test_an_upload_takes_the_place_of_a_marked_file(files: Files) -> None:
    first = files.made(headers={"X-Meta-Options": '{"a": 1}'})
    files.delete(deleteMark=1)
    second = files.made(content=b"second")
    assert second["_id"] == first["_id"]
    assert "_deleted" not in second
    assert "options" not in second
    assert files.download().content == b"second"


def test_a_bucket_that_is_not_there_is_not_found(files: Files) -> None:
    files.bucket = "nobox"
    assert files.upload().status == 404
    assert files.nec.get("/files/nobox").status == 404
    assert files.download().status == 404


def test_a_file_that_is_too_large_is_refused(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    contents = files.nec.core.files._contents
    monkeypatch.setattr(contents, "_max_file_bytes", 5)
    files.made(content=b"12345")
    for answer in (files.upload("b", b"123456"), files.replace(content=b"123456")):
        assert answer.status == 413
        assert "5 bytes" in answer.json["error"]
    assert files.names() == ["a.txt"]
    assert files.download().content == b"12345"


def test_a_tenant_stores_as_much_as_it_may(files: Files) -> None:
    nec = files.nec
    nec.core.tenants.change_settings(nec.tenant, lambda settings: TenantSettings(max_storage_bytes=10))
    files.made("a", b"12345")
    Files(nec, bucket=nec.bucket("box2", kind="file")).made("b", b"12345")
    assert files.made("empty", b"")["length"] == 0
    for answer in (files.upload("c", b"1"), files.replace("a", b"123456")):
        assert answer.status == 507
        assert "10 bytes" in answer.json["error"]
    assert files.replace("a", b"54321").status == 200
    files.delete("a", deleteMark=1)
    assert files.upload("c", b"1234").status == 200


def test_a_large_file_needs_no_small_body(files: Files) -> None:
    content = bytes(range(256)) * 4096 * 11
    assert files.made(content=content)["length"] == len(content) > 10 * 1024 * 1024
    assert files.download().content == content


def test_an_encoded_content_is_refused(files: Files) -> None:
    assert files.upload(headers={"Content-Encoding": "gzip"}).status == 415


# --- replace ---


def test_a_replaced_content_moves_both_etags_and_keeps_the_rest(files: Files) -> None:
    before = files.made(headers={"Content-Type": "plain/text", "X-Meta-Options": '{"a": 1}'}, cacheDisabled=1)
    files.nec.core.clock.advance(seconds=1)
    answer = files.replace(content=b"another content")
    after = answer.json
    assert answer.status == 200
    assert without(after, *MOVING, "length") == without(before, *MOVING, "length")
    assert after["length"] == 15
    assert all(after[name] != before[name] for name in MOVING)
    assert files.meta().json == after
    assert files.download().content == b"another content"


def test_a_content_type_given_with_a_replacement_counts(files: Files) -> None:
    files.made()
    assert files.replace(content_type="image/png").json["contentType"] == "image/png"
    assert files.download().headers["Content-Type"] == "image/png"
    assert files.replace(content_type="絵").status == 400


def test_a_replacement_needs_a_file(files: Files) -> None:
    assert files.replace().status == 404


def test_a_replacement_brings_a_marked_file_back(files: Files) -> None:
    files.made()
    files.delete(deleteMark=1)
    answer = files.replace(content=b"back")
    assert answer.status == 200
    assert "_deleted" not in answer.json
    assert files.download().content == b"back"


@pytest.mark.parametrize("etag", ["metaETag", "fileETag"])
@pytest.mark.parametrize("stale", ["", "nonsense"])
def test_an_etag_that_differs_is_a_mismatch_and_shows_what_is_stored(files: Files, etag: str, stale: str) -> None:
    files.made(acl=json.dumps(ALL))
    url = files.publish().json["publicUrl"]
    stored = files.meta().json
    for answer in (
        files.replace(**{etag: stale}),
        files.delete(**{etag: stale}),
        files.delete(deleteMark=1, **{etag: stale}),
    ):
        assert answer.status == 409
        assert answer.json == {"reasonCode": "etag_mismatch", "detail": stored}
        assert answer.json["detail"]["publicUrl"] == url
    if etag == "metaETag":
        for answer in (
            files.change(body={}, metaETag=stale),
            files.publish(metaETag=stale),
            files.unpublish(metaETag=stale),
        ):
            assert answer.json == {"reasonCode": "etag_mismatch", "detail": stored}
    assert files.meta().json == stored


def test_an_etag_that_matches_lets_the_change_through(files: Files) -> None:
    made = files.made()
    after = files.replace(metaETag=made["metaETag"], fileETag=made["fileETag"])
    assert after.status == 200
    assert files.change(body={"contentType": "a/b"}, metaETag=after.json["metaETag"]).status == 200
    assert files.delete(metaETag=files.meta().json["metaETag"], fileETag=after.json["fileETag"]).json == {}


# --- delete ---


def test_a_delete_for_good_answers_an_empty_object(files: Files) -> None:
    files.made()
    answer = files.delete()
    assert (answer.status, answer.json) == (200, {})
    assert files.names(deleteMark=1) == []


def test_a_delete_mark_keeps_the_metadata_and_moves_the_etags(files: Files) -> None:
    before = files.made(headers={"X-Meta-Options": '{"a": 1}'})
    files.nec.core.clock.advance(seconds=1)
    answer = files.delete(deleteMark=1)
    assert answer.status == 200
    assert without(answer.json, *MOVING) == without(before, *MOVING) | {"_deleted": True}
    assert all(answer.json[name] != before[name] for name in MOVING)
    assert files.meta().status == 404
    assert files.meta(deleteMark=1).json == answer.json
    assert files.download().status == 404


def test_a_marked_file_can_only_come_back_or_go(files: Files) -> None:
    files.made()
    files.delete(deleteMark=1)
    for answer in (files.change(body={}), files.publish(), files.unpublish()):
        assert answer.status == 404
    assert files.delete(deleteMark=1).status == 200
    assert files.delete().json == {}
    assert files.meta(deleteMark=1).status == 404
