"""BSON values to JSON and back: MongoDB's Extended JSON, written in its relaxed form.

Spec: nec-clients, 5.14; mongodb, "MongoDB Extended JSON (v2)". Decision: docs/decisions/0010-nec-json-values.md.
"""

from __future__ import annotations

import base64
import binascii
import re
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import InvalidOperation
from math import isfinite
from typing import Any

from bson import Binary, Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.errors import BSONError
from bson.tz_util import utc as bson_utc

from chalicelib.core.errors import InvalidInput
from chalicelib.core.query.values import MAX_INT64, MIN_INT64

MAX_DEPTH = 100
"""Levels of objects and arrays in a value, included. Source: MongoDB Limits, "Nested Depth for BSON Documents"."""

_PLAIN = frozenset({str, bool, int, type(None)})
"""Types that are the same in JSON; by exact class, because Int64 is an int too."""

_NO_WORK = frozenset({str, bool, type(None)})
"""Types of parsed JSON that are always right as they are."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)", re.ASCII)
_WHOLE_NUMBER = re.compile(r"[+-]?[0-9]{1,19}")


# --- dates ---


def date_text(moment: datetime) -> str:
    """`YYYY-MM-DDThh:mm:ss.sssZ`. Spec: nec-rest, 4.3."""
    if moment.tzinfo is not UTC and moment.tzinfo is not bson_utc:
        moment = moment.astimezone(UTC)
    return moment.isoformat("T", "milliseconds").removesuffix("+00:00") + "Z"


def date_from_text(text: str) -> datetime | None:
    """The moment that an ISO 8601 text with a zone names, in whole milliseconds; None for any other text."""
    if not _DATE.fullmatch(text):
        return None
    try:
        moment = datetime.fromisoformat(text).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


# --- JSON to BSON ---


def from_json(value: Any, depth: int = 1) -> Any:
    """The BSON value that parsed JSON spells; lists and objects are changed in place.

    An object of a known Extended JSON shape becomes its value; every other key with `$` stays, as an operator.
    Raises: InvalidInput for a number beyond int64 or double, a malformed typed value, or more than MAX_DEPTH levels.
    """
    kind = type(value)
    if kind in _NO_WORK:
        return value
    if kind is int:
        if not MIN_INT64 <= value <= MAX_INT64:
            raise InvalidInput("a whole number has more than 64 bits")
        return value
    if kind is float:
        if not isfinite(value):
            raise InvalidInput("a number is too large")
        return value
    if depth > MAX_DEPTH:
        raise InvalidInput(f"objects and arrays are nested deeper than {MAX_DEPTH} levels")
    if kind is list:
        for position, item in enumerate(value):
            if type(item) not in _NO_WORK:
                value[position] = from_json(item, depth + 1)
        return value
    for key, item in value.items():
        if type(item) not in _NO_WORK:
            value[key] = from_json(item, depth + 1)
    return _typed(value) if len(value) <= _LONGEST_SHAPE else value


def _typed(value: dict[str, Any]) -> Any:
    for key in value:
        if key[:1] == "$":
            reader = _READERS.get(frozenset(value))
            if reader is None:
                return value
            try:
                return reader(value)
            except _MALFORMED as error:
                raise InvalidInput(f"malformed {key} value") from error
    return value


def _date(value: dict[str, Any]) -> datetime:
    source = value["$date"]
    if isinstance(source, str):
        moment = date_from_text(source)
        if moment is None:
            raise ValueError("no date")
        return moment
    return _EPOCH + _integer(source) * _MILLISECOND


def _integer(source: Any) -> int:
    if isinstance(source, bool) or not isinstance(source, int):
        raise TypeError("no whole number")
    return source


def _number_long(value: dict[str, Any]) -> Int64:
    source = value["$numberLong"]
    number = int(source) if isinstance(source, str) and _WHOLE_NUMBER.fullmatch(source) else _integer(source)
    if not MIN_INT64 <= number <= MAX_INT64:
        raise ValueError("beyond int64")
    return Int64(number)


def _number_int(value: dict[str, Any]) -> int:
    source = value["$numberInt"]
    number = int(source) if isinstance(source, str) and _WHOLE_NUMBER.fullmatch(source) else _integer(source)
    if not -(2**31) <= number < 2**31:
        raise ValueError("beyond int32")
    return number


_SPECIAL_DOUBLES = {"NaN": float("nan"), "Infinity": float("inf"), "-Infinity": float("-inf")}


def _number_double(value: dict[str, Any]) -> float:
    source = value["$numberDouble"]
    if isinstance(source, str) and source in _SPECIAL_DOUBLES:
        return _SPECIAL_DOUBLES[source]
    if isinstance(source, bool) or not isinstance(source, str | int | float):
        raise TypeError("no number")
    number = float(source)
    if not isfinite(number) or (isinstance(source, str) and not source.isascii()):
        raise ValueError("no finite number")
    return number


def _decimal(value: dict[str, Any]) -> Decimal128:
    return Decimal128(_text(value["$numberDecimal"]))


def _text(source: Any) -> str:
    if not isinstance(source, str):
        raise TypeError("no text")
    return source


def _binary(value: dict[str, Any]) -> Binary | bytes:
    source = value["$binary"]
    data, subtype = (
        (source, value.get("$type", "00")) if isinstance(source, str) else (source["base64"], source["subType"])
    )
    number = int(_text(subtype), 16)
    if not 0 <= number <= 255:
        raise ValueError("no subtype")
    try:
        content = base64.b64decode(_text(data), validate=True)
    except binascii.Error as error:
        raise ValueError("no base64") from error
    return content if number == 0 else Binary(content, number)


def _timestamp(value: dict[str, Any]) -> Timestamp:
    source = value["$timestamp"]
    return Timestamp(_integer(source["t"]), _integer(source["i"]))


def _regular_expression(value: dict[str, Any]) -> Regex[str]:
    source = value["$regularExpression"]
    pattern, options = _text(source["pattern"]), _text(source.get("options", ""))
    if "\0" in pattern or set(options) - set("imsxlu"):
        raise ValueError("no regular expression")
    return Regex(pattern, options)


def _code(value: dict[str, Any]) -> Code:
    scope = value.get("$scope")
    if scope is not None and not isinstance(scope, dict):
        raise TypeError("no scope")
    return Code(_text(value["$code"]), scope)


def _reference(value: dict[str, Any]) -> DBRef:
    return DBRef(_text(value["$ref"]), value["$id"], value.get("$db"))


_READERS: dict[frozenset[str], Callable[[dict[str, Any]], Any]] = {
    frozenset({"$oid"}): lambda value: ObjectId(_text(value["$oid"])),
    frozenset({"$date"}): _date,
    frozenset({"$numberLong"}): _number_long,
    frozenset({"$numberInt"}): _number_int,
    frozenset({"$numberDouble"}): _number_double,
    frozenset({"$numberDecimal"}): _decimal,
    frozenset({"$binary"}): _binary,
    frozenset({"$binary", "$type"}): _binary,
    frozenset({"$uuid"}): lambda value: Binary.from_uuid(uuid.UUID(_text(value["$uuid"]))),
    frozenset({"$timestamp"}): _timestamp,
    frozenset({"$regularExpression"}): _regular_expression,
    frozenset({"$minKey"}): lambda value: MinKey(),
    frozenset({"$maxKey"}): lambda value: MaxKey(),
    frozenset({"$symbol"}): lambda value: _text(value["$symbol"]),
    frozenset({"$code"}): _code,
    frozenset({"$code", "$scope"}): _code,
    frozenset({"$ref", "$id"}): _reference,
    frozenset({"$ref", "$id", "$db"}): _reference,
}
"""What makes an object a typed value: exactly these keys. `$regex` does not: it is an operator in conditions."""

_MALFORMED = (ValueError, TypeError, KeyError, AttributeError, OverflowError, InvalidOperation, BSONError)

_LONGEST_SHAPE = max(len(keys) for keys in _READERS)


# --- BSON to JSON ---


def to_json(value: Any) -> Any:
    """The relaxed Extended JSON of a BSON value, as new lists and objects of plain JSON values."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is list:
        return [item if type(item) in _PLAIN else to_json(item) for item in value]
    if kind is dict:
        return {key: item if type(item) in _PLAIN else to_json(item) for key, item in value.items()}
    writer = _WRITERS.get(kind)
    if writer is not None:
        return writer(value)
    for parent, inherited in _WRITERS.items():
        if isinstance(value, parent):
            return inherited(value)
    raise TypeError(f"not a BSON value: {kind.__name__}")


def _float_json(value: float) -> Any:
    if isfinite(value):
        return float(value)
    return {"$numberDouble": "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"}


def _date_json(moment: datetime) -> dict[str, Any]:
    aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    if aware >= _EPOCH:
        return {"$date": date_text(aware)}
    return {"$date": {"$numberLong": str((aware - _EPOCH) // _MILLISECOND)}}


def _binary_json(value: bytes) -> dict[str, Any]:
    subtype = getattr(value, "subtype", 0)
    return {"$binary": {"base64": base64.b64encode(value).decode(), "subType": f"{subtype:02x}"}}


_FLAG_LETTERS = ((re.I, "i"), (re.L, "l"), (re.M, "m"), (re.S, "s"), (re.U, "u"), (re.X, "x"))


def _regex_json(value: Any) -> dict[str, Any]:
    options = "".join(letter for flag, letter in _FLAG_LETTERS if value.flags & flag)
    pattern = value.pattern.decode("utf-8", "replace") if isinstance(value.pattern, bytes) else value.pattern
    return {"$regularExpression": {"pattern": pattern, "options": options}}


def _code_json(value: Code) -> dict[str, Any]:
    return {"$code": str(value)} if value.scope is None else {"$code": str(value), "$scope": to_json(value.scope)}


_WRITERS: dict[type, Callable[[Any], Any]] = {
    dict: lambda value: to_json(dict(value)),
    list: lambda value: to_json(list(value)),
    tuple: lambda value: to_json(list(value)),
    float: _float_json,
    datetime: _date_json,
    Int64: int,
    ObjectId: lambda value: {"$oid": str(value)},
    Decimal128: lambda value: {"$numberDecimal": str(value)},
    Binary: _binary_json,
    bytes: _binary_json,
    Regex: _regex_json,
    re.Pattern: _regex_json,
    Timestamp: lambda value: {"$timestamp": {"t": value.time, "i": value.inc}},
    MinKey: lambda value: {"$minKey": 1},
    MaxKey: lambda value: {"$maxKey": 1},
    Code: _code_json,
    DBRef: lambda value: to_json(dict(value.as_doc())),
    str: str,
}
