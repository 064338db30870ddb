"""The paths of an update: their parts, which of them are dynamic, and how field names are ordered."""

from __future__ import annotations

import re
from typing import Final

from chalicelib.core.errors import InvalidUpdate

MAX_PADDING: Final = 40_000
"""Nulls that one write beyond an array's end may add, inclusive. MongoDB allows 1,500,000; these alone pass 256 KB."""

_NO_TEXT = re.compile("[\x00\ud800-\udfff]")
_LONGEST_INDEX: Final = 10
_FAR_BEYOND: Final = 10**_LONGEST_INDEX


def split_path(path: str) -> tuple[str, ...]:
    """The parts of a path. Raises: InvalidUpdate for a part that is empty, no field name, or `$` out of place."""
    if path.isidentifier():
        return (path,)
    parts = tuple(path.split("."))
    if "" in parts:
        raise InvalidUpdate(f"the path {path!r} has an empty part")
    if _NO_TEXT.search(path):
        raise InvalidUpdate(f"the path {path!a} has a NUL or a lone surrogate")
    if parts.count("$") > 1:
        raise InvalidUpdate(f"the path {path} has more than one positional $")
    for part in parts:
        if part.startswith("$") and part != "$" and array_filter_name(part) is None:
            raise InvalidUpdate(f"the field name {part} in {path} begins with $")
    if is_dynamic(parts[0]):
        raise InvalidUpdate(f"the path {path} must begin with a field name")
    return parts


def is_dynamic(part: str) -> bool:
    """Whether the part is `$`, `$[]` or `$[name]`."""
    return part[0] == "$"


def array_filter_name(part: str) -> str | None:
    """The name in `$[name]`, empty for `$[]`; None for any other part."""
    return part[2:-1] if part.startswith("$[") and part.endswith("]") else None


def query_path(path: str) -> str:
    """The path as a query spells it: without its dynamic parts."""
    return ".".join(part for part in path.split(".") if not is_dynamic(part))


def array_index(part: str) -> int:
    """The index that the part means in an array; -1 when it means none."""
    if not (part.isascii() and part.isdigit()):
        return -1
    return int(part) if len(part) <= _LONGEST_INDEX else _FAR_BEYOND


def order_of_writing(name: str) -> tuple[int, int, int, str]:
    """The sort key of field names to write: as text, but what begins with a digit 1 to 9 first by its length.

    So numbers come in their order, and names such as `10a` where MongoDB puts them.
    """
    first = name[0]
    if first < "0" or first > "9":
        return (-1 if first < "0" else 1, 0, 0, name)
    return (0, 0, 0, name) if first == "0" else (0, 1, len(name.encode()), name)
