"""The form of an installation: which fields a client must give, and what they must be. Spec: nec-rest, 10.1."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from chalicelib.core.errors import InvalidInput
from chalicelib.core.query.values import Document

OS_TYPES = ("ios", "android", "dotnet", "java", "js", "other")

TECHNOLOGIES = ("apns", "gcm", "sse")
"""How devices are reached. `sasp` is reserved for the future and refused."""

TOKEN = "_deviceToken"  # noqa: S105 - the name of a field
TECHNOLOGY = "_pushType"
CHANNELS = "_channels"
ALLOWED_SENDERS = "_allowedSenders"

MAX_TOKEN_BYTES = 1_000
"""Bytes of a device token as UTF-8, included. Source: DocumentDB's limit of 2,048 for an index entry, halved."""

_HEX_BYTES = re.compile(r"(?:[0-9a-fA-F]{2})+")


def checked_form(fields: Document) -> Document:
    """The fields of an installation, if all required ones are there and valid; an APNs token in lower case.

    Raises: InvalidInput, naming the first field that is missing or wrong. The app's own fields may be anything.
    """
    for name, (is_right, expected) in _REQUIRED.items():
        if name not in fields:
            raise InvalidInput(f"{name} is missing")
        if not is_right(fields[name]):
            raise InvalidInput(f"{name} must be {expected}")
    token: str = fields[TOKEN]
    if fields[TECHNOLOGY] != "apns":
        return fields
    if not _HEX_BYTES.fullmatch(token):
        raise InvalidInput(f"{TOKEN} must be hexadecimal digits, two for each byte, for apns")
    return fields | {TOKEN: token.lower()}


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and value != ""


def _is_whole_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_version(value: Any) -> bool:
    """Text; or a number, because Android's is an API level."""
    return _is_text(value) or _is_whole_number(value)


def _is_token(value: Any) -> bool:
    return _is_text(value) and len(value.encode("utf-8", "surrogatepass")) <= MAX_TOKEN_BYTES


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)


def _one_of(choices: tuple[str, ...]) -> tuple[Callable[[Any], bool], str]:
    return lambda value: isinstance(value, str) and value in choices, f"one of {', '.join(choices)}"


_REQUIRED: dict[str, tuple[Callable[[Any], bool], str]] = {
    "_osType": _one_of(OS_TYPES),
    "_osVersion": (_is_version, "a text"),
    TOKEN: (_is_token, f"a text of at most {MAX_TOKEN_BYTES} bytes"),
    TECHNOLOGY: _one_of(TECHNOLOGIES),
    CHANNELS: (_is_texts, "a list of texts"),
    "_appVersionCode": (_is_whole_number, "a whole number"),
    "_appVersionString": (lambda value: isinstance(value, str), "a text"),
    ALLOWED_SENDERS: (_is_texts, "a list of user ids and groups"),
}
