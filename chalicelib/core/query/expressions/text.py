"""Values as text, the way string operators and $toString write them."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from typing import Any

from bson import Decimal128, ObjectId

from chalicelib.core.errors import OperatorMisused
from chalicelib.core.query.expressions.values import is_nullish
from chalicelib.core.query.types import type_alias


def number_text(value: Any) -> str:
    """A number as MongoDB writes it: doubles with up to 16 digits and no needless `.0`."""
    if not isinstance(value, float):
        return str(value)
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return f"{value:.16g}" if value == value else "NaN"


def date_text(moment: datetime) -> str:
    """ISO 8601 in UTC with milliseconds: `2018-03-27T16:58:51.538Z`."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def coerced_text(name: str, value: Any) -> str:
    """The text of a string, a number or a date for a string operator; empty for null and missing.

    Raises: OperatorMisused for other types.
    """
    if isinstance(value, str):
        return value
    if is_nullish(value):
        return ""
    if isinstance(value, datetime):
        return date_text(value)
    if isinstance(value, int | float | Decimal128) and not isinstance(value, bool):
        return number_text(value)
    raise OperatorMisused(f"{name} cannot read a {type_alias(value)} as a string")


def value_text(name: str, value: Any) -> str:
    """What $toString makes of a value: booleans and ObjectIds too. Raises: OperatorMisused for other types."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, ObjectId):
        return str(value)
    return coerced_text(name, value)


def require_string(name: str, what: str, value: Any) -> str:
    """The value. Raises: OperatorMisused when it is not a string."""
    if not isinstance(value, str):
        raise OperatorMisused(f"{name} requires a string for {what}, found {type_alias(value)}")
    return value


def utf8(value: str) -> bytes:
    """The bytes a string is stored in; lone surrogates, which JSON can carry, as three bytes each."""
    return value.encode("utf-8", "surrogatepass")
