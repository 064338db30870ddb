"""Dates as milliseconds since 1970, and the other way round."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from bson import ObjectId, Timestamp

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.types import type_alias

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def millis(moment: datetime) -> int:
    """Milliseconds since 1970, negative before."""
    return (moment - EPOCH) // _MILLISECOND


def from_millis(name: str, milliseconds: int) -> datetime:
    """The moment, aware and UTC. Raises: OperatorMisused outside the years 1 to 9999."""
    try:
        return EPOCH + timedelta(milliseconds=milliseconds)
    except OverflowError:
        raise OperatorMisused(f"{name} leaves the range of dates, the years 1 to 9999") from None


def require_date(name: str, value: Any) -> datetime:
    """The moment of a date, an ObjectId or a timestamp. Raises: OperatorMisused for all else."""
    if isinstance(value, datetime):
        return value
    if isinstance(value, ObjectId):
        return value.generation_time.astimezone(UTC)
    if isinstance(value, Timestamp):
        return value.as_datetime().astimezone(UTC)
    raise OperatorMisused(f"{name} cannot make a date of {type_alias(value)}")
