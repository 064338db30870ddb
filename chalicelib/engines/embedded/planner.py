"""How a query is answered: which index to walk, which to probe, and what is left to the filter and a sort.

Whatever the choice, the answer is right, because each document that a plan yields is checked against the filter; the
choice affects only how many those are.
"""

# ruff: noqa: S608 - all that is put into SQL here are table names, made of numbers

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chalicelib.engines.embedded.catalogue import Collection, StoredIndex
from chalicelib.engines.embedded.conditions import Conditions, OnPath
from chalicelib.engines.embedded.index_keys import directed
from chalicelib.engines.embedded.index_terms import Term, terms_of
from chalicelib.engines.embedded.plans import BY_ID, BY_ID_BACKWARDS, BY_KEY, BY_KEY_BACKWARDS, Plan

OrderKeys = Sequence[tuple[str, int]]

_MAX_PARAMETERS = 30_000
"""SQLite takes 32,766 variables in a statement."""

_COUNTED_ROWS = 1_000
"""How far an index is counted to estimate what it yields; about 20 µs."""

# Costs, in rows walked in an index: measured at 0.4 µs a row with its document looked up.
_DOCUMENT_COST = 25.0
_GATHER_COST = 1.0
_PROBE_COST = 2.0


@dataclass(frozen=True, slots=True)
class Choice:
    """A plan and its estimated cost."""

    cost: float
    plan: Plan


@dataclass(frozen=True, slots=True)
class Counting:
    """A statement that counts."""

    sql: str
    parameters: tuple[Any, ...]
    is_quick: bool
    """Whether it is cheaper than reading the documents that an index finds."""


class Planner:
    """Plans for one filter on one collection, in one transaction."""

    def __init__(self, connection: sqlite3.Connection, collection: Collection, conditions: Conditions) -> None:
        self._connection = connection
        self._collection = collection
        self._conditions = conditions
        self._terms = terms_of(conditions, collection)
        self._total = 1.0
        self._rows: dict[int, float] = {}

    def plan(self, order: OrderKeys, wanted: int | None) -> Plan:
        """The cheapest way to the first `wanted` documents (None: all) in an order, or in that of insertion."""
        order = _without_needless_keys(order)
        for term in self._terms:
            if term.at_most is not None and term.at_most <= 1:
                return self._gather(term, [], order)
        if not self._terms and not order:
            return self._scan([], order)
        return min(self.choices(order, wanted), key=lambda choice: choice.cost).plan

    def count(self) -> Counting | None:
        """How to count what meets all conditions without reading documents; None when indexes cannot tell."""
        if not self._conditions:
            return Counting(f"SELECT count(*) FROM {self._collection.table}", (), is_quick=True)
        chosen = self._covering_terms()
        if chosen is None:
            return None
        self._measure()
        driver = min(chosen, key=lambda term: self._rows[id(term)])
        rest = [term for term in chosen if term is not driver]
        where = [(term.probe or f"{{doc}} IN ({term.select})").format(doc="found.doc") for term in rest]
        parameters = driver.parameters + tuple(parameter for term in rest for parameter in term.parameters)
        if len(parameters) > _MAX_PARAMETERS:
            return None
        once = driver.index is not None and not driver.index.multikey
        select = driver.select if once else f"SELECT DISTINCT doc FROM ({driver.select})"
        found = self._rows[id(driver)]
        probing = found * _PROBE_COST * sum(term.probes for term in rest)
        gathering = _GATHER_COST * sum(self._rows[id(term)] for term in rest if term.probe is None)
        return Counting(
            f"SELECT count(*) FROM ({select}) AS found{_where(where)}",
            parameters,
            is_quick=probing + gathering <= found * _DOCUMENT_COST,
        )

    def _covering_terms(self) -> list[Term] | None:
        missing = set(map(id, self._conditions))
        chosen = []
        for term in sorted(self._terms, key=lambda term: -len(term.covers)):
            if not missing.isdisjoint(map(id, term.covers)):
                missing.difference_update(map(id, term.covers))
                chosen.append(term)
        return None if missing else chosen

    def choices(self, order: OrderKeys, wanted: int | None) -> Iterator[Choice]:
        """Every possible plan, with its cost in index rows."""
        self._measure()
        total = self._total
        shares = {id(term): min(1.0, self._rows[id(term)] / total) for term in self._terms}
        matching = max(0.5, total * math.prod(shares.values()))
        part = 1.0 if wanted is None else min(1.0, wanted / matching)

        def cost(rows: float, per_row: float, probed: list[Term], stops: bool) -> float:
            walked = rows * part if stops else rows
            read = walked * math.prod(shares[id(term)] for term in probed)
            probes = sum(term.probes for term in probed)
            return walked * (per_row + _PROBE_COST * probes) + read * _DOCUMENT_COST

        probed = [term for term in self._terms if term.probe is not None]
        yield Choice(cost(total, 1.0, probed, stops=not order), self._scan(probed, order))
        for term in self._terms:
            others = [other for other in probed if other is not term and other.index is not term.index]
            rows = self._rows[id(term)]
            gathering = rows * _GATHER_COST
            yield Choice(gathering + cost(rows, 1.0, others, stops=not order), self._gather(term, others, order))
        if order and order[0][0] == "_id":
            yield Choice(cost(total, 1.5, probed, stops=True), self._walk_ids(order[0][1], probed))
        for walk in self._walks(order):
            others = [term for term in probed if term.index is None or term.index is not walk.index]
            rows = self._rows[id(walk.term)] if walk.term is not None else total
            yield Choice(cost(rows, 1.5, others, stops=True), self._walk(walk, others))

    def _measure(self) -> None:
        """Estimates how many documents there are, and how many in each set; in one statement, as each has its price."""
        counted = [term for term in self._terms if term.at_most is None]
        counts = "".join(
            f", (SELECT count(*) FROM (SELECT 1 FROM ({term.select}) LIMIT {_COUNTED_ROWS}))" for term in counted
        )
        total, *rows = self._connection.execute(
            f"SELECT (SELECT max(doc) FROM {self._collection.table}){counts}",
            tuple(parameter for term in counted for parameter in term.parameters),
        ).fetchone()
        self._total = float(total or 1)
        beyond = max(_COUNTED_ROWS, self._total / 2)
        self._rows = {id(term): float(term.at_most) for term in self._terms if term.at_most is not None} | {
            id(term): float(found) if found < _COUNTED_ROWS else beyond
            for term, found in zip(counted, rows, strict=True)
        }

    # --- statements

    def _scan(self, probed: list[Term], order: OrderKeys) -> Plan:
        where, parameters = _probes(probed, "d.doc")
        return Plan("scan", f"{self._collection.table} AS d", where, parameters, "d.doc", is_ordered=not order)

    def _gather(self, term: Term, probed: list[Term], order: OrderKeys) -> Plan:
        where, parameters = _probes(probed, "d.doc")
        where.insert(0, f"d.doc IN ({term.select})")
        name = term.name if term.name == "ids" else f"gather {term.name}"
        parameters = term.parameters + parameters
        return Plan(name, f"{self._collection.table} AS d", where, parameters, "d.doc", is_ordered=not order)

    def _walk(self, walk: _Walk, probed: list[Term]) -> Plan:
        where, parameters = _probes(probed, "i.doc")
        low, high = ("i.key >= ?", walk.bounds[0]), ("i.key < ?", walk.bounds[1])
        start, end = (high, low) if walk.backwards else (low, high)
        return Plan(
            name=f"walk {walk.index.index.name}",
            source=f"{walk.index.table} AS i CROSS JOIN {self._collection.table} AS d ON d.doc = i.doc",
            where=[*where, end[0]],
            parameters=(*parameters, end[1]),
            order=f"i.key {'DESC' if walk.backwards else 'ASC'}, i.doc",
            sequel=BY_KEY_BACKWARDS if walk.backwards else BY_KEY,
            start=start,
            mixes_ties=walk.mixes_ties,
        )

    def _walk_ids(self, direction: int, probed: list[Term]) -> Plan:
        where, parameters = _probes(probed, "d.doc")
        table = self._collection.table
        return Plan(
            name="walk _id",
            source=f"{table} AS d INDEXED BY sqlite_autoindex_{table}_1",
            where=where,
            parameters=parameters,
            order=f"d.id {'DESC' if direction < 0 else 'ASC'}",
            sequel=BY_ID_BACKWARDS if direction < 0 else BY_ID,
        )

    def _walks(self, order: OrderKeys) -> Iterator[_Walk]:
        if not order:
            return
        fixed = self._fixed_values()
        by_index = {id(term.index): term for term in self._terms if term.index is not None}
        for stored in self._collection.indexes:
            prefix, ahead = b"", list(stored.index.keys)
            while ahead and ahead[0][0] in fixed and ahead[0] != order[0]:
                prefix += directed(fixed[ahead[0][0]], ahead[0][1] < 0)
                ahead.pop(0)
            term = by_index.get(id(stored))
            sorted_places = range(len(stored.index.keys) - len(ahead), len(stored.index.keys))
            if any(stored.multikey >> place & 1 for place in sorted_places) or (stored.index.sparse and term is None):
                continue
            asked, turned = list(order), [(path, -direction) for path, direction in order]
            start = ahead[: len(order)]
            if start in (asked, turned):
                bounded = term if term is not None and term.bounds is not None else None
                bounds = (bounded and bounded.bounds) or (prefix, prefix + b"\xff")
                yield _Walk(stored, bounds, start == turned, len(ahead) > len(order), bounded)

    def _fixed_values(self) -> dict[str, bytes]:
        """The paths that the filter allows one value only."""
        return {
            part.path: part.points[0]
            for part in self._conditions
            if isinstance(part, OnPath) and part.points is not None and len(part.points) == 1
        }


@dataclass(frozen=True, slots=True)
class _Walk:
    """An index whose keys, between the bounds, come in the order asked for."""

    index: StoredIndex
    bounds: tuple[bytes, bytes]
    backwards: bool
    mixes_ties: bool
    term: Term | None


def _without_needless_keys(order: OrderKeys) -> OrderKeys:
    """The order up to `_id`, after which there are no ties."""
    paths = [path for path, _ in order]
    return order[: paths.index("_id") + 1] if "_id" in paths else order


def _probes(terms: list[Term], doc: str) -> tuple[list[str], tuple[Any, ...]]:
    where = [term.probe.format(doc=doc) for term in terms if term.probe is not None]
    return where, tuple(parameter for term in terms for parameter in term.parameters)


def _where(conditions: list[str]) -> str:
    return f" WHERE {' AND '.join(conditions)}" if conditions else ""
