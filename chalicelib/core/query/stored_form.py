"""The form that a document must have to be stored: names, types, ranges, depth; and its size and its copy.

What a query or an update may say is not decided here. Spec: mongodb, "BSON Types" and "MongoDB Limits and Thresholds".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final, TypeAlias

import bson
from bson import Binary, Code, DBRef, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp

from chalicelib.core.errors import InvalidDocument
from chalicelib.core.query.values import MAX_INT64, MIN_INT64, Document, is_unicode

MAX_DEPTH: Final = 100
"""Levels of objects and arrays, the document itself among them, inclusive. Spec: mongodb, "Limits"."""

_BAD_NAME = re.compile("^\\$|[.\x00\ud800-\udfff]")
_FREE_OF_RULES: Final = frozenset(
    {bool, type(None), float, ObjectId, Decimal128, bytes, Binary, Timestamp, MinKey, MaxKey}
)
_IMMUTABLE: Final = _FREE_OF_RULES | {int, Int64, str, datetime, Regex, re.Pattern, Code}

_REFERENCE_NAMES: Final = frozenset({"$ref", "$id", "$db"})

_Trail: TypeAlias = "tuple[_Trail, str | int] | None"
_Items: TypeAlias = Iterable[tuple[Any, Any]]
_Level: TypeAlias = tuple[_Items, bool, _Trail, int]


def check_document(document: Any) -> None:
    """Lets a document pass that can be stored.

    Field names are text without `.`, NUL and lone surrogates and do not begin with `$`; the empty name is allowed.
    Values are of BSON types: integers fit 64 bits, dates know their time zone, text is Unicode.
    Raises: InvalidDocument, naming the path of what is wrong.
    """
    if not isinstance(document, Mapping):
        raise InvalidDocument(f"a document is an object, not {_type_name(document)}")
    _check_tree(document.items(), True, None, 1)


def check_value(value: Any, path: str, depth: int) -> None:
    """Lets a value pass that can be stored at a path inside `depth` levels of objects and arrays.

    Raises: InvalidDocument, naming the path of what is wrong.
    """
    _check_tree([(path, value)], False, None, depth)


def bson_size(document: Document) -> int:
    """The bytes of the document as BSON. The document must have passed `check_document`, or come from a store."""
    return len(bson.encode(document))


def depth_of(value: Any, enough: int = MAX_DEPTH + 1) -> int:
    """The levels of objects and arrays in a value: 0 for a scalar, 1 for `{}`. Stops counting at `enough`."""
    deepest = 0
    pending = [(value, 1)]
    while pending and deepest < enough:
        item, depth = pending.pop()
        children = _children(item)
        if children is not None:
            deepest = max(deepest, depth)
            pending.extend((child, depth + 1) for child in children)
    return deepest


def copy_of(value: Any) -> Any:
    """A copy that shares no object or array with the value; mappings become dict, sequences list.

    For values of a depth that can be stored only.
    """
    kind = type(value)
    if kind in _IMMUTABLE:
        return value
    if kind is dict:
        return {name: item if type(item) in _IMMUTABLE else copy_of(item) for name, item in value.items()}
    if kind is list or isinstance(value, tuple):
        return [item if type(item) in _IMMUTABLE else copy_of(item) for item in value]
    if isinstance(value, Mapping):
        return {name: copy_of(item) for name, item in value.items()}
    return value


def _children(value: Any) -> Iterable[Any] | None:
    if isinstance(value, Mapping):
        return value.values()
    return value if isinstance(value, (list, tuple)) else None


def _check_tree(top: _Items, named: bool, trail: _Trail, depth: int) -> None:
    pending: list[_Level] = [(top, named, trail, depth)]
    while pending:
        items, named, trail, depth = pending.pop()
        if depth > MAX_DEPTH:
            raise InvalidDocument(f"the document has more than {MAX_DEPTH} levels")
        for name, item in items:
            if named and not _is_fine_name(name):
                raise InvalidDocument(_name_fault(name, trail))
            kind = type(item)
            if kind in _FREE_OF_RULES:
                continue
            if kind is dict:
                pending.append((item.items(), True, (trail, name), depth + 1))
            elif kind is list:
                pending.append((enumerate(item), False, (trail, name), depth + 1))
            elif kind is str:
                if not item.isascii() and not is_unicode(item):
                    raise InvalidDocument(f"the text at {_spelled((trail, name))} has a lone surrogate")
            elif kind is int or kind is Int64:
                if not MIN_INT64 <= item <= MAX_INT64:
                    raise InvalidDocument(f"the integer at {_spelled((trail, name))} needs more than 64 bits")
            else:
                _check_rare(item, (trail, name), depth, pending)


def _check_rare(item: Any, trail: _Trail, depth: int, pending: list[_Level]) -> None:
    if isinstance(item, datetime):
        if item.tzinfo is None:
            raise InvalidDocument(f"the date at {_spelled(trail)} has no time zone")
    elif isinstance(item, Mapping):
        pending.append((item.items(), True, trail, depth + 1))
    elif isinstance(item, tuple):
        pending.append((enumerate(item), False, trail, depth + 1))
    elif isinstance(item, (Regex, re.Pattern)):
        _check_pattern(item.pattern, trail)
    elif isinstance(item, DBRef):
        fields = {name: part for name, part in item.as_doc().items() if name not in _REFERENCE_NAMES}
        reference = [("$ref", item.collection), ("$id", item.id), ("$db", item.database)]
        pending += [(reference, False, trail, depth + 1), (fields.items(), True, trail, depth + 1)]
    elif isinstance(item, Code):
        pending.append(([("code", str(item)), ("scope", item.scope)], False, trail, depth))
    else:
        raise InvalidDocument(f"the value at {_spelled(trail)} is of no type of BSON: {_type_name(item)}")


def _check_pattern(pattern: Any, trail: _Trail) -> None:
    if isinstance(pattern, str) and (not is_unicode(pattern) or "\0" in pattern):
        raise InvalidDocument(f"the regular expression at {_spelled(trail)} has a NUL or a lone surrogate")


def _is_fine_name(name: Any) -> bool:
    # An identifier has none of what is forbidden, and is recognised much faster.
    return isinstance(name, str) and (name.isidentifier() or not _BAD_NAME.search(name))


def _name_fault(name: Any, trail: _Trail) -> str:
    if not isinstance(name, str):
        return f"a field name at {_spelled(trail)} is not text"
    return f"the field name at {_spelled((trail, name))} begins with $, or has a dot, a NUL or a lone surrogate"


def _spelled(trail: _Trail) -> str:
    names: list[str] = []
    while trail is not None:
        trail, name = trail
        names.append(str(name))
    return ascii(".".join(reversed(names)))


def _type_name(value: Any) -> str:
    return type(value).__name__
