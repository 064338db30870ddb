from __future__ import annotations

import pytest

from tests.dialects.nec.files import Files


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
