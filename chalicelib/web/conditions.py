"""Headers that ask for a part of a content, or for it only if it is, or is not, a known version."""

from __future__ import annotations

import re

from chalicelib.core.errors import InvalidInput

_UNIT = "bytes="
_RANGE = re.compile(r"\s*(\d{0,18})\s*-\s*(\d{0,18})\s*")
_TAG = re.compile(r'\s*(W/)?(?:"([^"]*)"|([^",\s]+))\s*(?:,|$)')


def byte_range(header: str | None) -> tuple[int | None, int | None] | None:
    """First and last byte, both included, of the one part that a Range header asks for; None asks for everything.

    With first None, last is the number of bytes at the end; with last None, the part goes to the end. Units other
    than bytes are ignored. Raises: InvalidInput for several parts, or what is not a part.
    Spec: rfc9110, 14.2; nec-clients, 6.12.
    """
    if header is None or not header.strip().lower().startswith(_UNIT):
        return None
    match = _RANGE.fullmatch(header.strip()[len(_UNIT) :])
    if match is None or not (match[1] or match[2]):
        raise InvalidInput("Range must name one part, as in bytes=0-99")
    first, last = (int(number) if number else None for number in match.groups())
    if first is not None and last is not None and first > last:
        raise InvalidInput("Range must not end before it begins")
    return first, last


def strong_tags(header: str | None) -> tuple[str, ...]:
    """The entity tags of an If-Match header without quotes; weak ones never match. Tags may come without quotes.

    Spec: rfc9110, 13.1.1; nec-clients, 6.12.
    """
    return tuple(f"W/{tag}" if is_weak else tag for is_weak, tag in _tags(header))


def any_tags(header: str | None) -> tuple[str, ...]:
    """The entity tags of an If-None-Match header without quotes, weak or not. Spec: rfc9110, 13.1.2."""
    return tuple(tag for _, tag in _tags(header))


def range_tag(header: str | None) -> str | None:
    """The entity tag of an If-Range header; a date or a weak tag never matches. Spec: rfc9110, 13.1.5."""
    return None if header is None else ",".join(strong_tags(header))


def _tags(header: str | None) -> list[tuple[bool, str]]:
    return [(bool(weak), quoted or bare) for weak, quoted, bare in _TAG.findall(header or "")]
