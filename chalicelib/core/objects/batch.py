"""Many writes in one call: in order, each succeeding or failing by itself and seeing what came before it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from chalicelib.core.access.caller import Caller
from chalicelib.core.clock import Deadline
from chalicelib.core.errors import CoreError, VersionMismatch
from chalicelib.core.objects.answers import Room
from chalicelib.core.objects.model import (
    Change,
    Delete,
    Done,
    Failed,
    Insert,
    Operation,
    Outcome,
    Overwrite,
)
from chalicelib.core.objects.stored import ID
from chalicelib.core.query.values import Document

MAX_OPERATIONS = 5_000
"""Operations of one batch, included. Our choice: each is a write of its own, and a request has 29 seconds behind API
Gateway; clients that synchronise send 500 at a time."""

UNWEIGHED = 250
"""Outcomes whose objects need not be weighed: of the largest size they just fill an answer."""

TURN_MS = 50
"""After so long, what was written of a batch is made durable and others get their turn to write. Our choice."""

Together = Callable[[], AbstractContextManager[None]]
"""Documents.together, of the caller's tenant."""


class ObjectWrites(Protocol):
    """The single writes that a batch is made of; see ObjectsService."""

    def insert(self, caller: Caller, bucket: str, source: Document, *, replayable_id: str | None = None) -> Document:
        """Stores a new object."""

    def update(self, caller: Caller, bucket: str, object_id: str, source: Document, *, etag: str | None) -> Document:
        """Changes parts of an object."""

    def overwrite(self, caller: Caller, bucket: str, object_id: str, source: Document, *, etag: str | None) -> Document:
        """Replaces a stored object as a whole."""

    def delete(self, caller: Caller, bucket: str, object_id: str, *, etag: str | None) -> None:
        """Deletes an object for good."""

    def mark_deleted(self, caller: Caller, bucket: str, object_id: str, *, etag: str | None) -> Document:
        """Gives an object a delete mark."""


def run_batch(
    objects: ObjectWrites,
    caller: Caller,
    bucket: str,
    operations: Sequence[Operation],
    *,
    together: Together,
    mark_only: bool = False,
    new_ids: Sequence[str] = (),
) -> list[Outcome]:
    """What became of each operation, in their order. `mark_only` makes deletes leave a mark.

    `new_ids` are the ids for inserts, by position, when the request may be sent again.
    A core error becomes the outcome of its entry. When the objects beside the outcomes fill an answer, the operations
    that are left are not carried out, and their outcome is LimitExceeded.
    Spec: nec-rest, 8.8; nec-clients, 5.30 to 5.35.
    """
    room = Room()

    def outcome_of(position: int) -> Outcome:
        operation, new_id = operations[position], new_ids[position] if new_ids else None
        outcome: Outcome
        try:
            room.require()
            outcome = _run(objects, caller, bucket, operation, mark_only, new_id)
        except CoreError as error:
            outcome = _failed(operation, error)
        if position >= UNWEIGHED:
            room.take(_shown(outcome))
        return outcome

    outcomes: list[Outcome] = []
    while len(outcomes) < len(operations):
        outcomes += _run_together(operations, len(outcomes), outcome_of, together)
    return outcomes


def _run_together(
    operations: Sequence[Operation], first: int, outcome_of: Callable[[int], Outcome], together: Together
) -> list[Outcome]:
    """What became of the operation at `first`, and of as many more as are made durable with it."""
    outcomes: list[Outcome] = []
    try:
        with together():
            turn = Deadline(TURN_MS)
            for position in range(first, len(operations)):
                outcomes.append(outcome_of(position))
                if not turn.remaining_ms():
                    break
    except CoreError as error:
        if not outcomes:
            return [_failed(operations[first], error)]
        # What was done may not be kept; an operation that did nothing keeps its own reason.
        return [
            outcome if isinstance(outcome, Failed) else _failed(operation, error)
            for outcome, operation in zip(outcomes, operations[first:], strict=False)
        ]
    return outcomes


def _failed(operation: Operation, error: CoreError) -> Failed:
    return Failed(error, None if isinstance(operation, Insert) else operation.object_id)


def _shown(outcome: Outcome) -> Document | None:
    """The object that is answered beside an outcome."""
    if isinstance(outcome, Done):
        return outcome.document
    return outcome.error.current if isinstance(outcome.error, VersionMismatch) else None


def _run(
    objects: ObjectWrites, caller: Caller, bucket: str, operation: Operation, mark_only: bool, new_id: str | None
) -> Done:
    match operation:
        case Insert(document):
            made = objects.insert(caller, bucket, document, replayable_id=new_id)
            return Done(made[ID], made)
        case Change(object_id, change, etag):
            return Done(object_id, objects.update(caller, bucket, object_id, change, etag=etag))
        case Overwrite(object_id, document, etag):
            return Done(object_id, objects.overwrite(caller, bucket, object_id, document, etag=etag))
        case Delete(object_id, etag) if mark_only:
            return Done(object_id, objects.mark_deleted(caller, bucket, object_id, etag=etag))
        case Delete(object_id, etag):
            objects.delete(caller, bucket, object_id, etag=etag)
            return Done(object_id, None)
        case _:
            raise operation.error
