"""Many writes in one call: in order, each succeeding or failing by itself and seeing what came before it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from chalicelib.core.access.caller import Caller
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
    Unreadable,
)
from chalicelib.core.objects.stored import ID
from chalicelib.core.query.values import Document

MAX_OPERATIONS = 5_000
"""Operations of one batch, included. Our choice: each is a write of its own, and a request has 29 seconds behind API
Gateway; clients that synchronise send 500 at a time."""


UNWEIGHED = 250
"""Outcomes whose objects need not be weighed: of the largest size they just fill an answer."""


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
    mark_only: bool = False,
    new_ids: Sequence[str] = (),
) -> list[Outcome]:
    """What became of each operation, in their order. `mark_only` makes deletes leave a mark.

    `new_ids` are the ids for inserts, by position, when the request may be sent again.
    A core error becomes the outcome of its entry. When the objects beside the outcomes fill an answer, the operations
    that are left are not carried out, and their outcome is LimitExceeded.
    Spec: nec-rest, 8.8; nec-clients, 5.30 to 5.35.
    """
    outcomes: list[Outcome] = []
    room = Room()
    for position, operation in enumerate(operations):
        new_id = new_ids[position] if new_ids else None
        try:
            room.require()
            outcomes.append(_run(objects, caller, bucket, operation, mark_only, new_id))
        except CoreError as error:
            outcomes.append(Failed(error, None if isinstance(operation, Insert) else operation.object_id))
        if position >= UNWEIGHED:
            room.take(_shown(outcomes[-1]))
    return outcomes


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
        case Unreadable(error):
            raise error
