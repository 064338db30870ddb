"""A collection of people, in the words that the tests of documents share."""

from __future__ import annotations

from typing import Any

from chalicelib.core.documents import Index
from chalicelib.core.query.filter import Filter, parse_filter
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import Update, parse_update
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments

BY_AGE = Index("age", (("age", 1),))
UNIQUE_AGE = Index("one age", (("age", 1),), unique=True)


def where(**conditions: Any) -> Filter:
    return parse_filter(conditions)


def change(**operators: Any) -> Update:
    return parse_update({f"${name}": operand for name, operand in operators.items()})


def stored(documents: SqliteDocuments, query: Query | None = None) -> list[dict[str, Any]]:
    return list(documents.find("acme", "people", query or Query()))


def insert(documents: SqliteDocuments, *people: dict[str, Any]) -> None:
    for person in people:
        documents.insert("acme", "people", person)
