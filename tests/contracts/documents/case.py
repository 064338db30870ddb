"""One case of the documents contract: what is stored, what is asked, and what MongoDB 5.0 answers.

Cases hold filters, updates and pipelines as a client would write them; running one parses them through the core.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from bson import Int64

from chalicelib.core.documents import Documents, Index
from chalicelib.core.errors import CoreError
from chalicelib.core.query.filter import EVERYTHING, parse_filter
from chalicelib.core.query.order import Order, parse_order
from chalicelib.core.query.pipeline import ForeignCollection, parse_pipeline
from chalicelib.core.query.projection import parse_projection
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import parse_update
from chalicelib.core.query.values import MISSING, Document

COLLECTION = "things"

Stored = Sequence[Any]
"""Documents."""


class Operation(Protocol):
    """One call of the port."""

    def run(self, documents: Documents, tenant: str) -> Any:
        """What the call answers, iterators used up."""


@dataclass(frozen=True)
class Find:
    filter: Any
    sort: Sequence[tuple[str, int]] = ()
    skip: int = 0
    limit: int | None = None
    projection: Any = None
    ids_only: bool = False

    def run(self, documents: Documents, tenant: str) -> Any:
        query = Query(
            filter=parse_filter(self.filter),
            order=parse_order(self.sort) if self.sort else Order(),
            skip=self.skip,
            limit=self.limit,
            projection=None if self.projection is None else parse_projection(self.projection),
        )
        found = list(documents.find(tenant, COLLECTION, query))
        return [document["_id"] for document in found] if self.ids_only else found


@dataclass(frozen=True)
class UpdateOne:
    update: Any
    filter: Any = field(default_factory=dict)
    array_filters: Sequence[Any] = ()

    def run(self, documents: Documents, tenant: str) -> Any:
        update = parse_update(self.update, self.array_filters)
        return documents.update_one(tenant, COLLECTION, parse_filter(self.filter), update)


@dataclass(frozen=True)
class UpsertOne:
    document_id: str
    update: Any

    def run(self, documents: Documents, tenant: str) -> Any:
        return documents.upsert_one(tenant, COLLECTION, self.document_id, parse_update(self.update))


@dataclass(frozen=True)
class UpdateMany:
    """Answers what is stored afterwards, in the order of the ids."""

    update: Any
    filter: Any = field(default_factory=dict)
    array_filters: Sequence[Any] = ()

    def run(self, documents: Documents, tenant: str) -> Any:
        update = parse_update(self.update, self.array_filters)
        documents.update_many(tenant, COLLECTION, parse_filter(self.filter), update)
        return list(documents.find(tenant, COLLECTION, Query(order=parse_order([("_id", 1)]))))


@dataclass(frozen=True)
class Insert:
    """Answers what is stored afterwards."""

    document: Document

    def run(self, documents: Documents, tenant: str) -> Any:
        documents.insert(tenant, COLLECTION, copy.deepcopy(self.document))
        return list(documents.find(tenant, COLLECTION, Query(order=parse_order([("_id", 1)]))))


@dataclass(frozen=True)
class Aggregate:
    """`visible` is a filter of what the caller may see in the collections that `$lookup` reads."""

    pipeline: Any
    visible: Any = None

    def run(self, documents: Documents, tenant: str) -> Any:
        visible = EVERYTHING if self.visible is None else parse_filter(self.visible)
        pipeline = parse_pipeline(self.pipeline).resolved(lambda name: ForeignCollection(name, visible))
        return list(documents.aggregate(tenant, COLLECTION, pipeline))


@dataclass(frozen=True)
class Case:
    """`stored` goes into one collection, `others` into further ones by name; `expected` is what the operation
    answers, or the class of the error it ends in."""

    id: str
    stored: Stored
    operation: Operation
    expected: Any
    indexes: Sequence[Index] = ()
    others: Mapping[str, Stored] = field(default_factory=dict)


@dataclass(frozen=True)
class Outcome:
    """What an engine made of a case: `text` shows it, `right` says whether it is what was expected."""

    text: str
    right: bool


def run(case: Case, documents: Documents, tenant: str) -> Outcome:
    """Stores the case's documents for the tenant and runs its operation."""
    for index in case.indexes:
        documents.create_index(tenant, COLLECTION, index)
    for name, stored in {COLLECTION: case.stored, **case.others}.items():
        for document in stored:
            documents.insert(tenant, name, copy.deepcopy(dict(document)))
    try:
        answer = case.operation.run(documents, tenant)
    except CoreError as error:
        right = isinstance(case.expected, type) and isinstance(error, case.expected)
        kept = list(documents.find(tenant, COLLECTION, Query(order=parse_order([("_id", 1)]))))
        unchanged = same(kept, sorted((dict(one) for one in case.stored), key=lambda one: one["_id"]))
        note = "" if unchanged else f", and the documents became {kept!r}"
        return Outcome(f"{type(error).__name__}: {_said(error)}{note}", right and unchanged)
    return Outcome(repr(answer), not isinstance(case.expected, type) and same(answer, case.expected))


def _said(error: CoreError) -> str:
    """The message, in the words of the server where it is one that refused."""
    details = getattr(error.__cause__, "details", None)
    return str(details["errmsg"]) if isinstance(details, dict) and "errmsg" in details else error.message


def same(left: Any, right: Any) -> bool:
    """Whether two answers are the same to a client: field order counts, 1 is neither 1.0 nor true, NaN is NaN."""
    if isinstance(left, dict) and isinstance(right, dict):
        return list(left) == list(right) and all(same(left[name], right[name]) for name in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(same, left, right))
    if _plain_type(left) is not _plain_type(right):
        return False
    return bool(left == right) or (left != left and right != right)


def _plain_type(value: Any) -> type:
    return int if isinstance(value, Int64) else type(value)


# --- short ways to write cases -------------------------------------------------------------------


def values(*of_a: Any) -> list[Document]:
    """Documents "1", "2", ... with these values in their field `a`; MISSING leaves the field out."""
    return [
        {"_id": str(number)} if value is MISSING else {"_id": str(number), "a": value}
        for number, value in enumerate(of_a, start=1)
    ]


def find(id: str, stored: Stored, filter: Any, expected: str | type[CoreError], **options: Any) -> Case:
    """`expected` names the documents found by their one-letter ids, in order."""
    answer: Any = expected if isinstance(expected, type) else list(expected)
    return Case(id, stored, Find(filter, ids_only=True, **options), answer)


def project(id: str, document: Document, projection: Any, expected: Any, *, filter: Any = None) -> Case:
    """What find hands over of one document, `_id` "1" left out of both."""
    answer = expected if isinstance(expected, type) else [expected]
    return Case(id, [{"_id": "1", **document}], Find(filter or {}, projection=projection), answer)


def update(
    id: str, document: Document, update: Any, expected: Any, *, filter: Any = None, array_filters: Sequence[Any] = ()
) -> Case:
    """What an update makes of one document, `_id` "1" left out of both."""
    answer = {"_id": "1", **expected} if isinstance(expected, dict) else expected
    return Case(id, [{"_id": "1", **document}], UpdateOne(update, filter or {}, array_filters), answer)


def aggregate(id: str, stored: Stored, pipeline: Any, expected: Any, **options: Any) -> Case:
    others = options.pop("others", {})
    return Case(id, stored, Aggregate(pipeline, **options), expected, others=others)


def expression(id: str, expression: Any, expected: Any, document: Document | None = None) -> Case:
    """What an aggregation expression makes of one document; MISSING when it makes nothing."""
    pipeline = [{"$project": {"_id": 0, "result": expression}}]
    answer = expected if isinstance(expected, type) else [{} if expected is MISSING else {"result": expected}]
    return Case(id, [{"_id": "1", **(document or {})}], Aggregate(pipeline), answer)


def moment(text: str) -> datetime:
    """An aware UTC datetime from `2020-02-03T04:05:06.007`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
