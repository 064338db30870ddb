"""What a filter demands of single paths: enough for an engine to choose an index, without parsing `source` again.

Conditions are necessary, not sufficient: every document that matches the filter satisfies all of `Filter.conditions`,
and an engine asks `Filter.matches` about each document that its index finds. paths.py (`values_at`) defines the values
of a path: through arrays a path has many values, and each condition speaks of *some* value. Two conditions
on one path may therefore be met by two elements of one array: their ranges may be intersected only where no array lies
on the path. The two bounds of one `Within` hold for the same value.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

UNBOUNDED = None


@dataclass(frozen=True, slots=True)
class OneOf:
    """Some value at the path equals one of `values`.

    None among the values also stands for a field that is not there. A list equals an array as a whole, or an array
    that is an element of one. No values at all: the filter matches nothing.
    """

    path: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Within:
    """Some value at the path has the type bracket of the bounds and lies between them; a bound None is open.

    Bounds are scalars: numbers (not NaN), strings, dates, booleans, object ids, binary, timestamps.
    """

    path: str
    lower: Any = UNBOUNDED
    lower_included: bool = False
    upper: Any = UNBOUNDED
    upper_included: bool = False


@dataclass(frozen=True, slots=True)
class Present:
    """The path leads somewhere: the field exists, be it null."""

    path: str


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one branch holds; a branch is a conjunction and never empty."""

    branches: tuple[tuple[Condition, ...], ...]


Condition = OneOf | Within | Present | AnyOf
