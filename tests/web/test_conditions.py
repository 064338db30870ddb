from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import InvalidInput
from chalicelib.web.conditions import any_tags, byte_range, range_tag, strong_tags


@pytest.mark.parametrize(
    ("header", "part"),
    [
        (None, None),
        ("", None),
        ("items=1-2", None),
        ("bytes=0-0", (0, 0)),
        ("bytes=10-20", (10, 20)),
        ("bytes=10-", (10, None)),
        ("bytes=-5", (None, 5)),
        (" BYTES=1-2 ", (1, 2)),
        ("bytes= 1 - 2 ", (1, 2)),
        ("bytes=0-999999999999999999", (0, 999999999999999999)),
    ],
)
def test_a_range_header_asks_for_one_part_or_the_whole(
    header: str | None, part: tuple[int | None, int | None] | None
) -> None:
    assert byte_range(header) == part


@pytest.mark.parametrize(
    "header",
    [
        "bytes=",
        "bytes=-",
        "bytes=1",
        "bytes=2-1",
        "bytes=1-2,3-4",
        "bytes=a-b",
        "bytes=--1",
        "bytes=1-2-3",
        "bytes=0x1-2",
        f"bytes={'9' * 19}-",
        f"bytes={'9' * 10000}-",
    ],
)
def test_what_is_no_part_or_more_than_one_is_refused(header: str) -> None:
    with pytest.raises(InvalidInput):
        byte_range(header)


@pytest.mark.parametrize(
    ("header", "strong", "both"),
    [
        (None, (), ()),
        ("", (), ()),
        ("*", ("*",), ("*",)),
        ('"a"', ("a",), ("a",)),
        ("a-b", ("a-b",), ("a-b",)),
        ('"a", "b,c" ,d', ("a", "b,c", "d"), ("a", "b,c", "d")),
        ('W/"a", "b"', ("W/a", "b"), ("a", "b")),
        ('""', ("",), ("",)),
    ],
)
def test_entity_tags_are_read_strong_or_weak(
    header: str | None, strong: tuple[str, ...], both: tuple[str, ...]
) -> None:
    assert strong_tags(header) == strong
    assert any_tags(header) == both


def test_the_tag_of_a_range_is_one_strong_tag() -> None:
    assert range_tag(None) is None
    assert range_tag('"a"') == "a"
    assert range_tag("a") == "a"
    assert range_tag('W/"a"') == "W/a"
    assert range_tag("Sat, 21 Nov 2026 12:00:00 GMT") not in ("Sat", "GMT", "")


@given(st.text(alphabet='bytes=0123456789-, "W/*\\aé\t', max_size=40) | st.text(max_size=40))
def test_no_header_does_more_than_be_refused(header: str) -> None:
    try:
        part = byte_range(header)
    except InvalidInput:
        part = None
    assert part is None or any(number is not None for number in part)
    assert all(isinstance(tag, str) for tag in strong_tags(header) + any_tags(header))
    assert isinstance(range_tag(header), str)


@given(st.lists(st.text(alphabet="abc-0123,* ", min_size=1, max_size=10), max_size=5))
def test_quoted_tags_come_back_as_they_were(tags: list[str]) -> None:
    assert any_tags(", ".join(f'"{tag}"' for tag in tags)) == tuple(tags)
