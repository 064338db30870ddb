"""What a file may be called."""

from __future__ import annotations

import re

from chalicelib.core.errors import InvalidName

MAX_NAME_BYTES = 900
"""Bytes of a file's name in UTF-8, included. Spec: nec-rest, 9.1."""

_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f"*/:<>?\\|\ud800-\udfff]')


def check_file_name(name: str) -> None:
    """Raises: InvalidName for an empty or too long name, `.`, `..`, or a forbidden character. Spec: nec-rest, 9.1."""
    if not name or name in (".", "..") or _FORBIDDEN.search(name) or len(name.encode()) > MAX_NAME_BYTES:
        raise InvalidName(
            f"a file's name has 1 to {MAX_NAME_BYTES} bytes of UTF-8 and none of the characters \" * / : < > ? \\ |"
        )
