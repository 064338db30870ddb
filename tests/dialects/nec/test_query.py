from __future__ import annotations

from typing import Any

import pytest

from chalicelib.core.errors import InvalidInput
from chalicelib.core.query.filter import EVERYTHING
from chalicelib.dialects.nec.query import (
    DEFAULT_LIMIT,
    MAX_NUMBER,
    MAX_TIMEOUT_MS,
    aggregation,
    condition,
    flag,
    object_query,
    url_parameters,
    whole_number,
)
from chalicelib.dialects.nec.wire.values import date_text
from chalicelib.web.call import QueryParameters


def test_nothing_asked_is_a_page_of_everything() -> None:
    asked = object_query({})
    assert asked.filter is EVERYTHING
    assert (asked.skip, asked.limit, asked.timeout_ms) == (0, DEFAULT_LIMIT, None)
    assert not (asked.order)
    assert not (asked.projection)
    assert not (asked.include_deleted)
    assert not (asked.with_count)
    assert not (asked.stale_reads)


def test_order_is_a_list_of_paths_with_a_minus_for_descending() -> None:
    assert object_query({"order": " a.b , -c,- d"}).order.keys == (("a.b", 1), ("c", -1), ("d", -1))


@pytest.mark.parametrize(("limit", "meant"), [(-1, None), ("-1", None), (0, 0), ("7", 7), (7.0, 7)])
def test_a_limit_of_minus_one_is_none(limit: Any, meant: int | None) -> None:
    assert object_query({"limit": limit}).limit == meant


@pytest.mark.parametrize(("timeout", "meant"), [(0, None), ("0", None), (5, 5), (10**6, MAX_TIMEOUT_MS)])
def test_a_longer_wish_for_time_gets_the_longest(timeout: Any, meant: int | None) -> None:
    assert object_query({"timeout": timeout}).timeout_ms == meant
    if isinstance(timeout, int):
        assert aggregation({"pipeline": [], "options": {"maxTimeMS": timeout}}).timeout_ms == meant


@pytest.mark.parametrize("value", [1, "1", True, "true", "True"])
def test_flags_that_are_up(value: Any) -> None:
    assert flag({"count": value}, "count")


@pytest.mark.parametrize("value", [0, "0", False, "false", None])
def test_flags_that_are_down(value: Any) -> None:
    assert not flag({"count": value}, "count")
    assert not flag({}, "count")


@pytest.mark.parametrize("value", [2, -1, 1.0, "", "yes", [], {}])
def test_flags_that_are_none(value: Any) -> None:
    with pytest.raises(InvalidInput):
        flag({"count": value}, "count")


@pytest.mark.parametrize(
    "value", ["", "x", "1e3", "٣", " 1", True, 1.5, float("nan"), [], MAX_NUMBER + 1, "99999999999"]
)
def test_numbers_that_are_none(value: Any) -> None:
    with pytest.raises(InvalidInput):
        whole_number({"skip": value}, "skip", 0, smallest=0)


def test_only_known_parameters_of_a_url_count_and_of_several_the_last() -> None:
    query = QueryParameters({"limit": ["1", "2"], "other": ["x"]})
    assert url_parameters(query) == {"limit": "2"}


def test_only_the_stamps_of_the_object_itself_are_dates() -> None:
    moment = "2026-01-02T03:04:05.000Z"
    source = condition({"where": {"createdAt": moment, "own.createdAt": moment, "a": {"createdAt": moment}}}).source
    assert source["createdAt"] != moment
    assert source["own.createdAt"] == moment
    assert source["a"] == {"createdAt": moment}


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-02", "2026-01-02T00:00:00.000Z"),
        ("2026-01-02T03:04", "2026-01-02T03:04:00.000Z"),
        ("2026-01-02T03:04:05", "2026-01-02T03:04:05.000Z"),
        ("2026-01-02T03:04:05.678", "2026-01-02T03:04:05.678Z"),
        ("2026-01-02T12:04:05.678+09:00", "2026-01-02T03:04:05.678Z"),
    ],
)
def test_a_day_and_a_time_without_zone_are_moments_of_utc_where_stamps_are_compared(text: str, moment: str) -> None:
    (bound,) = condition({"where": {"createdAt": {"$gte": text}}}).source["createdAt"].values()
    assert date_text(bound) == moment


@pytest.mark.parametrize(
    "text", ["2026", "2026-01", "2026-13-01", "2026-02-30", "20260102", "2026-01-02T", "2026-01-02Z"]
)
def test_other_texts_stay_texts_where_stamps_are_compared(text: str) -> None:
    assert condition({"where": {"createdAt": {"$gte": text}}}).source == {"createdAt": {"$gte": text}}


def test_a_pattern_on_a_stamp_stays_a_pattern() -> None:
    moment = "2026-01-02T03:04:05.000Z"
    assert condition({"where": {"createdAt": {"$regex": moment}}}).source == {"createdAt": {"$regex": moment}}
