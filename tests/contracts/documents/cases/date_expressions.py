"""Aggregation expressions on dates."""

from __future__ import annotations

from chalicelib.core.errors import InvalidQuery
from tests.contracts.documents.case import Case, expression, moment

# A Monday, in week 5 (Sunday-based, counted from 0) and ISO week 6.
D = {"d": moment("2020-02-03T04:05:06.007"), "z": None}
LEAP = moment("2020-02-29T00:00:00")

CASES: list[Case] = [
    expression("year", {"$year": "$d"}, 2020, D),
    expression("month", {"$month": "$d"}, 2, D),
    expression("day-of-month", {"$dayOfMonth": "$d"}, 3, D),
    expression("day-of-week", {"$dayOfWeek": "$d"}, 2, D),
    expression("day-of-week-of-sunday", {"$dayOfWeek": moment("2020-02-02")}, 1, D),
    expression("day-of-year", {"$dayOfYear": "$d"}, 34, D),
    expression("hour", {"$hour": "$d"}, 4, D),
    expression("minute", {"$minute": "$d"}, 5, D),
    expression("second", {"$second": "$d"}, 6, D),
    expression("millisecond", {"$millisecond": "$d"}, 7, D),
    expression("week", {"$week": "$d"}, 5, D),
    expression("iso-week", {"$isoWeek": "$d"}, 6, D),
    expression("iso-week-year", {"$isoWeekYear": moment("2021-01-03")}, 2020, D),
    expression("iso-day-of-week", {"$isoDayOfWeek": moment("2020-02-02")}, 7, D),
    expression("hour-in-a-zone", {"$hour": {"date": "$d", "timezone": "Asia/Tokyo"}}, 13, D),
    expression("day-in-an-offset", {"$dayOfMonth": {"date": "$d", "timezone": "-05:00"}}, 2, D),
    expression("year-of-null", {"$year": "$z"}, None, D),
    expression("year-of-text-is-refused", {"$year": "2020"}, InvalidQuery, D),
    expression(
        "date-to-string",
        {"$dateToString": {"date": "$d", "format": "%Y-%m-%d %H:%M:%S.%L"}},
        "2020-02-03 04:05:06.007",
        D,
    ),
    expression("date-to-string-default-format", {"$dateToString": {"date": "$d"}}, "2020-02-03T04:05:06.007Z", D),
    expression(
        "date-to-string-in-a-zone",
        {"$dateToString": {"date": "$d", "format": "%H %z", "timezone": "Asia/Tokyo"}},
        "13 +0900",
        D,
    ),
    expression(
        "date-to-string-week-fields",
        {"$dateToString": {"date": "$d", "format": "%j %u %w %U %V %G %%"}},
        "034 1 2 05 06 2020 %",
        D,
    ),
    expression(
        "date-to-string-on-null", {"$dateToString": {"date": "$z", "format": "%Y", "onNull": "none"}}, "none", D
    ),
    expression(
        "date-from-string",
        {"$dateFromString": {"dateString": "2020-01-02T03:04:05.678Z"}},
        moment("2020-01-02T03:04:05.678"),
        D,
    ),
    expression(
        "date-from-string-with-offset",
        {"$dateFromString": {"dateString": "2020-01-02T03:04:05+09:00"}},
        moment("2020-01-01T18:04:05"),
        D,
    ),
    expression(
        "date-from-string-refuses-names-of-zones",
        {"$dateFromString": {"dateString": "2020-01-02T03:04:05 Asia/Tokyo"}},
        InvalidQuery,
        D,
    ),
    expression(
        "date-from-string-refuses-week-beside-month",
        {"$dateFromString": {"dateString": "12/31/2018", "format": "%m/%d/%G"}},
        InvalidQuery,
        D,
    ),
    expression(
        "date-from-string-week-53-of-a-short-year",
        {"$dateFromString": {"dateString": "53.7.2017", "format": "%V.%u.%G"}},
        moment("2018-01-07"),
        D,
    ),
    expression(
        "date-from-string-by-format",
        {"$dateFromString": {"dateString": "03/02/2020", "format": "%d/%m/%Y"}},
        moment("2020-02-03"),
        D,
    ),
    expression(
        "date-from-string-in-a-zone",
        {"$dateFromString": {"dateString": "2020-01-02T00:00:00", "timezone": "Asia/Tokyo"}},
        moment("2020-01-01T15:00:00"),
        D,
    ),
    expression(
        "date-from-string-on-error", {"$dateFromString": {"dateString": "nonsense", "onError": "bad"}}, "bad", D
    ),
    expression(
        "date-from-string-of-nonsense-is-refused", {"$dateFromString": {"dateString": "nonsense"}}, InvalidQuery, D
    ),
    expression(
        "date-from-parts",
        {"$dateFromParts": {"year": 2020, "month": 2, "day": 3, "hour": 4}},
        moment("2020-02-03T04:00:00"),
        D,
    ),
    expression(
        "date-from-parts-carries-over",
        {"$dateFromParts": {"year": 2020, "month": 14, "day": 1}},
        moment("2021-02-01"),
        D,
    ),
    expression(
        "date-to-parts",
        {"$dateToParts": {"date": "$d"}},
        {"year": 2020, "month": 2, "day": 3, "hour": 4, "minute": 5, "second": 6, "millisecond": 7},
        D,
    ),
    expression(
        "date-add-days",
        {"$dateAdd": {"startDate": "$d", "unit": "day", "amount": 1}},
        moment("2020-02-04T04:05:06.007"),
        D,
    ),
    expression(
        "date-add-month-ends-in-the-month",
        {"$dateAdd": {"startDate": moment("2020-01-31"), "unit": "month", "amount": 1}},
        LEAP,
        D,
    ),
    expression(
        "date-subtract-years",
        {"$dateSubtract": {"startDate": LEAP, "unit": "year", "amount": 1}},
        moment("2019-02-28"),
        D,
    ),
    # Boundaries crossed are counted, not time passed.
    expression(
        "date-diff-counts-boundaries",
        {
            "$dateDiff": {
                "startDate": moment("2020-01-01T23:59:59"),
                "endDate": moment("2020-01-02T00:00:01"),
                "unit": "day",
            }
        },
        1,
        D,
    ),
    expression(
        "date-diff-months",
        {"$dateDiff": {"startDate": moment("2020-01-31"), "endDate": moment("2020-03-01"), "unit": "month"}},
        2,
        D,
    ),
    expression("date-trunc-to-hour", {"$dateTrunc": {"date": "$d", "unit": "hour"}}, moment("2020-02-03T04:00:00"), D),
    expression("date-trunc-to-month", {"$dateTrunc": {"date": "$d", "unit": "month"}}, moment("2020-02-01"), D),
]
