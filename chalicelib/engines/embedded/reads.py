"""How a query of one collection is answered, within a transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing, contextmanager
from itertools import groupby, islice
from typing import Any

from chalicelib.core.clock import Deadline
from chalicelib.core.query.filter import Filter
from chalicelib.core.query.order import Order
from chalicelib.core.query.values import Document
from chalicelib.engines.embedded.catalogue import Collection
from chalicelib.engines.embedded.conditions import Either, conditions_of, exclusions, few_ids, hull
from chalicelib.engines.embedded.planner import Counting, Planner
from chalicelib.engines.embedded.plans import PackEnd, Plan, plan_for_ids
from chalicelib.engines.embedded.tenant_file import Session
from chalicelib.engines.embedded.writes import decode, decode_all

Found = tuple[int, Document]
"""A document and its place in the order of insertion."""

SortKeyOf = Callable[[Document], Any]

IN_INSERTION_ORDER = Order()

_STEPS_BETWEEN_CHECKS = 50_000
"""Steps of SQLite's virtual machine between two checks of the deadline: about a millisecond."""

_ROWS_BETWEEN_CHECKS = 64

_FIRST_PACK = 128
_LARGEST_PACK = 4096
_PACK_BYTES = 500_000
"""The approximate size of the packs after the first."""

_SORTED_IN_MEMORY = 10_000
"""Up to so many wanted documents, a sort keeps them; beyond, it keeps their keys and reads them again."""


class Reader:
    """Answers queries of one collection in one transaction, until the deadline."""

    def __init__(self, session: Session, collection: Collection, deadline: Deadline) -> None:
        self._session = session
        self._collection = collection
        self.deadline = deadline
        """May be replaced, so that time in which the reader is not used does not count."""

    def plan(self, filter: Filter, order: Order = IN_INSERTION_ORDER, wanted: int | None = None) -> Plan:
        """How the first `wanted` documents in the order are found."""
        ids = few_ids(filter)
        if ids and (len(ids) == 1 or not order):
            return plan_for_ids(self._collection, ids)
        conditions = conditions_of(filter)
        common = hull(conditions, order.keys[0][0]) if order else None
        if common is not None:
            conditions += (common,)
        return Planner(self._session.connection, self._collection, conditions).plan(order.keys, wanted)

    def matching(self, filter: Filter, plan: Plan, wanted: int | None = None) -> Generator[Found, None, None]:
        """The documents that match, in the plan's order; `wanted`, where it is known, sizes the first pack."""
        matches = filter.matches
        after: PackEnd | None = None
        rows = _FIRST_PACK if wanted is None else min(max(wanted, 2), _FIRST_PACK)
        with self._interrupted_at_deadline():
            while True:
                self.deadline.check()
                try:
                    bodies, docs, keys = self._session.execute(*plan.statement(after, rows)).fetchone()
                except sqlite3.DataError:  # more than the gigabyte that SQLite takes as one text
                    if rows == 1:
                        raise
                    rows = max(1, rows // 8)
                    continue
                if bodies is None:
                    return
                documents = decode_all(bytes.fromhex(bodies))
                places = docs.split(",")
                for number, document in enumerate(documents):
                    if number % _ROWS_BETWEEN_CHECKS == _ROWS_BETWEEN_CHECKS - 1:
                        self.deadline.check()
                    if matches(document):
                        yield int(places[number]), document
                if len(documents) < rows:
                    return
                after = PackEnd(int(places[-1]), bytes.fromhex(keys[keys.rfind(",") + 1 :]))
                rows = max(_FIRST_PACK, min(_LARGEST_PACK, rows * 2 * _PACK_BYTES // len(bodies)))

    def find(self, filter: Filter, order: Order, skip: int, limit: int | None) -> Generator[Document, None, None]:
        """One page of the documents that match, in the order asked for. To be closed or used up in the transaction."""
        if limit == 0:
            return
        wanted = None if limit is None else skip + limit
        by_distance = filter.distance_order if not order else None
        plan = self.plan(filter, order, None if by_distance else wanted)
        with closing(self.matching(filter, plan, wanted if plan.is_ordered else None)) as found:
            if by_distance is not None:
                documents = self._sorted(found, by_distance, lambda some: sorted(some, key=by_distance), wanted)
            elif plan.mixes_ties:
                documents = _with_ties_by_insertion(found, order.key)
            elif plan.is_ordered:
                documents = (document for _, document in found)
            else:
                documents = self._sorted(found, order.key, order.sorted, wanted)
            yield from islice(documents, skip, wanted)

    def find_one(self, filter: Filter) -> Found | None:
        """A document that matches, the first inserted of them."""
        with closing(self.matching(filter, self.plan(filter, wanted=1), wanted=1)) as found:
            return next(found, None)

    def count(self, filter: Filter) -> int:
        """How many documents match."""
        counted = self._count_in_indexes(filter)
        return sum(1 for _ in self.matching(filter, self.plan(filter))) if counted is None else counted

    def _count_in_indexes(self, filter: Filter) -> int | None:
        excluded = exclusions(filter.source)
        if excluded is None:
            return None
        conditions = conditions_of(filter)
        met = Planner(self._session.connection, self._collection, conditions).count()
        if met is None or not met.is_quick:
            return None
        if not excluded:
            return self._counted(met)
        unwanted = (*conditions, Either(tuple((each,) for each in excluded)))
        among_them = Planner(self._session.connection, self._collection, unwanted).count()
        return self._counted(met) - self._counted(among_them) if among_them is not None else None

    def _counted(self, counting: Counting) -> int:
        with self._interrupted_at_deadline():
            (count,) = self._session.execute(counting.sql, counting.parameters).fetchone()
        return int(count)

    def _sorted(
        self,
        found: Iterator[Found],
        key: SortKeyOf,
        sort: Callable[[Iterable[Document]], list[Document]],
        wanted: int | None,
    ) -> Iterator[Document]:
        if wanted is not None and wanted <= _SORTED_IN_MEMORY:
            yield from _first_of(found, sort, wanted)
            return
        places = sorted(((key(document), doc) for doc, document in found), key=lambda place: place[0])
        select = f"SELECT body FROM {self._collection.table} WHERE doc = ?"  # noqa: S608 - a name made of a number
        for _, doc in places:
            (body,) = self._session.execute(select, (doc,)).fetchone()
            yield decode(body)

    @contextmanager
    def _interrupted_at_deadline(self) -> Iterator[None]:
        """A statement that runs past the deadline fails, as translated by the session."""
        connection = self._session.connection
        connection.set_progress_handler(lambda: self.deadline.remaining_ms() == 0, _STEPS_BETWEEN_CHECKS)
        try:
            yield
        finally:
            connection.set_progress_handler(None, 0)


def _with_ties_by_insertion(found: Iterator[Found], key: SortKeyOf) -> Iterator[Document]:
    for _, equals in groupby(found, lambda each: key(each[1])):
        yield from (document for _, document in sorted(equals, key=lambda each: each[0]))


def _first_of(
    found: Iterator[Found], sort: Callable[[Iterable[Document]], list[Document]], wanted: int
) -> list[Document]:
    """The first `wanted` documents of a stable sort; never many more are in memory."""
    kept: list[Document] = []
    while batch := [document for _, document in islice(found, wanted + 500)]:
        kept = sort(kept + batch)[:wanted]
    return kept
