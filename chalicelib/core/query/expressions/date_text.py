"""Dates as text and text as dates. Spec: mongodb, "$dateToString (aggregation)", "$dateFromString (aggregation)"."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.expressions.compiler import Builder, Compiler
from chalicelib.core.query.expressions.date_parse import BadDateText, parse_date, parse_date_as
from chalicelib.core.query.expressions.date_parts import day_of_week, milliseconds_of, week_of_year
from chalicelib.core.query.expressions.limits import check_string_length
from chalicelib.core.query.expressions.moments import require_date
from chalicelib.core.query.expressions.scope import Compiled, Constant, Scope
from chalicelib.core.query.expressions.text import require_string
from chalicelib.core.query.expressions.timezones import timezone_of, to_local
from chalicelib.core.query.expressions.values import is_nullish
from chalicelib.core.query.values import MISSING

DEFAULT_FORMAT = "%Y-%m-%dT%H:%M:%S.%L"


def _offset_minutes(date: datetime) -> int:
    offset = date.utcoffset()
    # Seconds are cut off: there are some in the offsets of old local times.
    return 0 if offset is None else int(offset.total_seconds() / 60)


def _offset_text(date: datetime) -> str:
    minutes = _offset_minutes(date)
    hours, rest = divmod(abs(minutes), 60)
    return f"{'-' if minutes < 0 else '+'}{hours:02d}{rest:02d}"


_WRITERS: dict[str, Callable[[datetime], str]] = {
    "%": lambda date: "%",
    "d": lambda date: f"{date.day:02d}",
    "G": lambda date: f"{date.isocalendar().year:04d}",
    "H": lambda date: f"{date.hour:02d}",
    "j": lambda date: f"{date.timetuple().tm_yday:03d}",
    "L": lambda date: f"{milliseconds_of(date):03d}",
    "m": lambda date: f"{date.month:02d}",
    "M": lambda date: f"{date.minute:02d}",
    "S": lambda date: f"{date.second:02d}",
    "u": lambda date: str(date.isoweekday()),
    "U": lambda date: f"{week_of_year(date):02d}",
    "V": lambda date: f"{date.isocalendar().week:02d}",
    "w": lambda date: str(day_of_week(date)),
    "Y": lambda date: f"{date.year:04d}",
    "z": _offset_text,
    "Z": lambda date: str(_offset_minutes(date)),
}


def _written(name: str, date: datetime, pattern: str) -> str:
    text: list[str] = []
    letters = iter(pattern)
    for letter in letters:
        if letter != "%":
            text.append(letter)
            continue
        writer = _WRITERS.get(next(letters, ""))
        if writer is None:
            raise OperatorMisused(f"{name} has an unknown or unfinished % in its format")
        text.append(writer(date))
    return "".join(text)


def _to_string(compiler: Compiler, name: str, source: Any) -> Compiled:
    operands = compiler.named(name, source, ("date",), ("format", "timezone", "onNull"))
    date, zone = operands["date"], operands.get("timezone", Constant("UTC"))
    pattern, on_null = operands.get("format", Constant(MISSING)), operands.get("onNull", Constant(None))

    def evaluate(scope: Scope) -> Any:
        value, format_value, zone_value = date(scope), pattern(scope), zone(scope)
        if is_nullish(value):
            return on_null(scope)
        if is_nullish(zone_value) or ("format" in operands and is_nullish(format_value)):
            return None
        date_zone = timezone_of(name, zone_value)
        if format_value is MISSING:
            format_value = DEFAULT_FORMAT + ("Z" if date_zone is UTC else "")
        require_string(name, "format", format_value)
        check_string_length(name, 5 * len(format_value))
        return _written(name, to_local(name, require_date(name, value), date_zone), format_value)

    return evaluate


def _from_string(compiler: Compiler, name: str, source: Any) -> Compiled:
    operands = compiler.named(name, source, ("dateString",), ("format", "timezone", "onError", "onNull"))
    text, on_null = operands["dateString"], operands.get("onNull", Constant(None))
    pattern, zone = operands.get("format", Constant(MISSING)), operands.get("timezone", Constant("UTC"))
    on_error = operands.get("onError")

    def evaluate(scope: Scope) -> Any:
        value, format_value, zone_value = text(scope), pattern(scope), zone(scope)
        if is_nullish(value):
            return on_null(scope)
        if is_nullish(zone_value) or ("format" in operands and is_nullish(format_value)):
            return None
        default_zone = timezone_of(name, zone_value)
        try:
            if not isinstance(value, str):
                raise BadDateText("its dateString is not a string")
            if format_value is MISSING:
                return parse_date(value, default_zone, zone_given="timezone" in operands)
            require_string(name, "format", format_value)
            return parse_date_as(value, format_value, default_zone, zone_given="timezone" in operands)
        except BadDateText as error:
            if on_error is not None:
                return on_error(scope)
            raise OperatorMisused(f"{name}: {error}") from error

    return evaluate


OPERATORS: dict[str, Builder] = {"$dateFromString": _from_string, "$dateToString": _to_string}
