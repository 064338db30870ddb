"""Parts of dates, adding, differences, cutting, and dates as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from bson import ObjectId, Timestamp
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.core.errors import OperatorMisused
from tests.core.query.expressions.tables import MISUSED, Row, check, dec, evaluate, ids, long


def at(text: str) -> datetime:
    """A moment in UTC: `2020-02-03`, or with time as ISO 8601."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


DOC = {
    "t": at("2021-01-03T23:59:58.123"),
    "n": None,
    "s": "x",
    "id": ObjectId("5f5e1000" + "0" * 16),
    "ts": Timestamp(1600000000, 1),
    "first": at("0001-01-01"),
    "end": at("9999-12-31T23:59:59.999"),
}

PARTS: list[Row] = [
    ({"$year": "$t"}, DOC, 2021),
    ({"$month": "$t"}, DOC, 1),
    ({"$dayOfMonth": "$t"}, DOC, 3),
    ({"$hour": "$t"}, DOC, 23),
    ({"$minute": "$t"}, DOC, 59),
    ({"$second": "$t"}, DOC, 58),
    ({"$millisecond": "$t"}, DOC, 123),
    ({"$dayOfWeek": "$t"}, DOC, 1),
    ({"$dayOfYear": "$t"}, DOC, 3),
    ({"$week": "$t"}, DOC, 1),
    ({"$week": at("2021-01-02")}, {}, 0),
    ({"$isoDayOfWeek": "$t"}, DOC, 7),
    ({"$isoWeek": "$t"}, DOC, 53),
    ({"$isoWeekYear": "$t"}, DOC, 2020),
    ({"$year": ["$t"]}, DOC, 2021),
    ({"$hour": {"date": "$t"}}, DOC, 23),
    ({"$hour": {"date": "$t", "timezone": "Asia/Tokyo"}}, DOC, 8),
    ({"$dayOfMonth": {"date": "$t", "timezone": "+09:00"}}, DOC, 4),
    ({"$hour": {"date": "$t", "timezone": "-0330"}}, DOC, 20),
    ({"$hour": {"date": "$t", "timezone": "+09"}}, DOC, 8),
    ({"$hour": {"date": "$t", "timezone": "GMT"}}, DOC, 23),
    ({"$hour": {"date": at("2021-07-01T12:00:00"), "timezone": "America/New_York"}}, {}, 8),
    ({"$hour": {"date": at("2021-01-01T12:00:00"), "timezone": "America/New_York"}}, {}, 7),
    ({"$year": "$id"}, DOC, 2020),
    ({"$year": "$ts"}, DOC, 2020),
    ({"$year": {"$dateFromParts": {"year": 2019}}}, {}, 2019),
    ({"$year": "$n"}, DOC, None),
    ({"$year": "$gone"}, DOC, None),
    ({"$year": {"date": "$t", "timezone": "$n"}}, DOC, None),
    ({"$year": "$s"}, DOC, MISUSED),
    ({"$year": 5}, {}, MISUSED),
    ({"$year": {"date": "$t", "zone": "UTC"}}, DOC, MISUSED),
    ({"$year": {"timezone": "UTC"}}, DOC, MISUSED),
    ({"$year": ["$t", "$t"]}, DOC, MISUSED),
    ({"$year": {"date": "$t", "timezone": 5}}, DOC, MISUSED),
    ({"$year": {"date": "$t", "timezone": "Mars/Olympus"}}, DOC, MISUSED),
    ({"$year": {"date": "$t", "timezone": "America"}}, DOC, MISUSED),
    ({"$year": {"date": "$t", "timezone": "../zone.tab"}}, DOC, MISUSED),
    ({"$year": {"date": "$t", "timezone": "+99:00"}}, DOC, MISUSED),
    ({"$year": {"date": "$first", "timezone": "-01:00"}}, DOC, MISUSED),
    (
        {"$dateToParts": {"date": "$t"}},
        DOC,
        {"year": 2021, "month": 1, "day": 3, "hour": 23, "minute": 59, "second": 58, "millisecond": 123},
    ),
    (
        {"$dateToParts": {"date": "$t", "iso8601": True, "timezone": "+01:00"}},
        DOC,
        {
            "isoWeekYear": 2021,
            "isoWeek": 1,
            "isoDayOfWeek": 1,
            "hour": 0,
            "minute": 59,
            "second": 58,
            "millisecond": 123,
        },
    ),
    ({"$dateToParts": {"date": "$n"}}, DOC, None),
    ({"$dateToParts": {"date": "$t", "iso8601": 1}}, DOC, MISUSED),
    ({"$dateFromParts": {"year": 2017, "month": 2, "day": 8, "hour": 12}}, {}, at("2017-02-08T12:00:00")),
    ({"$dateFromParts": {"year": 2017, "hour": 12, "timezone": "Europe/London"}}, {}, at("2017-01-01T12:00:00")),
    ({"$dateFromParts": {"year": 2017, "hour": 9, "timezone": "Asia/Tokyo"}}, {}, at("2017-01-01")),
    ({"$dateFromParts": {"year": 2017, "month": 14, "day": 1}}, {}, at("2018-02-01")),
    ({"$dateFromParts": {"year": 2017, "month": 0, "day": 1}}, {}, at("2016-12-01")),
    ({"$dateFromParts": {"year": 2017, "day": 0, "minute": -1}}, {}, at("2016-12-30T23:59:00")),
    ({"$dateFromParts": {"year": 2017, "second": 1, "millisecond": 1500}}, {}, at("2017-01-01T00:00:02.500")),
    ({"$dateFromParts": {"isoWeekYear": 2020, "isoWeek": 53, "isoDayOfWeek": 7}}, {}, at("2021-01-03")),
    ({"$dateFromParts": {"isoWeekYear": 2021, "isoWeek": 0}}, {}, at("2020-12-28")),
    ({"$dateFromParts": {"year": 1970, "second": 1600000000}}, {}, at("2020-09-13T12:26:40")),
    ({"$dateFromParts": {"year": 1970, "millisecond": 2**62}}, {}, MISUSED),
    ({"$dateFromParts": {"year": 2017, "day": None}}, {}, None),
    ({"$dateFromParts": {"year": 2017, "timezone": "$gone"}}, {}, None),
    ({"$dateFromParts": {"year": 0}}, {}, MISUSED),
    ({"$dateFromParts": {"year": 10000}}, {}, MISUSED),
    ({"$dateFromParts": {"year": 2017, "day": 40_000}}, {}, MISUSED),
    ({"$dateFromParts": {"year": 2017, "day": 1.5}}, {}, MISUSED),
    ({"$dateFromParts": {"year": 2017, "day": "x"}}, {}, MISUSED),
    ({"$dateFromParts": {"year": 9999, "month": 13}}, {}, MISUSED),
    ({"$dateFromParts": {"year": 1, "timezone": "Asia/Tokyo"}}, {}, MISUSED),
    ({"$dateFromParts": {"isoWeekYear": 2021, "month": 1}}, {}, MISUSED),
    ({"$dateFromParts": {"month": 1}}, {}, MISUSED),
    ({"$dateFromParts": 5}, {}, MISUSED),
]


def moved(operator: str, start: str, unit: str, amount: object, **more: object) -> dict[str, object]:
    return {operator: {"startDate": at(start), "unit": unit, "amount": amount, **more}}


def between(start: str, end: str, unit: str, **more: object) -> dict[str, object]:
    return {"$dateDiff": {"startDate": at(start), "endDate": at(end), "unit": unit, **more}}


def cut(date: str, unit: str, **more: object) -> dict[str, object]:
    return {"$dateTrunc": {"date": at(date), "unit": unit, **more}}


NEW_YORK = {"timezone": "America/New_York"}

COUNTING: list[Row] = [
    (moved("$dateAdd", "2020-10-31", "month", 1), {}, at("2020-11-30")),
    (moved("$dateAdd", "2020-12-31", "month", 2), {}, at("2021-02-28")),
    (moved("$dateAdd", "2020-02-29", "year", 1), {}, at("2021-02-28")),
    (moved("$dateAdd", "2020-01-31", "quarter", 1), {}, at("2020-04-30")),
    (moved("$dateAdd", "2020-01-31", "week", 2.0), {}, at("2020-02-14")),
    (moved("$dateAdd", "2020-01-31", "day", long(1)), {}, at("2020-02-01")),
    (moved("$dateAdd", "2020-01-31", "hour", 25), {}, at("2020-02-01T01:00:00")),
    (moved("$dateAdd", "2020-01-31", "minute", -1), {}, at("2020-01-30T23:59:00")),
    (moved("$dateAdd", "2020-01-31", "second", 1), {}, at("2020-01-31T00:00:01")),
    (moved("$dateAdd", "2020-01-31", "millisecond", 1), {}, at("2020-01-31T00:00:00.001")),
    (moved("$dateSubtract", "2021-03-31", "month", 1), {}, at("2021-02-28")),
    (moved("$dateSubtract", "2021-01-01", "hour", 1), {}, at("2020-12-31T23:00:00")),
    (moved("$dateAdd", "9999-11-30", "month", 1), {}, at("9999-12-30")),
    # The clocks of New York are set forward on 2021-03-14: a day there has 23 hours.
    (moved("$dateAdd", "2021-03-13T17:00:00", "day", 1, **NEW_YORK), {}, at("2021-03-14T16:00:00")),
    (moved("$dateAdd", "2021-03-13T17:00:00", "hour", 24, **NEW_YORK), {}, at("2021-03-14T17:00:00")),
    ({"$dateAdd": {"startDate": "$id", "unit": "$u", "amount": 1}}, {**DOC, "u": "second"}, at("2020-09-13T12:26:41")),
    ({"$dateAdd": {"startDate": None, "unit": "day", "amount": 1}}, {}, None),
    (moved("$dateAdd", "2020-01-31", "day", None), {}, None),
    (moved("$dateAdd", "2020-01-31", "day", 1.5), {}, MISUSED),
    (moved("$dateAdd", "2020-01-31", "dag", 1), {}, MISUSED),
    (moved("$dateAdd", "2020-01-31", 5, 1), {}, MISUSED),  # type: ignore[arg-type]
    (moved("$dateAdd", "2020-01-31", "year", 9000), {}, MISUSED),
    (moved("$dateAdd", "2020-01-31", "day", 2**40), {}, MISUSED),
    (moved("$dateAdd", "2020-01-31", "hour", 2**60), {}, MISUSED),
    ({"$dateAdd": {"startDate": "$s", "unit": "day", "amount": 1}}, DOC, MISUSED),
    ({"$dateAdd": {"startDate": "$t", "unit": "day"}}, DOC, MISUSED),
    (between("2020-12-31T23:59:00", "2021-01-01", "year"), {}, long(1)),
    (between("2020-01-01", "2020-12-31", "year"), {}, long(0)),
    (between("2020-03-31", "2020-04-01", "quarter"), {}, long(1)),
    (between("2020-01-31", "2020-03-01", "month"), {}, long(2)),
    (between("2020-03-01", "2020-01-31", "month"), {}, long(-2)),
    (between("2020-01-01T23:00:00", "2020-01-02T01:00:00", "day"), {}, long(1)),
    (between("2020-01-01T23:00:00", "2020-01-02T01:00:00", "day", timezone="+09:00"), {}, long(0)),
    (between("2020-01-01T23:59:00", "2020-01-02T01:00:00", "hour"), {}, long(2)),
    (between("2020-01-01T00:10:00", "2020-01-01T00:40:00", "hour", timezone="+05:30"), {}, long(1)),
    (between("2020-01-01T00:00:59", "2020-01-01T00:01:00", "minute"), {}, long(1)),
    (between("2020-01-01", "2020-01-01T00:00:01.999", "second"), {}, long(1)),
    (between("2020-01-01", "2020-01-01T00:00:01.999", "millisecond"), {}, long(1999)),
    # 2021-01-02 is a Saturday.
    (between("2021-01-02", "2021-01-03", "week"), {}, long(1)),
    (between("2021-01-02", "2021-01-03", "week", startOfWeek="Monday"), {}, long(0)),
    (between("2021-01-02", "2021-01-04", "week", startOfWeek="mon"), {}, long(1)),
    (between("2021-01-02", "2021-01-03", "week", startOfWeek=None), {}, None),
    (between("2021-01-02", "2021-01-03", "day", startOfWeek=None), {}, long(1)),
    (between("2021-01-17T05:00:00", "2021-01-17T04:59:00", "week", **NEW_YORK), {}, long(-1)),
    (between("2020-11-01T18:23:36", "2020-11-02", "hour", **NEW_YORK), {}, long(6)),
    (between("2021-01-02", "2021-01-03", "week", startOfWeek="moonday"), {}, MISUSED),
    (between("2021-01-02", "2021-01-03", "week", startOfWeek=1), {}, MISUSED),
    ({"$dateDiff": {"startDate": "$n", "endDate": "$t", "unit": "day"}}, DOC, None),
    ({"$dateDiff": {"startDate": "$s", "endDate": "$t", "unit": "day"}}, DOC, MISUSED),
    (cut("2021-03-20T11:30:05.750", "year"), {}, at("2021-01-01")),
    (cut("2021-05-20T11:30:05.750", "quarter"), {}, at("2021-04-01")),
    (cut("2021-03-20T11:30:05.750", "month"), {}, at("2021-03-01")),
    (cut("2021-03-20T11:30:05.750", "week"), {}, at("2021-03-14")),
    (cut("2021-03-20T11:30:05.750", "week", startOfWeek="monday"), {}, at("2021-03-15")),
    (cut("2021-03-20T11:30:05.750", "day"), {}, at("2021-03-20")),
    (cut("2021-03-20T11:30:05.750", "hour"), {}, at("2021-03-20T11:00:00")),
    (cut("2021-03-20T11:30:05.750", "hour", binSize=2), {}, at("2021-03-20T10:00:00")),
    (cut("2021-03-20T11:31:05.750", "minute", binSize=15), {}, at("2021-03-20T11:30:00")),
    (cut("2021-03-20T11:30:05.750", "second"), {}, at("2021-03-20T11:30:05")),
    (cut("2021-03-20T11:30:05.750", "millisecond", binSize=100), {}, at("2021-03-20T11:30:05.700")),
    (cut("2021-03-20", "month", binSize=6), {}, at("2021-01-01")),
    (cut("1999-12-31", "month", binSize=6), {}, at("1999-07-01")),
    (cut("2021-03-20", "year", binSize=10), {}, at("2020-01-01")),
    (cut("2000-01-05", "day", binSize=3), {}, at("2000-01-04")),
    (cut("2000-01-17", "week", binSize=2), {}, at("2000-01-16")),
    (cut("2000-01-30T18:00:00", "week", binSize=2, startOfWeek="mon", **NEW_YORK), {}, at("2000-01-17T05:00:00")),
    (cut("2021-12-01T18:23:36", "hour", binSize=4, **NEW_YORK), {}, at("2021-12-01T17:00:00")),
    (cut("2021-12-01", "week", binSize="x", timezone=1, startOfWeek="$gone"), {}, None),
    (cut("2021-03-20T03:00:00", "day", **NEW_YORK), {}, at("2021-03-19T04:00:00")),
    (cut("2021-03-20T03:00:00", "month", **NEW_YORK), {}, at("2021-03-01T05:00:00")),
    (cut("2021-03-20T11:10:00", "hour", timezone="+05:30"), {}, at("2021-03-20T10:30:00")),
    ({"$dateTrunc": {"date": "$n", "unit": "day"}}, DOC, None),
    ({"$dateTrunc": {"date": "$t", "unit": None}}, DOC, None),
    (cut("2021-03-20", "week", startOfWeek=None), {}, None),
    (cut("2021-03-20", "day", binSize=0), {}, MISUSED),
    (cut("2021-03-20", "day", binSize=1.5), {}, MISUSED),
    (cut("2021-03-20", "era"), {}, MISUSED),
    (cut("1995-03-20", "year", binSize=5000), {}, MISUSED),
    (cut("1995-03-20", "hour", binSize=10**9), {}, MISUSED),
    ({"$dateTrunc": {"date": "$s", "unit": "day"}}, DOC, MISUSED),
]


def text(date: object, **more: object) -> dict[str, object]:
    return {"$dateToString": {"date": date, **more}}


def read(source: object, **more: object) -> dict[str, object]:
    return {"$dateFromString": {"dateString": source, **more}}


WRITING: list[Row] = [
    (text("$t"), DOC, "2021-01-03T23:59:58.123Z"),
    (text("$t", timezone="UTC"), DOC, "2021-01-03T23:59:58.123Z"),
    (text("$t", timezone="+00:00"), DOC, "2021-01-03T23:59:58.123Z"),
    (text("$t", timezone="Asia/Tokyo"), DOC, "2021-01-04T08:59:58.123"),
    (text("$t", format="%Y/%m/%d %H:%M:%S:%L %%"), DOC, "2021/01/03 23:59:58:123 %"),
    (text("$t", format="%G-W%V-%u %j %U %w"), DOC, "2020-W53-7 003 01 1"),
    (text("$t", format="%z %Z"), DOC, "+0000 0"),
    (text("$t", format="%H %z %Z", timezone="-03:30"), DOC, "20 -0330 -210"),
    (text(at("1900-07-10T11:41:22"), format="%H:%M:%S %z %Z", timezone="America/Caracas"), {}, "07:13:42 -0427 -267"),
    (text("$t", format="%d", timezone="Asia/Tokyo"), DOC, "04"),
    (text("$first", format="%Y"), DOC, "0001"),
    (text("$n"), DOC, None),
    (text("$n", onNull="none"), DOC, "none"),
    (text("$t", format=None), DOC, None),
    (text("$t", timezone=None), DOC, None),
    (text("$t", format="%Q"), DOC, MISUSED),
    (text("$t", format="%"), DOC, MISUSED),
    (text("$t", format=5), DOC, MISUSED),
    (text("$s"), DOC, MISUSED),
    ({"$dateToString": {"format": "%Y"}}, {}, MISUSED),
]

READING: list[Row] = [
    (read("2017-02-08T12:10:40.787Z"), {}, at("2017-02-08T12:10:40.787")),
    (read("2017-02-08T12:10:40.787"), {}, at("2017-02-08T12:10:40.787")),
    (read("2017-02-08 12:10"), {}, at("2017-02-08T12:10:00")),
    (read("2017-02-08"), {}, at("2017-02-08")),
    (read("2017-02"), {}, at("2017-02-01")),
    (read("2017-2-8T9:05:00,5"), {}, at("2017-02-08T09:05:00.500")),
    (read("2017-02-08T24:00:00"), {}, at("2017-02-09")),
    (read("20170208T121040Z"), {}, at("2017-02-08T12:10:40")),
    (read("20170208"), {}, at("2017-02-08")),
    (read("2017/02/08 12:10:40"), {}, at("2017-02-08T12:10:40")),
    (read("Feb 8, 2017 12:10:40 UTC"), {}, at("2017-02-08T12:10:40")),
    (read("8 February 2017"), {}, at("2017-02-08")),
    (read("2017-02-08T12:10:40+09:00"), {}, at("2017-02-08T03:10:40")),
    (read("2017-02-08T12:10:40 America/New_York"), {}, MISUSED),
    (read("2017-02-08T12:10.40"), {}, at("2017-02-08T12:10:40")),
    (read("July 4th, 2017 12:39:30 BST"), {}, at("2017-07-04T11:39:30")),
    (read("2017-07-14T12:02:44.771 GMT+02:00"), {}, at("2017-07-14T10:02:44.771")),
    (read("2017-07-14T12:02:44.771 GMT+02"), {}, at("2017-07-14T10:02:44.771")),
    (read("2017-07-14T12:02:44.771 UTC"), {}, at("2017-07-14T12:02:44.771")),
    (read("2017-07-14T12:02:44.771 CEST"), {}, at("2017-07-14T10:02:44.771")),
    (read("2017-07-14T12:02:44.771 PDT"), {}, at("2017-07-14T19:02:44.771")),
    (read("2017-07-14T12:02:44.771 A"), {}, at("2017-07-14T11:02:44.771")),
    (read("2017-07-14T12:02:44.771 L"), {}, at("2017-07-14T01:02:44.771")),
    (read("2017-07-14T12:02:44.771 P"), {}, at("2017-07-14T15:02:44.771")),
    (read("2017-07-14T12:02:44.771 Z"), {}, at("2017-07-14T12:02:44.771")),
    (read("2017-07-14T12:02:44.771 GMT+99"), {}, MISUSED),
    (read("2017-07-14T12:02:44.8 EST", format="%Y-%m-%dT%H:%M:%S.%L%z"), {}, at("2017-07-14T17:02:44.800")),
    (read("2017-02-08T12:10:40", timezone="Asia/Tokyo"), {}, at("2017-02-08T03:10:40")),
    (read("2017-02-08T12:10:40Z", timezone="Asia/Tokyo"), {}, MISUSED),
    (read("06-15-2018", format="%m-%d-%Y"), {}, at("2018-06-15")),
    (read("15 at 7:08:09.5 in 2018/6", format="%d at %H:%M:%S.%L in %Y/%m"), {}, at("2018-06-15T07:08:09.500")),
    (read("2018-06-15 +0900", format="%Y-%m-%d %z"), {}, at("2018-06-14T15:00:00")),
    (read("2018-06-15 -90", format="%Y-%m-%d %Z"), {}, at("2018-06-15T01:30:00")),
    (read("2020 53 7", format="%G %V %u"), {}, at("2021-01-03")),
    (read("2017 53", format="%G %V"), {}, at("2018-01-01")),
    (read("1.1.1", format="%V.%u.%G"), {}, at("0001-01-01")),
    (read("2017 54", format="%G %V"), {}, MISUSED),
    (read("2017 8", format="%G %u"), {}, MISUSED),
    (read("1, 2018", format="%V, %Y"), {}, MISUSED),
    (read("12/31/2018", format="%m/%d/%G"), {}, MISUSED),
    (read("100%2018", format="100%%%Y"), {}, at("2018-01-01")),
    (read("2018-06-15", format="%Y/%m/%d"), {}, MISUSED),
    (read("06-15", format="%m-%d"), {}, MISUSED),
    (read("2018", format="%Q"), {}, MISUSED),
    (read("2018", format="%"), {}, MISUSED),
    (read("2018 2018", format="%Y %Y"), {}, MISUSED),
    (read("2018", format="x" * 201), {}, MISUSED),
    (read("2018", format=5), {}, MISUSED),
    (read("2018", format="$gone"), {}, None),
    (read("2018", timezone=None), {}, None),
    (read(None), {}, None),
    (read(None, onNull="none"), {}, "none"),
    (read("$gone", onError="bad"), {}, None),
    (read("soon", onError="bad"), {}, "bad"),
    (read(5, onError="bad"), {}, "bad"),
    (read(5), {}, MISUSED),
    (read("soon"), {}, MISUSED),
    (read("Fob 8, 2017"), {}, MISUSED),
    (read("2017-02-30"), {}, MISUSED),
    (read("2017-02-08T25:00:00"), {}, MISUSED),
    (read("2017-02-08T24:00:01"), {}, MISUSED),
    (read("2017-02-08T12:60:00"), {}, MISUSED),
    (read("2017-02-08T12:10:61"), {}, MISUSED),
    (read("0000-01-01"), {}, MISUSED),
    (read("0001-01-01T00:00:00+09:00"), {}, MISUSED),
    (read("2017-02-08T12:10:40 Mars/Olympus"), {}, MISUSED),
    (read("2017-02-08" + " " * 200), {}, MISUSED),
]


@pytest.mark.parametrize(("expression", "document", "expected"), PARTS, ids=ids(PARTS))
def test_parts_of_dates(expression, document, expected):
    check(expression, document, expected)


@pytest.mark.parametrize(("expression", "document", "expected"), COUNTING, ids=ids(COUNTING))
def test_adding_differences_and_cutting(expression, document, expected):
    check(expression, document, expected)


@pytest.mark.parametrize(("expression", "document", "expected"), WRITING, ids=ids(WRITING))
def test_dates_as_text(expression, document, expected):
    check(expression, document, expected)


@pytest.mark.parametrize(("expression", "document", "expected"), READING, ids=ids(READING))
def test_text_as_dates(expression, document, expected):
    check(expression, document, expected)


def test_an_error_about_text_does_not_show_the_text():
    with pytest.raises(OperatorMisused) as caught:
        evaluate(read("my secret"))
    assert "secret" not in str(caught.value)


MOMENTS = st.datetimes(datetime(1900, 1, 1), datetime(2100, 1, 1)).map(
    lambda moment: moment.replace(microsecond=moment.microsecond // 1000 * 1000, tzinfo=UTC)
)
ZONES = st.sampled_from(["UTC", "Asia/Tokyo", "+05:30", "-11:00"])


@given(MOMENTS, ZONES)
def test_a_date_comes_back_from_its_parts_and_from_its_text(moment, zone):
    parts = {"$dateToParts": {"date": "$t", "timezone": zone}}
    fields = {key: f"$$p.{key}" for key in ("year", "month", "day", "hour", "minute", "second", "millisecond")}
    rebuilt = {"$let": {"vars": {"p": parts}, "in": {"$dateFromParts": {**fields, "timezone": zone}}}}
    assert evaluate(rebuilt, {"t": moment}) == moment
    assert evaluate(read({"$toString": "$t"}), {"t": moment}) == moment


@given(MOMENTS, st.sampled_from(["week", "day", "hour", "minute", "second", "millisecond"]), st.integers(-1000, 1000))
def test_a_difference_undoes_an_addition(moment, unit, amount):
    later = {"$dateAdd": {"startDate": "$t", "unit": unit, "amount": amount}}
    assert evaluate({"$dateDiff": {"startDate": "$t", "endDate": later, "unit": unit}}, {"t": moment}) == amount


@given(MOMENTS, st.sampled_from(["year", "quarter", "month", "week", "day", "hour"]), ZONES)
def test_cutting_twice_is_cutting_once_and_never_later(moment, unit, zone):
    once = evaluate({"$dateTrunc": {"date": "$t", "unit": unit, "timezone": zone}}, {"t": moment})
    assert once <= moment < once + timedelta(days=367)
    assert evaluate({"$dateTrunc": {"date": "$t", "unit": unit, "timezone": zone}}, {"t": once}) == once


def test_fractions_of_milliseconds_are_rounded():
    assert evaluate({"$add": ["$t", dec("1.9")]}, {"t": at("2020-01-01")}) == at("2020-01-01T00:00:00.002")
    assert evaluate({"$subtract": ["$t", -1.5]}, {"t": at("2020-01-01")}) == at("2020-01-01T00:00:00.002")
