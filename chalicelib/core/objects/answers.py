"""Answers of a size that a process can hold and write out."""

from __future__ import annotations

from collections.abc import Generator, Iterable

from chalicelib.core.errors import InvalidInput, LimitExceeded
from chalicelib.core.query.expressions.limits import weigh
from chalicelib.core.query.values import Document

MAX_ANSWER_BYTES = 64 * 1024 * 1024
"""What the objects or rows of one answer may take together, included, as `weigh` estimates it.

Our choice: API Gateway carries 10 MB; a server of its own has more room, but not without end. Rows of an aggregate may
share parts in memory, and are written out with a copy of each."""


class Room:
    """What is left of an answer's room."""

    def __init__(self) -> None:
        self._left = MAX_ANSWER_BYTES

    def take(self, document: Document | None) -> bool:
        """Whether there was room for it."""
        self._left -= weigh(document, max(self._left, 0))
        return self._left >= 0

    def require(self) -> None:
        """Raises: LimitExceeded when more was taken than there was."""
        if self._left < 0:
            raise LimitExceeded("not carried out: the answer is full", MAX_ANSWER_BYTES)


def held(documents: Iterable[Document]) -> list[Document]:
    """All of them. Raises: InvalidInput as soon as they are too many to answer with."""
    kept: list[Document] = []
    room = Room()
    for document in documents:
        if not room.take(document):
            if isinstance(documents, Generator):
                documents.close()
            raise InvalidInput(
                f"the answer would take more than {MAX_ANSWER_BYTES} bytes: ask for fewer objects, or for less of each"
            )
        kept.append(document)
    return kept


def fits(count: int, object_bytes: int) -> bool:
    """Whether so many objects of at most that size need not be weighed."""
    return count * object_bytes <= MAX_ANSWER_BYTES
