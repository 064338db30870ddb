"""What the indexes of a collection tell about a filter: sets of documents, as SQL.

Every document that matches the filter is in every set found here; a set may contain more.
"""

# ruff: noqa: S608 - all that is put into SQL here are table names, made of numbers

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.core.query.values import is_unicode
from chalicelib.engines.embedded.catalogue import Collection, StoredIndex
from chalicelib.engines.embedded.conditions import Bound, Conditions, Either, OnPath, Span, intersected
from chalicelib.engines.embedded.index_keys import directed
from chalicelib.engines.embedded.key_encoding import invert, string_of

MAX_POINTS = 2_500
"""Keys looked up one by one in an index, of one term; SQLite takes 32,766 variables in a statement of 12 terms."""

MAX_SELECTS = 100
"""Selects in one term; SQLite takes 500 in a union, and 1,000 operators side by side."""

MAX_TERMS = 12
"""Terms made from one filter; more would hardly narrow the search further."""

MAX_PROBES = 24
"""Keys looked up for each document that is passed; with more, reading the document is cheaper."""


@dataclass(frozen=True, slots=True)
class Term:
    """A set of documents that one index, or a union over several, yields."""

    name: str
    select: str
    """A SELECT of the `doc` of each, perhaps more than once."""
    parameters: tuple[Any, ...]
    probe: str | None
    """A condition on `{doc}`, true in the set, with the same parameters; None where that would be slow."""
    probes: int
    """How many keys the probe looks up."""
    at_most: int | None
    """The most documents there can be in the set, where the index is unique."""
    selects: int
    """How many SELECTs are in it."""
    covers: Conditions
    """The conditions that the documents of the set meet, as far as keys can tell."""
    index: StoredIndex | None = None
    bounds: tuple[bytes, bytes] | None = None
    """The keys of the set in `index`, from the first to before the second, when they lie together."""


def terms_of(conditions: Conditions, collection: Collection) -> list[Term]:
    """The sets that hold every document which meets the conditions."""
    by_path: dict[str, list[OnPath]] = {}
    unions: list[Term] = []
    for condition in conditions:
        if isinstance(condition, OnPath):
            by_path.setdefault(condition.path, []).append(condition)
        elif len(unions) < MAX_TERMS:
            union = _union(condition, collection)
            if union is not None:
                unions.append(union)
    terms = [_by_id(by_path["_id"], collection)] if "_id" in by_path else []
    if by_path:
        terms += [_by_index(stored, by_path) for stored in collection.indexes]
    return ([term for term in terms if term is not None] + unions)[:MAX_TERMS]


def _union(either: Either, collection: Collection) -> Term | None:
    branches: list[Term] = []
    for branch in either.branches:
        terms = terms_of(branch, collection)
        if not terms:
            return None
        branches.append(max(terms, key=lambda term: (len(term.covers), term.probe is not None)))
        keys = sum(len(term.parameters) for term in branches)
        if keys > MAX_POINTS or sum(term.selects for term in branches) > MAX_SELECTS:
            return None
    covered = all(len(branch) == len(term.covers) for branch, term in zip(either.branches, branches, strict=True))
    probes = [term.probe for term in branches if term.probe is not None]
    can_probe = len(probes) == len(branches) and sum(term.probes for term in branches) <= MAX_PROBES
    return Term(
        name=" or ".join(dict.fromkeys(term.name for term in branches)),
        select=" UNION ALL ".join(term.select for term in branches),
        parameters=tuple(parameter for term in branches for parameter in term.parameters),
        probe=f"({' OR '.join(probes)})" if can_probe else None,
        probes=sum(term.probes for term in branches),
        at_most=None,
        selects=sum(term.selects for term in branches),
        covers=(either,) if covered else (),
    )


# --- by `_id`


def _by_id(conditions: Sequence[OnPath], collection: Collection) -> Term | None:
    ids: list[str] | None = None
    covers: list[OnPath] = []
    for condition in conditions:
        if condition.points is None:
            continue
        found = [text for text in map(string_of, condition.points) if text is not None and is_unicode(text)]
        if ids is None and len(found) <= MAX_POINTS:
            ids = found
            covers.append(condition)
    if ids is None:
        return None
    places = ",".join("?" * len(ids))
    table = collection.table
    return Term(
        name="ids",
        select=f"SELECT doc FROM {table} WHERE id IN ({places})",
        parameters=tuple(ids),
        probe=f"EXISTS (SELECT 1 FROM {table} AS probed WHERE probed.doc = {{doc}} AND probed.id IN ({places}))",
        probes=1,
        at_most=len(ids),
        selects=1,
        covers=tuple(covers),
    )


# --- by an index


def _by_index(stored: StoredIndex, by_path: dict[str, list[OnPath]]) -> Term | None:
    """The set of keys that the conditions on the index's first paths leave, if there are any."""
    prefixes = [b""]
    used: list[OnPath] = []
    span: Span | None = None
    met_multikey = False
    columns = 0
    for place, (path, direction) in enumerate(stored.index.keys):
        conditions = by_path.get(path)
        is_multikey = bool(stored.multikey >> place & 1)
        if not conditions or (is_multikey and met_multikey):
            break
        # Two elements of an array may meet two conditions; then no single key meets both.
        applied = _narrowest(conditions) if is_multikey else conditions
        met_multikey = met_multikey or is_multikey
        points = _points(applied)
        if points is None:
            span = intersected([condition.span for condition in applied if condition.span is not None])
            span = _mirrored(span) if direction < 0 else span
            used += applied
            break
        if len(prefixes) * len(points) > MAX_POINTS:
            break
        prefixes = [prefix + directed(point, direction < 0) for prefix in prefixes for point in points]
        used += applied
        columns += 1
    if not used or (stored.index.sparse and all(condition.may_be_missing for condition in used)):
        return None
    if span is None and columns == len(stored.index.keys):
        return _term_of_keys(stored, prefixes, tuple(used))
    return _term_of_ranges(stored, prefixes, span, tuple(used)) if len(prefixes) <= MAX_PROBES else None


def _narrowest(conditions: list[OnPath]) -> list[OnPath]:
    return [min(conditions, key=lambda condition: (condition.points is None, len(condition.points or ())))]


def _points(conditions: list[OnPath]) -> list[bytes] | None:
    """The values that all conditions allow, where at least one of them names values."""
    named = [condition.points for condition in conditions if condition.points is not None]
    if not named:
        return None
    spans = [condition.span for condition in conditions if condition.span is not None]
    others = [set(points) for points in named[1:]]
    return [
        point
        for point in named[0]
        if all(point in points for points in others) and all(span.holds(point) for span in spans)
    ]


def _mirrored(span: Span) -> Span:
    return Span(Bound(invert(span.high.key), not span.high.after), Bound(invert(span.low.key), not span.low.after))


def _term_of_keys(stored: StoredIndex, keys: list[bytes], covers: Conditions) -> Term:
    places = ",".join("?" * len(keys))
    return Term(
        name=stored.index.name,
        select=f"SELECT doc FROM {stored.table} WHERE key IN ({places})",
        parameters=tuple(keys),
        probe=(
            f"EXISTS (SELECT 1 FROM {stored.table} WHERE key IN ({places}) AND doc = {{doc}})"
            if len(keys) <= MAX_PROBES
            else None
        ),
        probes=len(keys),
        at_most=len(keys) if stored.index.unique else None,
        selects=1,
        covers=covers,
        index=stored,
        bounds=(keys[0], keys[0] + b"\xff") if len(keys) == 1 else None,
    )


def _term_of_ranges(stored: StoredIndex, prefixes: list[bytes], span: Span | None, covers: Conditions) -> Term:
    bounds = [
        (prefix + span.low.position(), prefix + span.high.position()) if span else (prefix, prefix + b"\xff")
        for prefix in prefixes
    ]
    one = f"SELECT doc FROM {stored.table} WHERE key >= ? AND key < ?"
    return Term(
        name=stored.index.name,
        select=" UNION ALL ".join([one] * len(bounds)) or f"{one} AND 0",
        parameters=tuple(bound for pair in bounds for bound in pair) or (b"", b""),
        probe=None,
        probes=0,
        at_most=None,
        selects=len(bounds),
        covers=covers,
        index=stored,
        bounds=bounds[0] if len(bounds) == 1 else None,
    )
