"""Bodies as bytes: what JSON can say is said the same way whoever writes it, what it cannot is refused."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.web.call import Reply
from chalicelib.web.encoding import encode


def written(body: Any) -> bytes:
    content = encode(Reply(200, body)).body
    assert isinstance(content, bytes)
    return content


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        {"z": 1, "a": [True, False, None], "": {"b": []}},
        {"int64": [2**63 - 1, -(2**63)], "more": 2**64, "much more": -(10**30)},
        {"float": [0.1, -0.0, 1e-7, 1e16, 1.7976931348623157e308, 5e-324]},
        {"text": '今日 "quoted" \\ \n\t\x00\x1f\x7f\u2028 😀'},
    ],
)
def test_plain_values_come_out_as_they_went_in(body: Any) -> None:
    assert json.loads(written(body)) == body
    assert list(json.loads(written(body))) == list(body)


def test_json_is_compact_and_not_escaped() -> None:
    assert written({"a": [1, "日"], "b": None}) == '{"a":[1,"日"],"b":null}'.encode()


def test_half_of_a_surrogate_pair_goes_out_escaped() -> None:
    assert written({"a": "\ud800", "b": "日"}) == b'{"a":"\\ud800","b":"\\u65e5"}'


def test_deep_nesting_is_written() -> None:
    body: list[Any] = []
    for _ in range(600):
        body = [body]
    assert written(body) == b"[" * 601 + b"]" * 601


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
@pytest.mark.parametrize("place", [lambda number: {"a": [{"b": number}]}, lambda number: [None, [number]]])
def test_a_number_that_json_does_not_have_is_refused(number: float, place: Any) -> None:
    with pytest.raises(ValueError, match="JSON"):
        written(place(number))


@pytest.mark.parametrize("value", [datetime.now(UTC), b"bytes", {1, 2}, object()])
def test_a_value_that_is_not_json_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="not JSON serializable"):
        written({"a": value})
