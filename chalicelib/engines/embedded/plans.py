"""A plan: the SELECT that yields what may match, in packs of rows.

SQLite returns a pack of documents as one row of text. Row by row, Python would release and regain its interpreter lock
at each; with 16 threads at work, a page of 100 objects then took a second now and again.
"""

# ruff: noqa: S608 - all that is put into SQL here are table names, made of numbers

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from chalicelib.engines.embedded.catalogue import Collection


@dataclass(frozen=True, slots=True)
class PackEnd:
    """Where a pack ended: the last row's `doc`, and its key or id when the rows come in the order of those."""

    doc: int
    key: bytes


@dataclass(frozen=True, slots=True)
class Sequel:
    """How to continue after a pack: the column that orders the rows, and which of them come after the pack."""

    key: str
    condition: str
    takes: tuple[Literal["doc", "key"], ...]


BY_DOC = Sequel("''", "d.doc > ?", ("doc",))
BY_KEY = Sequel("i.key", "(i.key, i.doc) > (?, ?)", ("key", "doc"))
BY_KEY_BACKWARDS = Sequel("i.key", "i.key <= ? AND (i.key < ? OR i.doc > ?)", ("key", "key", "doc"))
BY_ID = Sequel("d.id", "d.id > CAST(? AS TEXT)", ("key",))
BY_ID_BACKWARDS = Sequel("d.id", "d.id < CAST(? AS TEXT)", ("key",))


@dataclass(frozen=True, slots=True)
class Plan:
    """Rows of documents that may match, each once."""

    name: str
    """What it does, for tests and people: `scan`, `ids`, `gather <indexes>`, `walk <index>`."""
    source: str
    """What is selected from: documents as `d`, and perhaps an index as `i`."""
    where: Sequence[str]
    parameters: tuple[Any, ...]
    order: str
    sequel: Sequel = BY_DOC
    start: tuple[str, Any] | None = None
    """A condition with its parameter, for the first pack only: the sequel takes its place."""
    is_ordered: bool = True
    """The rows come in the order asked for."""
    mixes_ties: bool = False
    """Rows that are equal in that order do not come in the order of insertion."""

    def statement(self, after: PackEnd | None, rows: int) -> tuple[str, tuple[Any, ...]]:
        """The SELECT of the first rows, or of those after a pack: bodies, docs and ordering keys, each in one text."""
        where, parameters = list(self.where), self.parameters
        if after is not None:
            where.append(self.sequel.condition)
            parameters += tuple(after.doc if part == "doc" else after.key for part in self.sequel.takes)
        elif self.start is not None:
            where.append(self.start[0])
            parameters += (self.start[1],)
        condition = f" WHERE {' AND '.join(where)}" if where else ""
        select = f"SELECT d.doc, d.body, hex({self.sequel.key}) AS place FROM {self.source}{condition}"
        packed = "group_concat(hex(body), ''), group_concat(doc), group_concat(place)"
        return f"SELECT {packed} FROM ({select} ORDER BY {self.order} LIMIT ?)", (*parameters, rows)


def plan_for_ids(collection: Collection, ids: tuple[str, ...]) -> Plan:
    """The plan for the few documents that may match, in the order of insertion, where there is nothing to choose."""
    among = "d.id = ?" if len(ids) == 1 else f"d.id IN ({', '.join('?' * len(ids))})"
    return Plan("ids", f"{collection.table} AS d", (among,), ids, "d.doc")
