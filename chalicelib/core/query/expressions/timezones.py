"""Time zones by Olson name or UTC offset. Spec: mongodb, "$dateToString (aggregation)", Time Zone."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.types import type_alias

_OFFSET = re.compile(r"([+-])(\d{2})(?::?(\d{2}))?", re.ASCII)
_OLSON_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*")


def timezone_of(name: str, value: Any) -> tzinfo:
    """The time zone that an operand names, such as `Asia/Tokyo`, `+09:00`, `+0900` or `+09`.

    Raises: OperatorMisused for another type or an unknown name.
    """
    if not isinstance(value, str):
        raise OperatorMisused(f"{name} requires a string for timezone, found {type_alias(value)}")
    found = named_timezone(value)
    if found is None:
        raise OperatorMisused(f"{name} has an unknown timezone: {value[:50]}")
    return found


@lru_cache(maxsize=256)
def named_timezone(name: str) -> tzinfo | None:
    """The time zone of that name, or None."""
    if name in ("UTC", "GMT", "Z"):
        return UTC
    offset = _OFFSET.fullmatch(name)
    if offset is not None:
        sign, hours, minutes = offset.groups(default="0")
        distance = timedelta(hours=int(hours), minutes=int(minutes))
        return timezone(-distance if sign == "-" else distance) if distance < timedelta(days=1) else None
    if not _OLSON_NAME.fullmatch(name):
        return None
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # unknown names, folders of names and files that hold no zone
        return None


def to_utc(name: str, local: datetime) -> datetime:
    """The moment of a local time. Raises: OperatorMisused outside the years 1 to 9999."""
    try:
        return local.astimezone(UTC)
    except OverflowError:
        raise OperatorMisused(f"{name} leaves the range of dates, the years 1 to 9999") from None


def to_local(name: str, moment: datetime, zone: tzinfo) -> datetime:
    """The local time of a moment. Raises: OperatorMisused outside the years 1 to 9999."""
    try:
        return moment.astimezone(zone)
    except OverflowError:
        raise OperatorMisused(f"{name} leaves the range of dates, the years 1 to 9999") from None
