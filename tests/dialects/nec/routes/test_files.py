from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.core.tenants.model import TenantSettings
from tests.dialects.nec.files import ALL, Files
from tests.dialects.nec.world import NOTHING, Nec

LISTS: dict[str, list[str]] = {"r": [], "w": [], "c": [], "u": [], "d": [], "admin": []}
MOVING = ("updatedAt", "metaETag", "fileETag")


@pytest.fixture
def files(nec: Nec) -> Files:
    nec.bucket("box", kind="file")
    return Files(nec)


def without(metadata: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in metadata.items() if name not in names}


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


# --- download ---


def test_a_download_says_what_it_is(files: Files) -> None:
    made = files.made("日本 x.txt", b"\x00\xff\r\n", headers={"Content-Type": "plain/text"})
    answer = files.download("日本 x.txt", Accept_Encoding="gzip")
    assert (answer.status, answer.content) == (200, b"\x00\xff\r\n")
    headers = answer.headers
    assert headers["Content-Type"] == "plain/text"
    assert headers["X-Content-Length"] == "4"
    assert headers["ETag"] == f'"{made["fileETag"]}"'
    assert headers["Accept-Ranges"] == "bytes"
    assert headers["Content-Disposition"] == (
        "attachment; filename=\"__ x.txt\"; filename*=UTF-8''%E6%97%A5%E6%9C%AC%20x.txt"
    )
    assert "Content-Encoding" not in headers


@pytest.mark.parametrize(
    ("asked", "content", "told"),
    [
        ("bytes=0-0", b"0", "0-0"),
        ("bytes=2-4", b"234", "2-4"),
        ("bytes=7-", b"789", "7-9"),
        ("bytes=-3", b"789", "7-9"),
        ("bytes=8-99999999999", b"89", "8-9"),
        ("bytes=-99", b"0123456789", "0-9"),
        ("Bytes= 1 - 2 ", b"12", "1-2"),
    ],
)
def test_one_part_is_sent_alone(files: Files, asked: str, content: bytes, told: str) -> None:
    files.made(content=b"0123456789")
    answer = files.download(Range=asked)
    assert (answer.status, answer.content) == (206, content)
    assert answer.headers["Content-Range"] == f"bytes {told}/10"
    assert answer.headers["X-Content-Length"] == str(len(content))


@pytest.mark.parametrize("asked", ["bytes=10-", "bytes=99-100", "bytes=-0"])
def test_a_part_behind_the_end_cannot_be_sent(files: Files, asked: str) -> None:
    files.made(content=b"0123456789")
    answer = files.download(Range=asked)
    assert answer.status == 416
    assert answer.headers["Content-Range"] == "bytes */10"
    assert isinstance(answer.json["error"], str)


@pytest.mark.parametrize("asked", ["bytes=0-1,3-4", "bytes=", "bytes=-", "bytes=a-b", "bytes=4-2", "bytes=1-2-3"])
def test_several_parts_and_none_are_refused(files: Files, asked: str) -> None:
    files.made(content=b"0123456789")
    assert files.download(Range=asked).status == 400


def test_parts_in_other_units_are_not_looked_at(files: Files) -> None:
    files.made()
    assert files.download(Range="lines=1-2").status == 200


def test_an_empty_file_has_no_parts(files: Files) -> None:
    files.made(content=b"")
    assert files.download(Range="bytes=0-").status == 416


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("If_Match", '"{}"', 200),
        ("If_Match", "{}", 200),
        ("If_Match", '"x", "{}"', 200),
        ("If_Match", "*", 200),
        ("If_Match", '"x"', 412),
        ("If_Match", 'W/"{}"', 412),
        ("If_None_Match", '"{}"', 304),
        ("If_None_Match", 'W/"{}"', 304),
        ("If_None_Match", "{}", 304),
        ("If_None_Match", "*", 304),
        ("If_None_Match", '"x"', 200),
    ],
)
def test_a_download_may_depend_on_the_version(files: Files, header: str, value: str, status: int) -> None:
    etag = files.made()["fileETag"]
    answer = files.download(**{header: value.replace("{}", etag)})
    assert answer.status == status
    if status == 304:
        assert answer.content == b""
    if status != 412:
        assert answer.headers["ETag"] == f'"{etag}"'


@pytest.mark.parametrize(
    ("tag", "status"),
    [('"{}"', 206), ("{}", 206), ('"x"', 200), ('W/"{}"', 200), ("Sat, 21 Nov 2026 12:00:00 GMT", 200)],
)
def test_a_part_of_another_version_is_the_whole(files: Files, tag: str, status: int) -> None:
    etag = files.made(content=b"0123456789")["fileETag"]
    answer = files.download(Range="bytes=1-2", If_Range=tag.replace("{}", etag))
    assert (answer.status, answer.content) == (status, b"12" if status == 206 else b"0123456789")


def test_a_head_request_has_every_header_and_no_content(files: Files) -> None:
    files.made()
    got = files.download()
    headed = files.nec.send("HEAD", files.path("a.txt"), headers={"Range": "bytes=1-2"})
    assert (headed.status, headed.content) == (200, b"")
    assert headed.headers["Content-Length"] == headed.headers["X-Content-Length"] == "5"
    same = ("ETag", "Content-Type", "Content-Disposition", "Accept-Ranges", "Cache-Control")
    assert [headed.headers[name] for name in same] == [got.headers[name] for name in same]
    assert files.nec.send("HEAD", files.path("nofile")).status == 404


def test_a_deleted_file_is_not_there(files: Files) -> None:
    files.made()
    files.delete()
    assert [answer.status for answer in (files.download(), files.meta(), files.delete(), files.replace())] == [404] * 4


# --- list and metadata ---


def test_files_are_listed_by_name_as_far_as_the_caller_may_read_them(files: Files) -> None:
    ann = files.nec.user("ann")
    files.made("b")
    files.made("c", by=ann)
    files.made("a", acl='{"r": ["g:authenticated"]}')
    listed = {who: files.names(by=files.nec.person(who)) for who in ("guest", "ann", "bob", "master")}
    assert listed == {"guest": ["b"], "ann": ["a", "b", "c"], "bob": ["a", "b"], "master": ["a", "b", "c"]}


def test_a_list_holds_what_the_metadata_say_and_the_time(files: Files) -> None:
    made = files.made()
    answer = files.nec.get("/files/box")
    assert answer.json["results"] == [made]
    assert answer.json["currentTime"].endswith("Z")


def test_a_list_may_hold_only_the_published_or_also_the_marked(files: Files) -> None:
    for name in ("a", "b", "c"):
        files.made(name)
    files.publish("b")
    files.delete("c", deleteMark=1)
    assert files.names() == ["a", "b"]
    assert files.names(published=1) == ["b"]
    assert files.names(published=0) == ["a", "b"]
    assert files.names(deleteMark=1) == ["a", "b", "c"]
    assert files.nec.get("/files/box", deleteMark="x").status == 400


def test_metadata_are_changed_one_by_one(files: Files) -> None:
    before = files.made(acl=json.dumps(ALL))
    body = {
        "filename": "b.txt",
        "contentType": "image/png",
        "ACL": {"r": ["g:anonymous"], "w": ["g:anonymous"], "admin": ["g:anonymous"]},
        "cacheDisabled": True,
        "options": {"deep": {"er": [1, None]}},
    }
    name, file_etag = "a.txt", before["fileETag"]
    for key, value in body.items():
        answer = files.change(name, {key: value})
        name = answer.json["filename"]
        assert answer.status == 200
        assert answer.json[key] == (LISTS | value if key == "ACL" else value)
        assert answer.json["fileETag"] == file_etag
        assert answer.json["metaETag"] != before["metaETag"]
        before = answer.json
    assert files.meta(name).json == before
    assert files.meta("a.txt").status == 404
    assert files.download(name).content == b"hello"


def test_a_change_of_nothing_moves_the_meta_etag_and_the_date(files: Files) -> None:
    before = files.made()
    files.nec.core.clock.advance(seconds=1)
    after = files.change(body={}).json
    assert without(after, "updatedAt", "metaETag") == without(before, "updatedAt", "metaETag")
    assert after["metaETag"] != before["metaETag"]
    assert after["updatedAt"] > before["updatedAt"]


def test_whole_metadata_may_come_back(files: Files) -> None:
    files.made()
    published = files.publish().json
    answer = files.change(body=published | {"length": 99, "_id": "x", "options": '{"a": "文字"}'})
    assert answer.status == 200
    assert without(answer.json, "metaETag", "options") == without(published, "metaETag")
    assert answer.json["options"] == {"a": "文字"}


def test_a_change_needs_no_content_type_and_refuses_a_wrong_one(files: Files) -> None:
    files.made()
    body = b'{"contentType": "a/b"}'
    path = files.path("a.txt", "/meta")
    assert files.nec.send("PUT", path, body, headers={"Content-Type": None}).status == 200
    assert files.nec.send("PUT", path, body, headers={"Content-Type": "text/plain"}).status == 415


@pytest.mark.parametrize(
    "body",
    [
        *({"filename": 1}, {"contentType": []}, {"contentType": ""}, {"contentType": "a\nb"}, {"contentType": "型"}),
        *(
            {"ACL": "x"},
            {"ACL": {"r": [1]}},
            {"cacheDisabled": "true"},
            {"options": 1},
            {"options": "["},
            {"options": "1"},
        ),
        *({"options": []}, {"options": {"$a": 1}}, [], NOTHING),
    ],
)
def test_changes_that_make_no_sense_are_refused(files: Files, body: Any) -> None:
    before = files.made()
    assert files.change(body=body).status == 400
    assert files.meta().json == before


def test_a_name_cannot_be_changed_to_a_taken_one(files: Files) -> None:
    files.made("a")
    files.made("b")
    answer = files.change("a", {"filename": "b"})
    assert answer.status == 409
    assert answer.json == {"reasonCode": "duplicate_filename", "detail": "Duplicate File Name"}
    assert files.change("a", {"filename": "a"}).status == 200
    assert files.change("nofile", {"filename": "c"}).status == 404


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


# --- rights ---


def everything(files: Files, who: str) -> dict[str, int]:
    """The status of each call by one caller; each finds the file as it was made."""
    person = files.nec.person(who)
    calls = {
        "download": lambda: files.download(by=person),
        "meta": lambda: files.meta(by=person),
        "replace": lambda: files.replace(by=person),
        "rename": lambda: files.change(body={"filename": "a.txt"}, by=person),
        "acl": lambda: files.change(body={"ACL": {"d": ["someone"]}}, by=person),
        "cache": lambda: files.change(body={"cacheDisabled": True}, by=person),
        "publish": lambda: files.publish(by=person),
        "unpublish": lambda: files.unpublish(by=person),
        "delete": lambda: files.delete(by=person),
        "mark": lambda: files.delete(by=person, deleteMark=1),
    }
    statuses = {}
    for name, call in calls.items():
        acl = files.meta(by=files.nec.master).json["ACL"]
        statuses[name] = call().status
        files.delete(by=files.nec.master)
        files.made(by=files.nec.master, acl=json.dumps(acl))
    return statuses


CALLS = ("download", "meta", "replace", "rename", "acl", "cache", "publish", "unpublish", "delete", "mark")


@pytest.mark.parametrize(
    ("acl", "may"),
    [
        ({}, ""),
        ({"r": ["g:anonymous"]}, "download meta"),
        ({"u": ["g:anonymous"]}, "replace rename"),
        ({"d": ["g:anonymous"]}, "delete mark"),
        ({"w": ["g:anonymous"]}, "replace rename delete mark"),
        ({"admin": ["g:anonymous"]}, "publish unpublish"),
        ({"u": ["g:anonymous"], "admin": ["g:anonymous"]}, "replace rename acl cache publish unpublish"),
        ({"c": ["g:anonymous"]}, ""),
    ],
)
def test_the_files_acl_says_who_may_do_what(files: Files, acl: dict[str, Any], may: str) -> None:
    files.made(acl=json.dumps(acl), by=files.nec.master)
    allowed = {name: 200 if name in may.split() else 403 for name in CALLS}
    assert everything(files, "guest") == allowed
    assert set(everything(files, "master").values()) == {200}


def test_an_owner_may_do_everything_and_a_stranger_nothing(files: Files) -> None:
    owner = files.nec.user("ann").id
    files.made(acl=json.dumps({"owner": owner}), by=files.nec.master)
    assert set(everything(files, "ann").values()) == {200}
    assert set(everything(files, "bob").values()) == {403}
    assert set(everything(files, "guest").values()) == {403}


@pytest.mark.parametrize(
    ("content_acl", "may"),
    [
        ({}, ""),
        ({"r": ["g:anonymous"]}, "download meta list"),
        ({"c": ["g:anonymous"]}, "create"),
        ({"u": ["g:anonymous"]}, "replace rename acl cache publish unpublish"),
        ({"d": ["g:anonymous"]}, "delete mark"),
        ({"w": ["g:anonymous"]}, "create replace rename acl cache publish unpublish delete mark"),
    ],
)
def test_the_buckets_content_acl_says_what_may_be_done_at_all(
    files: Files, content_acl: dict[str, Any], may: str
) -> None:
    files.nec.bucket("box", content_acl=content_acl, kind="file")
    files.made(acl=json.dumps(ALL), by=files.nec.master)
    statuses = everything(files, "guest")
    statuses |= {"create": files.upload("new").status, "list": files.nec.get("/files/box").status}
    assert statuses == {name: 200 if name in may.split() else 403 for name in statuses}


def test_whoever_may_write_but_not_read_still_sees_the_answer(files: Files) -> None:
    files.nec.bucket("box", content_acl={"w": ["g:anonymous"]}, kind="file")
    files.made(acl='{"w": ["g:anonymous"], "admin": ["g:anonymous"]}')
    for answer in (files.replace(), files.change(body={}), files.publish(by=files.nec.guest)):
        assert answer.json["filename"] == "a.txt"
    assert files.meta().status == 403
