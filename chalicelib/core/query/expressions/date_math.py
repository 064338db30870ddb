"""Adding to dates, differences, and cutting dates to units. Days and longer are counted in local time.

Spec: mongodb, "$dateAdd", "$dateDiff", "$dateTrunc".
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from bson import Int64

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.expressions.compiler import Builder
from chalicelib.core.query.expressions.moments import from_millis, millis, require_date
from chalicelib.core.query.expressions.numbers import require_integer
from chalicelib.core.query.expressions.operands import named
from chalicelib.core.query.expressions.timezones import timezone_of, to_local, to_utc
from chalicelib.core.query.expressions.values import is_nullish
from chalicelib.core.query.types import type_alias

_FIXED_MS = {"hour": 3_600_000, "minute": 60_000, "second": 1_000, "millisecond": 1}
"""Units of one length, in milliseconds; they are counted in UTC."""

_DAYS = {"week": 7, "day": 1}
_MONTHS = {"year": 12, "quarter": 3, "month": 1}

_WEEKDAYS = {
    name: number
    for number, day in enumerate(("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"))
    for name in (day, day[:3])
}

_REFERENCE = datetime(2000, 1, 1, tzinfo=UTC)
"""Where $dateTrunc begins to count bins. Spec: mongodb, "$dateTrunc (aggregation)"."""

_SUNDAY = 6


def _unit(name: str, value: Any) -> str:
    if not isinstance(value, str) or value not in (*_FIXED_MS, *_DAYS, *_MONTHS):
        raise OperatorMisused(f"{name} has an unknown unit: {value if isinstance(value, str) else type_alias(value)}")
    return value


def _add(sign: int) -> Builder:
    def compute(name: str, values: dict[str, Any]) -> Any:
        if any(map(is_nullish, values.values())):
            return None
        unit, zone = _unit(name, values["unit"]), timezone_of(name, values.get("timezone", "UTC"))
        amount = sign * require_integer(name, "amount", values["amount"])
        date = require_date(name, values["startDate"])
        if unit in _FIXED_MS:
            return from_millis(name, millis(date) + amount * _FIXED_MS[unit])
        local = to_local(name, date, zone)
        try:
            moved = (
                _later_months(local, amount * _MONTHS[unit]) if unit in _MONTHS else _later_days(local, unit, amount)
            )
        except (OverflowError, ValueError):
            raise OperatorMisused(f"{name} leaves the range of dates, the years 1 to 9999") from None
        return to_utc(name, moved)

    return named(("startDate", "unit", "amount"), ("timezone",), compute)


def _later_days(local: datetime, unit: str, amount: int) -> datetime:
    return local + timedelta(days=amount * _DAYS[unit])


def _later_months(local: datetime, months: int) -> datetime:
    """The same day some months on, or the last day of a shorter month."""
    month = _month_number(local) + months
    first = local.replace(year=month // 12, month=month % 12 + 1, day=1)
    next_first = datetime((month + 1) // 12, (month + 1) % 12 + 1, 1) if (month + 1) // 12 <= 9999 else None
    last_day = (next_first - timedelta(days=1)).day if next_first is not None else 31
    return first.replace(day=min(local.day, last_day))


def _month_number(local: datetime) -> int:
    """Months since the year 0."""
    return local.year * 12 + local.month - 1


def _difference(name: str, values: dict[str, Any]) -> Any:
    if any(map(is_nullish, (value for key, value in values.items() if key != "startOfWeek"))):
        return None
    unit, start_of_week = _unit(name, values["unit"]), values.get("startOfWeek", "sunday")
    if unit == "week" and is_nullish(start_of_week):
        return None
    zone = timezone_of(name, values.get("timezone", "UTC"))
    first_day = _weekday(name, start_of_week) if unit == "week" else _SUNDAY
    count = _counter(unit, first_day)
    start, end = (require_date(name, values[key]) for key in ("startDate", "endDate"))
    return Int64(count(to_local(name, end, zone)) - count(to_local(name, start, zone)))


def _weekday(name: str, value: Any) -> int:
    day = _WEEKDAYS.get(value.lower()) if isinstance(value, str) else None
    if day is None:
        raise OperatorMisused(f"{name} requires a day of the week for startOfWeek")
    return day


def _counter(unit: str, first_day: int) -> Callable[[datetime], int]:
    """How many of the units have begun before a local time: differences count the boundaries crossed."""
    if unit in _MONTHS:
        return lambda local: _month_number(local) // _MONTHS[unit]
    if unit == "day":
        return lambda local: local.toordinal()
    if unit == "week":
        # Ordinal 1 is a Monday.
        return lambda local: (local.toordinal() - 1 - first_day) // 7
    if unit == "hour":
        # Local hours may begin at other minutes than those of UTC.
        return lambda local: (millis(local) + _offset_ms(local)) // _FIXED_MS[unit]
    return lambda local: millis(local) // _FIXED_MS[unit]


def _offset_ms(local: datetime) -> int:
    return (local.utcoffset() or timedelta()) // timedelta(milliseconds=1)


def _truncate(name: str, values: dict[str, Any]) -> Any:
    if any(map(is_nullish, (value for key, value in values.items() if key != "startOfWeek"))):
        return None
    unit, start_of_week = _unit(name, values["unit"]), values.get("startOfWeek", "sunday")
    if unit == "week" and is_nullish(start_of_week):
        return None
    zone = timezone_of(name, values.get("timezone", "UTC"))
    first_day = _weekday(name, start_of_week) if unit == "week" else _SUNDAY
    size = require_integer(name, "binSize", values.get("binSize", 1))
    if size <= 0:
        raise OperatorMisused(f"{name} requires a binSize greater than 0")
    local = to_local(name, require_date(name, values["date"]), zone)
    try:
        return to_utc(name, _bin_start(local, unit, size, first_day))
    except (OverflowError, ValueError):
        raise OperatorMisused(f"{name} leaves the range of dates, the years 1 to 9999") from None


def _bin_start(local: datetime, unit: str, size: int, first_day: int) -> datetime:
    reference = _REFERENCE.replace(tzinfo=local.tzinfo)
    midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
    if unit in _MONTHS:
        months = _month_number(reference)
        step = size * _MONTHS[unit]
        month = months + (_month_number(local) - months) // step * step
        return midnight.replace(year=month // 12, month=month % 12 + 1, day=1, fold=0)
    if unit in _DAYS:
        origin = reference.toordinal()
        if unit == "week":
            # The first week begins on the first such weekday of the year 2000.
            origin += (first_day - reference.weekday()) % 7
        step = size * _DAYS[unit]
        ordinal = origin + (local.toordinal() - origin) // step * step
        return datetime.fromordinal(ordinal).replace(tzinfo=local.tzinfo)
    step = size * _FIXED_MS[unit]
    origin = millis(reference)
    return from_millis("$dateTrunc", origin + (millis(local) - origin) // step * step)


OPERATORS: dict[str, Builder] = {
    "$dateAdd": _add(1),
    "$dateDiff": named(("startDate", "endDate", "unit"), ("timezone", "startOfWeek"), _difference),
    "$dateSubtract": _add(-1),
    "$dateTrunc": named(("date", "unit"), ("binSize", "timezone", "startOfWeek"), _truncate),
}
