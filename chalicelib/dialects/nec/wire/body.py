"""Reading JSON bodies: what every body must be, and fields of one type."""

from __future__ import annotations

import json
import re
from typing import Any

from chalicelib.core.errors import InvalidInput, InvalidUpdate
from chalicelib.web.call import Call, parse_json
from chalicelib.web.errors import MalformedBody

FULL_UPDATE = "$full_update"

_SUSPICIOUS = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])")
"""Escapes that can spell half a surrogate pair, or a zero byte that no field name may hold."""


def object_body(call: Call) -> dict[str, Any]:
    """The JSON object in the body.

    Raises: UnsupportedMediaType; MalformedBody for anything but a JSON object, for text that is not valid Unicode,
    and for field names with a zero byte.
    """
    value = call.json()
    if _SUSPICIOUS.search(call.body):
        _check_text(value)
    if not isinstance(value, dict):
        raise MalformedBody("the body must be a JSON object")
    return value


def object_body_or_none(call: Call) -> dict[str, Any]:
    """The JSON object in the body, an empty one when there is no body. Raises: as `object_body`."""
    return object_body(call) if call.body else {}


def json_in_text(text: str, name: str) -> Any:
    """The JSON value in a parameter. Raises: InvalidInput, naming the parameter."""
    try:
        value = parse_json(text)
    except MalformedBody as error:
        raise InvalidInput(f"{name} is not valid JSON") from error
    if _SUSPICIOUS.search(text.encode()):
        _check_text(value)
    return value


def full_update_source(body: dict[str, Any]) -> dict[str, Any] | None:
    """The object under `$full_update`; None when the body is a partial update.

    Raises: InvalidUpdate when `$full_update` is not an object, or not alone. Spec: nec-rest, 8.5.2.
    """
    if FULL_UPDATE not in body:
        return None
    source = body[FULL_UPDATE]
    if len(body) > 1 or not isinstance(source, dict):
        raise InvalidUpdate(f"{FULL_UPDATE} takes an object and stands alone")
    return source


def optional_text(body: dict[str, Any], name: str) -> str | None:
    """A field that is a string, or absent, or null. Raises: InvalidInput."""
    text: str | None = _optional(body, name, str, "a string")
    return text


def optional_object(body: dict[str, Any], name: str) -> dict[str, Any] | None:
    """A field that is an object, or absent, or null. Raises: InvalidInput."""
    value: dict[str, Any] | None = _optional(body, name, dict, "an object")
    return value


def optional_names(body: dict[str, Any], name: str) -> list[str] | None:
    """A field that is a list of strings, or absent, or null. Raises: InvalidInput."""
    names: list[str] | None = _optional(body, name, list, "a list of strings")
    if names is not None and not all(isinstance(item, str) for item in names):
        raise InvalidInput(f"{name} must be a list of strings")
    return names


def optional_bool(body: dict[str, Any], name: str) -> bool | None:
    """A field that is true or false, or absent, or null. Raises: InvalidInput."""
    value: bool | None = _optional(body, name, bool, "true or false")
    return value


def _optional(body: dict[str, Any], name: str, kind: type, expected: str) -> Any:
    value = body.get(name)
    if value is not None and not isinstance(value, kind):
        raise InvalidInput(f"{name} must be {expected}")
    return value


def _check_text(value: Any) -> None:
    """Raises: MalformedBody. Rarely needed, so it may be slow: it writes the value out and looks."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
        if _has_zero_in_name(value):
            raise MalformedBody("a field name holds a zero byte")
    except UnicodeEncodeError as error:
        raise MalformedBody("a text is not valid Unicode") from error
    except RecursionError as error:
        raise MalformedBody("the JSON is nested too deep") from error


def _has_zero_in_name(value: Any) -> bool:
    if isinstance(value, dict):
        return any("\0" in name or _has_zero_in_name(item) for name, item in value.items())
    return isinstance(value, list) and any(_has_zero_in_name(item) for item in value)
