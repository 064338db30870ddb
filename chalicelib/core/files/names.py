"""The rules for names and content types of files."""

from __future__ import annotations

import re

from chalicelib.core.errors import InvalidInput, InvalidName

MAX_NAME_BYTES = 900
"""Bytes of a file's name in UTF-8, included. Spec: nec-rest, 9.1."""

MAX_TYPE_LENGTH = 255
"""Characters of a content type, included. Source: RFC 6838, 4.2, allows 127 for each of its halves."""

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f"*/:<>?\\|\ud800-\udfff]')


def check_file_name(name: str) -> None:
    """Raises: InvalidName for an empty or too long name, `.`, `..`, or a forbidden character. Spec: nec-rest, 9.1."""
    if not name or name in (".", "..") or _FORBIDDEN.search(name) or len(name.encode()) > MAX_NAME_BYTES:
        raise InvalidName(
            f"a file's name has 1 to {MAX_NAME_BYTES} bytes of UTF-8, is neither . nor .., "
            'and has no control characters and none of " * / : < > ? \\ |'
        )


def check_content_type(content_type: str) -> None:
    """Accepts every type that fits in a header, however odd. Raises: InvalidInput. Spec: nec-clients, 6.2."""
    if not content_type.isascii() or not content_type.isprintable() or not 0 < len(content_type) <= MAX_TYPE_LENGTH:
        raise InvalidInput(f"a content type has 1 to {MAX_TYPE_LENGTH} printable ASCII characters")
