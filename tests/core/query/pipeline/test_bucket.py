from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chalicelib.core.errors import InvalidQuery, OperatorMisused
from chalicelib.core.query.pipeline import bucket
from chalicelib.core.query.pipeline.stage import Budget
from tests.core.query.pipeline.running import check_error, run

NUMBERS = [{"_id": index, "v": value} for index, value in enumerate([5, 0, 10, 12.5, 19, 5.0])]


def bucketed(options, documents=NUMBERS):
    return run([{"$bucket": {"groupBy": "$v", **options}}], documents)


def automatic(options, values):
    return run([{"$bucketAuto": {"groupBy": "$v", **options}}], [{"v": value} for value in values])


def test_buckets_include_their_lower_boundary_and_empty_ones_are_left_out():
    rows = bucketed({"boundaries": [0, 5, 10, 11, 12, 20]})
    assert rows == [{"_id": 0, "count": 1}, {"_id": 5, "count": 2}, {"_id": 10, "count": 1}, {"_id": 12, "count": 2}]


def test_what_lies_outside_goes_to_the_default():
    rows = bucketed({"boundaries": [5, 12], "default": "other"}, [*NUMBERS, {"v": "x"}, {"v": None}, {}])
    assert rows == [{"_id": 5, "count": 3}, {"_id": "other", "count": 6}]


def test_a_default_below_the_boundaries_comes_first():
    assert bucketed({"boundaries": [5, 20], "default": -1}) == [{"_id": -1, "count": 1}, {"_id": 5, "count": 5}]


def test_output_takes_the_place_of_the_count():
    rows = bucketed({"boundaries": [0, 10, 20], "output": {"ids": {"$push": "$_id"}, "top": {"$max": "$v"}}})
    assert rows == [{"_id": 0, "ids": [0, 1, 5], "top": 5}, {"_id": 10, "ids": [2, 3, 4], "top": 19}]


def test_boundaries_may_be_dates_and_constant_expressions():
    days = [datetime(2020, 1, day, tzinfo=UTC) for day in (1, 2, 3)]
    rows = bucketed({"boundaries": [days[0], days[2]]}, [{"v": days[1]}])
    assert rows == [{"_id": days[0], "count": 1}]
    assert bucketed({"boundaries": [{"$literal": 0}, 20]})[0]["count"] == 6


def test_grouping_by_an_expression():
    rows = run([{"$bucket": {"groupBy": {"$multiply": ["$v", 2]}, "boundaries": [0, 20, 40]}}], NUMBERS)
    assert [row["count"] for row in rows] == [3, 3]


MISUSED = [
    5,
    {"boundaries": [1, 2]},
    {"groupBy": "$v"},
    {"groupBy": "v", "boundaries": [1, 2]},
    {"groupBy": 5, "boundaries": [1, 2]},
    {"groupBy": "$v", "boundaries": [1]},
    {"groupBy": "$v", "boundaries": 5},
    {"groupBy": "$v", "boundaries": [2, 1]},
    {"groupBy": "$v", "boundaries": [1, 1.0]},
    {"groupBy": "$v", "boundaries": [1, "2"]},
    {"groupBy": "$v", "boundaries": [0, "$v"]},
    {"groupBy": "$v", "boundaries": [0, 9], "default": 5},
    {"groupBy": "$v", "boundaries": [0, 9], "default": 0},
    {"groupBy": "$v", "boundaries": [0, 99], "default": "$v"},
    {"groupBy": "$v", "boundaries": [0, 99], "output": 5},
    {"groupBy": "$v", "boundaries": [0, 99], "what": 5},
    {"groupBy": "$v", "boundaries": [0, 5]},
]


@pytest.mark.parametrize("source", MISUSED, ids=str)
def test_wrong_buckets_are_refused(source):
    check_error([{"$bucket": source}], NUMBERS, OperatorMisused)


def test_unknown_accumulators_are_invalid():
    check_error([{"$bucket": {"groupBy": "$v", "boundaries": [0, 99], "output": {"x": {"$no": 1}}}}], [], InvalidQuery)


def test_a_default_may_be_the_highest_boundary():
    assert bucketed({"boundaries": [0, 5], "default": 5})[1] == {"_id": 5, "count": 5}


AUTOMATIC = [
    (1, [3, 1, 2], [(1, 3, 3)]),
    (2, [1, 2, 3, 4], [(1, 3, 2), (3, 4, 2)]),
    (2, [1, 2, 3], [(1, 3, 2), (3, 3, 1)]),
    (2, [1, 1, 1, 2], [(1, 2, 3), (2, 2, 1)]),
    (2, [1, 1, 1, 1], [(1, 1, 4)]),
    (5, [1, 2], [(1, 2, 1), (2, 2, 1)]),
    (3, [1, 2, 2, 2, 2, 3, 4], [(1, 3, 5), (3, 4, 2)]),
    (4, list(range(8)), [(0, 2, 2), (2, 4, 2), (4, 6, 2), (6, 7, 2)]),
    (3, list(range(8)), [(0, 3, 3), (3, 6, 3), (6, 7, 2)]),
    (3, list(range(10)), [(0, 3, 3), (3, 6, 3), (6, 9, 4)]),
    (2, [], []),
    (2, [None, 1], [(None, 1, 1), (1, 1, 1)]),
]


@pytest.mark.parametrize(("buckets", "values", "expected"), AUTOMATIC, ids=str)
def test_automatic_buckets_share_the_values_out(buckets, values, expected):
    rows = automatic({"buckets": buckets}, values)
    assert rows == [{"_id": {"min": low, "max": high}, "count": count} for low, high, count in expected]


def test_automatic_buckets_with_output_and_missing_values():
    rows = run(
        [{"$bucketAuto": {"groupBy": "$v", "buckets": 2, "output": {"ids": {"$push": "$_id"}}}}],
        [{"_id": 1, "v": 5}, {"_id": 2}],
    )
    assert rows == [
        {"_id": {"min": None, "max": 5}, "ids": [2]},
        {"_id": {"min": 5, "max": 5}, "ids": [1]},
    ]


AUTOMATIC_MISUSED = [
    {"groupBy": "$v"},
    {"groupBy": "$v", "buckets": 0},
    {"groupBy": "$v", "buckets": 1.5},
    {"groupBy": "$v", "buckets": "2"},
    {"groupBy": "$v", "buckets": 2**31},
    {"groupBy": "v", "buckets": 2},
]


@pytest.mark.parametrize("source", AUTOMATIC_MISUSED, ids=str)
def test_wrong_automatic_buckets(source):
    check_error([{"$bucketAuto": source}], NUMBERS, OperatorMisused)


def test_granularity_is_refused_by_name():
    with pytest.raises(InvalidQuery, match="granularity"):
        automatic({"buckets": 2, "granularity": "R5"}, [])


def test_automatic_buckets_keep_to_their_memory(monkeypatch):
    monkeypatch.setattr(bucket, "Budget", lambda what: Budget(what, 200))
    check_error([{"$bucketAuto": {"groupBy": "$v", "buckets": 2}}], NUMBERS, OperatorMisused)
