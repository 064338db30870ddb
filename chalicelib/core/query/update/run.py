"""What one application of an update knows besides the value it changes."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from chalicelib.core.errors import InvalidUpdate
from chalicelib.core.query.filter import Filter
from chalicelib.core.query.values import Document

MAX_WRITTEN_BYTES: Final = 16 * 1024 * 1024
"""Bytes of BSON, inclusive, that one update may write where one path means many places: a document has no more.

Without it a small request could fill the memory, before anybody asks how large the document became.
Spec: mongodb, "Limits".
"""


class Run:
    """One application: `original` as it was found, `root` as it becomes."""

    __slots__ = ("_written_bytes", "found_by", "inserting", "now", "original", "root")

    def __init__(
        self, original: Document, root: Document, now: datetime, found_by: Filter | None, inserting: bool
    ) -> None:
        self.original = original
        self.root = root
        self.now = now
        self.found_by = found_by
        self.inserting = inserting
        self._written_bytes = 0

    def spend(self, written_bytes: int) -> None:
        """Counts what is written. Raises: InvalidUpdate when it is too much."""
        self._written_bytes += written_bytes
        if self._written_bytes > MAX_WRITTEN_BYTES:
            raise InvalidUpdate(f"the update writes more than {MAX_WRITTEN_BYTES} bytes")

    def position(self, array_path: str) -> int:
        """The index that `$` stands for. Raises: InvalidUpdate when no query matched an element of the array."""
        index = None if self.found_by is None else self.found_by.matched_position(self.original, array_path)
        if index is None:
            raise InvalidUpdate(f"the positional operator $ found no matching element in {array_path}")
        return index
