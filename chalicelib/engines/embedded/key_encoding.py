"""BSON values as byte strings that compare, byte by byte, as the values do in MongoDB.

`encode(a) < encode(b)` exactly when `values.compare(a, b) < 0`, and equal bytes are equal values. No
encoding is a prefix of another, so encodings may be concatenated for compound indexes, and their bytes
inverted for descending ones. Spec: mongodb, "Comparison/Sort Order".
"""

from __future__ import annotations

import math
import re
import struct
import sys
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from bson import Binary, Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from chalicelib.core.query import values
from chalicelib.core.query.values import Missing

# First bytes. They leave 0x00 to the ends of arrays and objects, and 0x00 and 0xFF to bounds, also when inverted.
_MIN_KEY, _UNDEFINED, _NULL = b"\x10", b"\x14", b"\x18"
_NAN, _NEGATIVE, _ZERO, _POSITIVE = b"\x20", b"\x21", b"\x22", b"\x23"
_STRING, _OBJECT, _ARRAY, _BINARY, _OBJECT_ID = b"\x30", b"\x38", b"\x40", b"\x48", b"\x50"
_BOOLEAN, _DATE, _TIMESTAMP, _REGEX, _CODE, _MAX_KEY = b"\x58", b"\x60", b"\x68", b"\x70", b"\x78", b"\xf0"

UNDEFINED_KEY = _UNDEFINED
"""The key of an empty array; it comes just before null, as in MongoDB."""

NULL_KEY = _NULL


BRACKETS: dict[int, tuple[bytes, bytes]] = {
    values.NUMBER: (_NAN, b"\x24"),
    values.STRING: (b"\x2f", b"\x31"),
    values.OBJECT: (b"\x37", b"\x39"),
    values.BINARY: (b"\x47", b"\x49"),
    values.OBJECT_ID: (b"\x4f", b"\x51"),
    values.BOOLEAN: (b"\x57", b"\x59"),
    values.DATE: (b"\x5f", b"\x61"),
    values.TIMESTAMP: (b"\x67", b"\x69"),
}
"""By `values.type_order`: the byte before and the byte after the values that `$gt` and `$lt` may reach. NaN is no such
value: it equals itself and compares with nothing. Not the first byte itself: the bytes that follow it may be zeros,
and inverted they would lie beyond any bound made of it."""

_INVERTED = bytes(255 - byte for byte in range(256))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_EXACT_INTEGERS = 2**53
_SMALLEST_DOUBLE = Decimal(math.ulp(0.0))
_LARGEST_DOUBLE = Decimal(sys.float_info.max)

_pack_double = struct.Struct(">d").pack
_pack_unsigned = struct.Struct(">Q").pack
_pack_short = struct.Struct(">H").pack
_pack_pair = struct.Struct(">II").pack


def encode(value: Any) -> bytes:
    """The bytes that stand for the value; MISSING and null have the same.

    Raises: TypeError for what BSON does not know.
    """
    encoder = _ENCODERS.get(type(value))
    return encoder(value) if encoder is not None else _encode_subclass(value)


def invert(key: bytes) -> bytes:
    """Bytes that compare in the opposite order."""
    return key.translate(_INVERTED)


def string_of(key: bytes) -> str | None:
    """The string that this encoding stands for; None when it stands for another type."""
    if key[:1] != _STRING:
        return None
    return key[1:-2].replace(b"\x00\xff", b"\x00").decode("utf-8", "surrogatepass")


# --- numbers ---------------------------------------------------------------------------------
#
# sign | the largest double not above the magnitude, 8 bytes | what the double leaves over | 0x00
#
# All bytes after the sign are inverted for negative numbers. What is left over is written as the decimal digits of
# a fraction of the way to the next double; only large int64 and Decimal128 values have any. Decimal128 reaches
# beyond the doubles: there, what is left over begins with 0x01 (near zero) or 0xFE (near infinity).


def _encode_int(value: int) -> bytes:
    if -_EXACT_INTEGERS <= value <= _EXACT_INTEGERS:
        return _encode_float(float(value))
    return _signed(value > 0, _magnitude(Fraction(abs(value))))


def _encode_float(value: float) -> bytes:
    if value > 0:
        return _POSITIVE + _pack_double(value) + b"\x00"
    if value < 0:
        return _NEGATIVE + invert(_pack_double(-value)) + b"\xff"
    return _ZERO if value == 0 else _NAN


def _encode_decimal(value: Decimal128) -> bytes:
    number = value.to_decimal()
    if not number.is_finite():
        return _NAN if number.is_nan() else _encode_float(float(number))
    if number == 0:
        return _ZERO
    size = number.copy_abs()
    if size < _SMALLEST_DOUBLE:
        return _signed(number > 0, _pack_double(0.0) + b"\x01" + _scientific(size))
    if size > _LARGEST_DOUBLE:
        return _signed(number > 0, _pack_double(float(_LARGEST_DOUBLE)) + b"\xfe" + _scientific(size))
    return _signed(number > 0, _magnitude(Fraction(size)))


def _signed(positive: bool, magnitude: bytes) -> bytes:
    return _POSITIVE + magnitude if positive else _NEGATIVE + invert(magnitude)


def _magnitude(size: Fraction) -> bytes:
    below = size.numerator / size.denominator
    if below > size:
        below = math.nextafter(below, 0.0)
    rest = size - Fraction(below)
    if rest:
        rest /= Fraction(math.nextafter(below, math.inf)) - Fraction(below)
    return _pack_double(below) + _digits_after_point(rest) + b"\x00"


def _digits_after_point(fraction: Fraction) -> bytes:
    if not fraction:
        return b""
    places = fraction.denominator.bit_length()  # the denominator is made of twos and fives: it divides 10 ** places
    digits = fraction.numerator * 10**places // fraction.denominator
    return str(digits).rjust(places, "0").rstrip("0").encode("ascii")


def _scientific(size: Decimal) -> bytes:
    digits = "".join(map(str, size.as_tuple().digits)).lstrip("0").rstrip("0")
    return _pack_short(size.adjusted() + 0x8000) + digits.encode("ascii") + b"\x00"


# --- the other types -------------------------------------------------------------------------


def _encode_text(value: str) -> bytes:
    return value.encode("utf-8", "surrogatepass").replace(b"\x00", b"\x00\xff") + b"\x00\x01"


def _encode_string(value: str) -> bytes:
    return _STRING + _encode_text(value)


def _encode_date(value: datetime) -> bytes:
    aware = value if value.tzinfo is not None else value.replace(tzinfo=UTC)
    return _DATE + _pack_unsigned((aware - _EPOCH) // _MILLISECOND + 2**63)


def _encode_object(value: Mapping[str, Any]) -> bytes:
    parts = [_OBJECT]
    for name, item in value.items():
        parts += (bytes((values.type_order(item) + 1,)), _encode_text(name), encode(item))
    return b"".join(parts) + b"\x00"


def _encode_array(value: list[Any] | tuple[Any, ...]) -> bytes:
    return _ARRAY + b"".join(map(encode, value)) + b"\x00"


def _encode_binary(value: bytes) -> bytes:
    subtype = value.subtype if isinstance(value, Binary) else 0
    return _BINARY + _pack_unsigned(len(value)) + bytes((subtype,)) + value


def _encode_regex(value: Any) -> bytes:
    pattern = value.pattern if isinstance(value.pattern, str) else value.pattern.decode("latin-1")
    return _REGEX + _encode_text(pattern) + _encode_text(values.regex_options(value))


def _encode_code(value: Code) -> bytes:
    return _CODE + _encode_text(str(value)) + (b"\x00" if value.scope is None else encode(value.scope))


_ENCODERS: dict[type, Callable[[Any], bytes]] = {
    str: _encode_string,
    bool: lambda value: _BOOLEAN + (b"\x01" if value else b"\x00"),
    int: _encode_int,
    float: _encode_float,
    type(None): lambda _: _NULL,
    Missing: lambda _: _NULL,
    datetime: _encode_date,
    list: _encode_array,
    dict: _encode_object,
    tuple: _encode_array,
    Int64: _encode_int,
    Decimal128: _encode_decimal,
    ObjectId: lambda value: _OBJECT_ID + value.binary,
    bytes: _encode_binary,
    Binary: _encode_binary,
    Timestamp: lambda value: _TIMESTAMP + _pack_pair(value.time, value.inc),
    Regex: _encode_regex,
    re.Pattern: _encode_regex,
    Code: _encode_code,
    DBRef: lambda value: _encode_object(value.as_doc()),
    MinKey: lambda _: _MIN_KEY,
    MaxKey: lambda _: _MAX_KEY,
}


def _encode_subclass(value: Any) -> bytes:
    # Code is a str, Binary a bytes and bool an int: their own encoders must come before their parents'.
    for cls in (Code, Binary, bool, *_ENCODERS):
        if isinstance(value, cls):
            return _ENCODERS[cls](value)
    if isinstance(value, Mapping):
        return _encode_object(value)
    raise TypeError(f"not a BSON value: {type(value).__name__}")
