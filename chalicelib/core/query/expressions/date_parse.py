"""Reads dates in text: ISO 8601 and its usual short forms, or a format given by the caller."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.expressions.timezones import named_timezone


class BadDateText(Exception):
    """The text is no date; the message says why, without the text."""


_MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]

_ZONE = r"(?:GMT|UTC)?[+-]\d{2}(?::?\d{2})?|[A-Za-z]{1,5}"
"""A distance or an abbreviation: names such as Asia/Tokyo are refused in a text, as MongoDB does."""

_ABBREVIATED_HOURS = {
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7, "HST": -10, "AKST": -9,
    "AKDT": -8, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "JST": 9, "KST": 9,
    **{letter: hours for hours, letter in enumerate("ABCDEFGHIKLM", 1)},
    **{letter: -hours for hours, letter in enumerate("NOPQRSTUVWXY", 1)},
}  # fmt: skip
"""Hours from UTC of time zones that texts abbreviate, military letters included."""

_ISO = re.compile(
    r"\s*(?P<Y>\d{4})-(?P<m>\d{1,2})(?:-(?P<d>\d{1,2}))?"
    r"(?:[T\s]\s*(?P<H>\d{1,2}):(?P<M>\d{2})(?:[:.](?P<S>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?"
    r"\s*(?P<zone>" + _ZONE + r")?\s*",
    re.ASCII,
)
_COMPACT = re.compile(
    r"(?P<Y>\d{4})(?P<m>\d{2})(?P<d>\d{2})"
    r"(?:T?(?P<H>\d{2})(?P<M>\d{2})(?P<S>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?(?P<zone>" + _ZONE + r")?",
    re.ASCII,
)
_WORDS = re.compile(
    r"(?:(?P<month_first>[A-Za-z]{3,9})\s+(?P<day_second>\d{1,2})(?:st|nd|rd|th)?"
    r"|(?P<day_first>\d{1,2})(?:st|nd|rd|th)?\s+(?P<month_second>[A-Za-z]{3,9}))"
    r",?\s+(?P<Y>\d{4})(?:,?\s+(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:\.(?P<fraction>\d{1,9}))?)?)?"
    r"\s*(?P<zone>" + _ZONE + r")?",
    re.ASCII,
)
_SLASHES = re.compile(
    r"(?P<Y>\d{4})/(?P<m>\d{1,2})/(?P<d>\d{1,2})(?:\s+(?P<H>\d{1,2}):(?P<M>\d{2})(?::(?P<S>\d{2})(?:\.(?P<fraction>\d{1,9}))?)?)?"
    r"\s*(?P<zone>" + _ZONE + r")?",
    re.ASCII,
)

MAX_DATE_TEXT = 200
"""Characters of a text that is read as a date, inclusive; a longer one is refused unread."""


def parse_date(text: str, zone: tzinfo, *, zone_given: bool) -> datetime:
    """The moment, in UTC and whole milliseconds. `zone` counts where the text names none.

    Raises: BadDateText; also for a zone in the text beside one that was given.
    """
    if len(text) > MAX_DATE_TEXT:
        raise BadDateText("the text is too long for a date")
    for form in (_ISO, _COMPACT, _WORDS, _SLASHES):
        found = form.fullmatch(text)
        if found is not None:
            return _moment(_numbers(found.groupdict()), found["zone"], zone, zone_given)
    raise BadDateText("the text tells no date")


def _numbers(groups: dict[str, str | None]) -> dict[str, int]:
    numbers = {key: int(value) for key, value in groups.items() if len(key) == 1 and value is not None}
    month_name = groups.get("month_first") or groups.get("month_second")
    if month_name is not None:
        numbers["m"] = _month(month_name)
        numbers["d"] = int(groups.get("day_first") or groups.get("day_second") or 1)
    fraction = groups.get("fraction")
    if fraction is not None:
        numbers["L"] = int(fraction[:3].ljust(3, "0"))
    return numbers


def _month(name: str) -> int:
    lowered = name.lower()
    for number, month in enumerate(_MONTHS, 1):
        if lowered in (month, month[:3]):
            return number
    raise BadDateText("the text names no month")


_READERS = {
    "d": r"(?P<d>\d{1,2})", "G": r"(?P<G>\d{1,4})", "H": r"(?P<H>\d{1,2})", "L": r"(?P<L>\d{1,3})",
    "m": r"(?P<m>\d{1,2})", "M": r"(?P<M>\d{1,2})", "S": r"(?P<S>\d{1,2})", "u": r"(?P<u>\d)", "V": r"(?P<V>\d{1,2})",
    "Y": r"(?P<Y>\d{4})", "z": r"\s*(?P<z>" + _ZONE + ")",
    "Z": r"(?P<Z>[+-]?\d{1,4})", "%": "%",
}  # fmt: skip
"""What each letter of a format reads. Spec: mongodb, "$dateFromString (aggregation)", Format Specifiers."""


@lru_cache(maxsize=256)
def _form(pattern: str) -> re.Pattern[str]:
    if len(pattern) > MAX_DATE_TEXT:
        raise OperatorMisused("$dateFromString has a format that is too long")
    parts, letters, used = [], iter(pattern), set()
    for letter in letters:
        if letter != "%":
            parts.append(re.escape(letter))
            continue
        name = next(letters, "")
        reader = _READERS.get(name)
        if reader is None or (name in used and name != "%"):
            raise OperatorMisused("$dateFromString has an unknown, repeated or unfinished % in its format")
        used.add(name)
        parts.append(reader)
    return re.compile("".join(parts), re.ASCII)


def parse_date_as(text: str, pattern: str, zone: tzinfo, *, zone_given: bool) -> datetime:
    """The moment that the text means in the format. Raises: BadDateText; OperatorMisused for a bad format."""
    form = _form(pattern)
    found = form.fullmatch(text) if len(text) <= MAX_DATE_TEXT else None
    if found is None:
        raise BadDateText("the text does not have the form of its format")
    groups = found.groupdict()
    zone_name, minutes = groups.pop("z", None), groups.pop("Z", None)
    if minutes is not None:
        sign, distance = ("-" if minutes.startswith("-") else "+"), abs(int(minutes))
        zone_name = f"{sign}{distance // 60:02d}{distance % 60:02d}"
    numbers = {key: int(value) for key, value in groups.items()}
    if not groups.keys().isdisjoint("GVu") and not groups.keys().isdisjoint("Ymd"):
        raise BadDateText("the text tells a date both by its week and by its month")
    if "L" in groups:
        numbers["L"] = int(groups["L"].ljust(3, "0"))
    return _moment(numbers, zone_name, zone, zone_given)


def _moment(numbers: dict[str, int], zone_name: str | None, zone: tzinfo, zone_given: bool) -> datetime:
    if zone_name is not None:
        if zone_given:
            raise BadDateText("both the text and timezone name a timezone")
        zone = _text_zone(zone_name)
    time = timedelta(
        hours=numbers.get("H", 0), minutes=numbers.get("M", 0), seconds=numbers.get("S", 0),
        milliseconds=numbers.get("L", 0),
    )  # fmt: skip
    if numbers.get("H", 0) > 24 or numbers.get("M", 0) > 59 or numbers.get("S", 0) > 59 or time > timedelta(days=1):
        raise BadDateText("the text tells a time of day that does not exist")
    try:
        day = _iso_day(numbers) if "G" in numbers else datetime(numbers["Y"], numbers.get("m", 1), numbers.get("d", 1))
        return (day + time).replace(tzinfo=zone).astimezone(UTC)
    except KeyError:
        raise BadDateText("the text tells no year") from None
    except (ValueError, OverflowError):
        raise BadDateText("the text tells a day that does not exist") from None


def _text_zone(name: str) -> tzinfo:
    hours = _ABBREVIATED_HOURS.get(name)
    if hours is not None:
        return timezone(timedelta(hours=hours))
    distance = name[3:] if name[:3] in ("GMT", "UTC") and len(name) > 3 else name
    zone = named_timezone(distance) if distance[0] in "+-" or distance in ("GMT", "UTC", "Z") else None
    if zone is None:
        raise BadDateText("the text names an unknown timezone")
    return zone


def _iso_day(numbers: dict[str, int]) -> datetime:
    week, weekday = numbers.get("V", 1), numbers.get("u", 1)
    if not (1 <= week <= 53 and 1 <= weekday <= 7):
        raise BadDateText("the text tells a week or a day of the week that does not exist")
    # Week 53 of a year that has 52 is the first of the next.
    return datetime.fromisocalendar(numbers["G"], 1, weekday) + timedelta(weeks=week - 1)
