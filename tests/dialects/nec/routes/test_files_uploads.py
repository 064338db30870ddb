from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.errors import Unavailable
from chalicelib.core.files.ports import SignedRequest
from tests.dialects.nec.files import ALL, Files
from tests.dialects.nec.routes.conftest import StoredFiles
from tests.dialects.nec.world import Answer, Nec, Person

MIB = 1024 * 1024
SIZE = 20 * MIB
PLAN = {"size": SIZE, "contentType": "video/mp4", "ACL": ALL, "options": {"a": "値"}, "cacheDisabled": True}


def begin(stored: Files, plan: Any = PLAN, name: str = "big", *, by: Person | None = None) -> Answer:
    return stored.nec.post(stored.path(name), plan, by=by, upload="presigned")


def send(stored: StoredFiles, upload: dict[str, Any], *numbers: int) -> None:
    """Does what a client does with `parts`: sends each by the request given for it."""
    for part in upload["parts"]:
        if not numbers or part["number"] in numbers:
            size = min(upload["partSize"], upload["size"] - (part["number"] - 1) * upload["partSize"])
            request = SignedRequest(part["method"], part["url"], part["headers"], stored.nec.core.clock.now())
            stored.blobs.send(request, bytes([part["number"]]) * size)


def tail(upload: dict[str, Any], verb: str = "") -> str:
    return f"/uploads/{upload['uploadId']}{verb}"


def complete(stored: StoredFiles, upload: dict[str, Any], name: str = "big", *, by: Person | None = None) -> Answer:
    return stored.nec.post(stored.path(name, tail(upload, "/complete")), by=by)


def test_a_store_that_takes_no_parts_says_so(nec: Nec) -> None:
    nec.bucket("box", kind="file")
    answer = begin(Files(nec))
    assert answer.status == 400
    assert "one request" in answer.json["error"]


def test_a_large_file_comes_in_parts(stored: StoredFiles) -> None:
    upload = begin(stored).json
    assert {name: upload[name] for name in ("filename", "size", "partSize", "arrived")} == {
        "filename": "big",
        "size": SIZE,
        "partSize": 8 * MIB,
        "arrived": [],
    }
    assert [part["number"] for part in upload["parts"]] == [1, 2, 3]
    assert {part["method"] for part in upload["parts"]} == {"PUT"}
    send(stored, upload)
    answer = complete(stored, upload)
    assert answer.status == 200
    assert answer.json == stored.meta("big").json
    made = answer.json
    assert (made["filename"], made["contentType"], made["length"]) == ("big", "video/mp4", SIZE)
    assert (made["ACL"] | ALL, made["options"], made["cacheDisabled"]) == (made["ACL"], {"a": "値"}, True)


def test_an_upload_is_resumed(stored: StoredFiles) -> None:
    upload = begin(stored).json
    send(stored, upload, 1, 3)
    seen = stored.nec.get(stored.path("big", tail(upload))).json
    assert [part["number"] for part in seen["arrived"]] == [1, 3]
    assert [part["number"] for part in seen["parts"]] == [2]
    early = complete(stored, upload)
    assert early.status == 400
    assert "3 parts are expected" in early.json["error"]
    send(stored, seen)
    assert complete(stored, upload).status == 200


def test_a_file_is_replaced_in_parts(stored: StoredFiles) -> None:
    made = stored.made("big")
    plan = {"size": 5, "contentType": "image/png"}
    path = stored.path("big")
    assert stored.nec.put(path, plan, upload="presigned", metaETag="").status == 409
    assert stored.nec.put(stored.path("nofile"), plan, upload="presigned").status == 404
    upload = stored.nec.put(path, plan, upload="presigned", fileETag=made["fileETag"]).json
    send(stored, upload)
    after = complete(stored, upload).json
    assert (after["_id"], after["ACL"], after["contentType"]) == (made["_id"], made["ACL"], "image/png")
    assert stored.download("big").content == b"\x01" * 5


def test_an_aborted_upload_is_gone(stored: StoredFiles) -> None:
    upload = begin(stored).json
    path = stored.path("big", tail(upload))
    assert stored.nec.delete(path).json == {}
    assert stored.nec.delete(path).status == 404
    assert stored.nec.get(path).status == 404
    assert complete(stored, upload).status == 404


@pytest.mark.parametrize(
    "plan",
    [
        *({}, {"size": 1}, {"contentType": "a/b"}, PLAN | {"size": "1"}, PLAN | {"size": True}, PLAN | {"size": 1.5}),
        *(
            PLAN | {"size": 0},
            PLAN | {"size": -1},
            PLAN | {"ACL": 1},
            PLAN | {"options": []},
            PLAN | {"contentType": ""},
        ),
        *(PLAN | {"cacheDisabled": 1}, []),
    ],
)
def test_a_plan_that_makes_no_sense_is_refused(stored: StoredFiles, plan: Any) -> None:
    assert begin(stored, plan).status == 400
    assert stored.blobs.uploads == {}


def test_an_upload_obeys_the_limits(stored: StoredFiles) -> None:
    assert begin(stored, PLAN | {"size": 5 * 1024 * MIB + 1}).status == 413
    stored.made("taken")
    assert begin(stored, name="taken").json["reasonCode"] == "duplicate_filename"
    assert begin(stored, name="a/b").status == 400
    assert stored.nec.post(stored.path("big"), PLAN, upload="magic").status == 400


@pytest.mark.parametrize("who", ["guest", "bob"])
def test_an_upload_is_its_beginners(stored: StoredFiles, who: str) -> None:
    stored.nec.bucket("box", content_acl={"w": ["g:anonymous"]}, kind="file")
    upload = begin(stored, by=stored.nec.user("ann")).json
    stranger = stored.nec.person(who)
    path = stored.path("big", tail(upload))
    assert stored.nec.get(path, by=stranger).status == 404
    assert stored.nec.delete(path, by=stranger).status == 404
    assert complete(stored, upload, by=stranger).status == 404
    assert stored.nec.get(path, by=stored.nec.user("ann")).status == 200


def test_beginning_needs_the_create_right(stored: StoredFiles) -> None:
    stored.nec.bucket("box", content_acl={"r": ["g:anonymous"]}, kind="file")
    assert begin(stored).status == 403
    assert begin(stored, by=stored.nec.master).status == 200


def test_an_upload_of_one_tenant_means_nothing_to_another(stored: StoredFiles) -> None:
    upload = begin(stored).json
    core = stored.nec.core
    tenant = core.tenants.create("other").id
    other = Nec(core, stored.nec.client, tenant, core.tenants.create_app(tenant, "app"))
    other.bucket("box", kind="file")
    path = stored.path("big", tail(upload))
    for person in (other.guest, other.master):
        assert other.get(path, by=person).status == 404
        assert other.delete(path, by=person).status == 404
        assert other.post(f"{path}/complete", by=person).status == 404
    send(stored, upload)
    assert complete(stored, upload).status == 200


def test_a_store_that_fails_is_tried_again(stored: StoredFiles) -> None:
    stored.blobs.failures["begin_parts"] = Unavailable("down")
    assert begin(stored).status == 503
    upload = begin(stored).json
    send(stored, upload)
    for method in ("parts", "complete_parts"):
        stored.blobs.failures[method] = Unavailable("down")
        assert complete(stored, upload).status == 503
    assert stored.names() == []
    assert complete(stored, upload).status == 200
