"""The parsed update, and what applying it means."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from chalicelib.core.errors import ImmutableField
from chalicelib.core.query.filter import Filter
from chalicelib.core.query.stored_form import copy_of
from chalicelib.core.query.update.apply import write_fields
from chalicelib.core.query.update.run import Run
from chalicelib.core.query.update.tree import Fields
from chalicelib.core.query.values import Document, equal


@dataclass(frozen=True, slots=True)
class Update:
    """A checked update by operators, all of MongoDB's (no pipeline updates).

    `source` and `array_filters` are in MongoDB's own form. `paths` are the dotted paths it writes, with `$`,
    `$[]` and `$[name]` as they stand ($rename: both).
    """

    source: Document
    array_filters: tuple[Document, ...]
    paths: frozenset[str]
    tree: Fields = field(repr=False, compare=False)
    touches_id: bool = field(repr=False, compare=False)

    def apply(
        self, document: Document, *, now: datetime, found_by: Filter | None = None, inserting: bool = False
    ) -> Document:
        """The document after the update, as a new value; the one given is not changed and no part of it is shared.

        `found_by` gives `$` its index; `inserting` lets $setOnInsert act. Raises: InvalidUpdate when MongoDB
        would refuse (a path through a scalar, $inc of a string, ...); ImmutableField when `_id` would change;
        TimedOut when a regular expression in $pull or an array filter takes too long.
        A document without `_id` may get one. `document` is one that could be stored.
        """
        root: Document = copy_of(document)
        write_fields(self.tree, root, Run(document, root, now, found_by, inserting))
        if self.touches_id and "_id" in document and not ("_id" in root and equal(root["_id"], document["_id"])):
            raise ImmutableField("_id")
        return root
