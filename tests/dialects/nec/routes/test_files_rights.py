from __future__ import annotations

import json
from typing import Any

import pytest

from tests.dialects.nec.files import ALL, Files


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
