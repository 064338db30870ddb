"""Updates: how a document changes. Parsed and checked once; a parsed update is a value."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from chalicelib.core.query.filter import Filter
from chalicelib.core.query.values import Document


class Update:
    """A checked update by operators, all of MongoDB's (no pipeline updates).

    `source` and `array_filters` are in MongoDB's own form. `paths` are the dotted paths it writes, with `$`,
    `$[]` and `$[name]` as they stand ($rename: both).
    """

    source: Document
    array_filters: tuple[Document, ...]
    paths: frozenset[str]

    def apply(self, document: Document, *, now: datetime, found_by: Filter | None = None, inserting: bool = False) -> Document:
        """The document after the update, as a new value; the one given is not changed.

        `found_by` gives `$` its index; `inserting` lets $setOnInsert act. Raises: InvalidUpdate when MongoDB
        would refuse (a path through a scalar, $inc of a string, ...); ImmutableField when `_id` would change.
        """
        raise NotImplementedError


def parse_update(source: Any, array_filters: Sequence[Any] = ()) -> Update:
    """The update that an operator document spells, such as `{"$set": {...}, "$inc": {...}}`.

    Raises: InvalidUpdate for an unknown operator, a wrong operand, conflicting paths, or array filters that are
    unused, missing or malformed.
    """
    raise NotImplementedError
