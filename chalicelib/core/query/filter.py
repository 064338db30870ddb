"""Filters: which documents a query means. Parsed and checked once; a parsed filter is a value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chalicelib.core.query.values import Document


class Filter:
    """A checked condition on documents.

    `source` is the checked condition in MongoDB's own form, fit to be sent to a MongoDB-compatible server.
    """

    source: Document

    def matches(self, document: Document) -> bool:
        """Whether MongoDB would find the document with this filter."""
        raise NotImplementedError

    def matched_position(self, document: Document, array_path: str) -> int | None:
        """The index in the array at `array_path` that the filter matched: what `$` means in an update."""
        raise NotImplementedError

    def __and__(self, other: Filter) -> Filter:
        """The documents that both filters match."""
        raise NotImplementedError


def parse_filter(source: Any) -> Filter:
    """The filter that a MongoDB query document spells.

    Raises: InvalidQuery for a form that is no filter, an unknown operator or a refused one ($where and all that
    runs code); OperatorMisused for an operand the operator cannot take.
    """
    raise NotImplementedError


EVERYTHING: Filter
