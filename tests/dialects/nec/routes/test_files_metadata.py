from __future__ import annotations

import json
from typing import Any

import pytest

from tests.dialects.nec.files import ALL, Files, without
from tests.dialects.nec.world import LISTS, NOTHING


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


def test_a_list_may_be_asked_for_in_parts(files: Files) -> None:
    for name in "dacb":
        files.made(name)
    assert [files.names(limit=2), files.names(skip=2, limit=2), files.names(skip=4)] == [["a", "b"], ["c", "d"], []]
    assert files.names(limit=-1) == ["a", "b", "c", "d"]
    assert files.names(limit=0) == []
    for wrong in ({"limit": "x"}, {"limit": -2}, {"skip": -1}, {"skip": ""}):
        assert files.nec.get("/files/box", **wrong).status == 400


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
