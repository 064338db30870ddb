"""What a query may cost before it is refused."""

from __future__ import annotations

from typing import Any, Final

from chalicelib.core.errors import InvalidQuery
from chalicelib.core.query.values import MAX_INT64, MIN_INT64, is_unicode

MAX_NESTING: Final = 100
"""Levels of objects and arrays in a filter or projection, inclusive. Source: MongoDB's limit for BSON documents."""

MAX_PATTERN_LENGTH: Final = 1_000
"""Characters of a regular expression, inclusive. Our choice; the cost of compiling grows with the length."""

MAX_REPETITION: Final = 65_535
"""The largest count in `{n,m}` of a regular expression, inclusive. Source: PCRE; more costs memory, not only time."""

MATCH_TIME_MS: Final = 200
"""How long one regular expression may run on one string. Our choice; an ordinary match takes microseconds."""

FAIR_MATCH_US: Final = 100
"""Processor time that any match may take, in microseconds. Our choice; an ordinary match takes 2."""

FAIR_MATCH_US_PER_CHARACTER: Final = 0.2
"""Microseconds besides for each character of the text. Our choice; an ordinary match takes up to 0.05."""

SLOW_BUDGET_MS: Final = 1_000
"""How long the matches of one filter may take together beyond what is fair, per `BUDGET_WINDOW_S`. Our choice."""

BUDGET_WINDOW_S: Final = 60
"""After this many seconds a filter that stays in use (a live query) gets a fresh budget. Our choice."""

GEOMETRY_TIME_MS: Final = 1_000
"""How long comparing one stored shape with the shape of a query may take. Our choice; a point takes
microseconds."""

MAX_SORT_KEYS: Final = 32
"""Keys in a sort order, inclusive. Source: MongoDB's limit for compound sorts and indexes."""


def bounded_copy(source: Any, what: str, levels: int = MAX_NESTING) -> Any:
    """A copy of objects and arrays as plain dictionaries and lists; the scalars in it are shared.

    Raises: InvalidQuery when `source` is nested more than `levels` deep (never a RecursionError), or holds a number or
    text that BSON cannot hold.
    """
    if isinstance(source, dict | list | tuple):
        if levels == 0:
            raise InvalidQuery(f"the {what} is nested more than {MAX_NESTING} levels deep")
        if isinstance(source, dict):
            return {_name(name, what): bounded_copy(item, what, levels - 1) for name, item in source.items()}
        return [bounded_copy(item, what, levels - 1) for item in source]
    if type(source) is int and not MIN_INT64 <= source <= MAX_INT64:
        raise InvalidQuery(f"the {what} has a number of more than 64 bits")
    if type(source) is str and not is_unicode(source):
        raise InvalidQuery(f"the {what} has text with half of a surrogate pair")
    return source


def _name(name: Any, what: str) -> str:
    if not isinstance(name, str) or "\0" in name or not is_unicode(name):
        raise InvalidQuery(f"the {what} has a field name that no document can have: {name!r}")
    return name
