from __future__ import annotations

import pytest

from tests.dialects.nec.world import Nec


@pytest.fixture(autouse=True)
def _box(nec: Nec) -> None:
    nec.bucket()


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        (None, 200),
        ("application/json", 200),
        ("APPLICATION/JSON; charset=utf-8", 200),
        ("application/json;charset=UTF-8", 200),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("application/jsonx", 415),
        ("json", 415),
    ],
)
def test_the_type_of_a_body(nec: Nec, content_type: str | None, status: int) -> None:
    for method, path in (("POST", "/objects/box"), ("PUT", "/groups/staff"), ("POST", "/objects/box/_query")):
        answer = nec.send(method, path, {}, by=nec.master, headers={"Content-Type": content_type})
        assert answer.status == status
        assert status == 200 or isinstance(answer.json["error"], str)


@pytest.mark.parametrize("content_type", ["application/json", "application/octet-stream", "text/plain"])
def test_the_type_of_a_request_without_a_body_means_nothing(nec: Nec, content_type: str) -> None:
    headers = {"Content-Type": content_type}
    assert nec.send("GET", "/objects/box", headers=headers).status == 200
    assert nec.send("DELETE", "/objects/box", headers=headers).status == 200


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b" ",
        b"{",
        b"[]",
        b"null",
        b'"text"',
        b"5",
        b"{'a': 1}",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": -Infinity}',
        b'{"a": 1e999}',
        b'{"a": 18446744073709551616}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": "\xff"}',
        b"\xff\xfe{\x00}\x00",
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"a\\u0000b": 1}',
        b'{"a": [{"b\\u0000": 1}]}',
        b'{"a": 1} x',
        b'{"a": "tab\tinside"}',
        b'{"a":' * 101 + b"1" + b"}" * 101,
        b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
        b"[" * 100_000,
        b'{"x":"\\ud800","a":' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    ],
)
def test_a_body_that_is_no_json_object_is_refused(nec: Nec, content: bytes) -> None:
    answer = nec.post("/objects/box", content)
    assert answer.status == 400
    assert isinstance(answer.json["error"], str)
    assert nec.get("/objects/box").json["results"] == []


def test_of_equal_keys_the_last_counts(nec: Nec) -> None:
    assert nec.post("/objects/box", b'{"a": 1, "a": 2}').json["a"] == 2


def test_a_byte_order_mark_is_passed_over(nec: Nec) -> None:
    assert nec.post("/objects/box", b'\xef\xbb\xbf{"a": 1}').json["a"] == 1


def test_a_pair_of_surrogates_is_a_character_and_a_zero_may_be_in_a_text(nec: Nec) -> None:
    made = nec.post("/objects/box", b'{"a": "\\ud83d\\ude00", "b": "x\\u0000y"}').json
    assert (made["a"], made["b"]) == ("\U0001f600", "x\0y")
    assert nec.get(f"/objects/box/{made['_id']}").json == made


@pytest.mark.parametrize("where", ['{"a": "\\ud800"}', '{"a": NaN}', '{"a": 1e999}', "{" * 9000, "nope", '"{}"', "5"])
def test_json_in_the_url_is_held_to_the_same(nec: Nec, where: str) -> None:
    assert nec.get("/objects/box", where=where).status == 400
