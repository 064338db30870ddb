"""Dates into parts and parts into dates. Spec: mongodb, "Date Expression Operators"."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.expressions.compiler import Builder, Compiler
from chalicelib.core.query.expressions.moments import require_date
from chalicelib.core.query.expressions.numbers import require_integer
from chalicelib.core.query.expressions.operands import named
from chalicelib.core.query.expressions.scope import Compiled, Constant, Scope
from chalicelib.core.query.expressions.timezones import timezone_of, to_local, to_utc
from chalicelib.core.query.expressions.values import is_nullish

MIN_YEAR, MAX_YEAR = 1, 9999
"""Years that $dateFromParts takes, inclusive. Spec: mongodb, "$dateFromParts (aggregation)"."""

MIN_PART, MAX_PART = -(2**15), 2**15 - 1
"""What the other parts may be, inclusive: they carry over. Spec: mongodb, "$dateFromParts (aggregation)".

Seconds and milliseconds have no such bounds.
"""


def day_of_week(date: datetime) -> int:
    """1 is Sunday, 7 is Saturday."""
    return date.isoweekday() % 7 + 1


def week_of_year(date: datetime) -> int:
    """0 to 53; weeks begin on Sundays, and days before the first Sunday are in week 0."""
    return (date.timetuple().tm_yday + 6 - date.isoweekday() % 7) // 7


def milliseconds_of(date: datetime) -> int:
    """0 to 999."""
    return date.microsecond // 1000


def _part(read: Callable[[datetime], int]) -> Builder:
    """An operator of a date, or of `{date, timezone}`."""

    def build(compiler: Compiler, name: str, source: Any) -> Compiled:
        date, zone = _date_and_zone(compiler, name, source)

        def evaluate(scope: Scope) -> Any:
            value, zone_value = date(scope), zone(scope)
            if is_nullish(value) or is_nullish(zone_value):
                return None
            return read(to_local(name, require_date(name, value), timezone_of(name, zone_value)))

        return evaluate

    return build


def _date_and_zone(compiler: Compiler, name: str, source: Any) -> tuple[Compiled, Compiled]:
    if isinstance(source, Mapping) and not any(str(key).startswith("$") for key in source):
        operands = compiler.named(name, source, ("date",), ("timezone",))
        return operands["date"], operands.get("timezone", Constant("UTC"))
    (date,) = compiler.arguments(name, source, 1, 1)
    return date, Constant("UTC")


def _to_parts(name: str, values: dict[str, Any]) -> Any:
    date, zone, iso = values["date"], values.get("timezone", "UTC"), values.get("iso8601", False)
    if is_nullish(date) or is_nullish(zone) or is_nullish(iso):
        return None
    if not isinstance(iso, bool):
        raise OperatorMisused("$dateToParts requires true or false for iso8601")
    local = to_local(name, require_date(name, date), timezone_of(name, zone))
    time_parts = {
        "hour": local.hour,
        "minute": local.minute,
        "second": local.second,
        "millisecond": milliseconds_of(local),
    }
    if iso:
        year, week, weekday = local.isocalendar()
        return {"isoWeekYear": year, "isoWeek": week, "isoDayOfWeek": weekday, **time_parts}
    return {"year": local.year, "month": local.month, "day": local.day, **time_parts}


_TIME_PARTS = ("hour", "minute", "second", "millisecond", "timezone")


def _from_parts(compiler: Compiler, name: str, source: Any) -> Compiled:
    iso = isinstance(source, Mapping) and "isoWeekYear" in source
    year = "isoWeekYear" if iso else "year"
    days = ("isoWeek", "isoDayOfWeek") if iso else ("month", "day")
    parts = compiler.named(name, source, (year,), days + _TIME_PARTS)

    def evaluate(scope: Scope) -> Any:
        values = {key: operand(scope) for key, operand in parts.items()}
        if any(map(is_nullish, values.values())):
            return None
        zone = timezone_of(name, values.pop("timezone", "UTC"))
        numbers = {key: _part_number(name, key, value, year) for key, value in values.items()}
        try:
            day = _iso_day(numbers) if iso else _calendar_day(numbers)
            local = day + timedelta(
                hours=numbers.get("hour", 0), minutes=numbers.get("minute", 0), seconds=numbers.get("second", 0),
                milliseconds=numbers.get("millisecond", 0),
            )  # fmt: skip
        except (OverflowError, ValueError):
            raise OperatorMisused(f"{name} leaves the range of dates, the years 1 to 9999") from None
        return to_utc(name, local.replace(tzinfo=zone))

    return evaluate


def _part_number(name: str, key: str, value: Any, year: str) -> int:
    number = require_integer(name, key, value)
    if key in ("second", "millisecond"):
        return number
    low, high = (MIN_YEAR, MAX_YEAR) if key == year else (MIN_PART, MAX_PART)
    if not low <= number <= high:
        raise OperatorMisused(f"{name} requires {key} from {low} to {high}, found {number}")
    return number


def _calendar_day(numbers: dict[str, int]) -> datetime:
    months = numbers["year"] * 12 + numbers.get("month", 1) - 1
    first = datetime(months // 12, months % 12 + 1, 1, tzinfo=UTC)
    return first + timedelta(days=numbers.get("day", 1) - 1)


def _iso_day(numbers: dict[str, int]) -> datetime:
    first = datetime.fromisocalendar(numbers["isoWeekYear"], 1, 1).replace(tzinfo=UTC)
    return first + timedelta(weeks=numbers.get("isoWeek", 1) - 1, days=numbers.get("isoDayOfWeek", 1) - 1)


OPERATORS: dict[str, Builder] = {
    "$dateFromParts": _from_parts,
    "$dateToParts": named(("date",), ("timezone", "iso8601"), _to_parts),
    "$dayOfMonth": _part(lambda date: date.day),
    "$dayOfWeek": _part(day_of_week),
    "$dayOfYear": _part(lambda date: date.timetuple().tm_yday),
    "$hour": _part(lambda date: date.hour),
    "$isoDayOfWeek": _part(lambda date: date.isoweekday()),
    "$isoWeek": _part(lambda date: date.isocalendar().week),
    "$isoWeekYear": _part(lambda date: date.isocalendar().year),
    "$millisecond": _part(milliseconds_of),
    "$minute": _part(lambda date: date.minute),
    "$month": _part(lambda date: date.month),
    "$second": _part(lambda date: date.second),
    "$week": _part(week_of_year),
    "$year": _part(lambda date: date.year),
}
