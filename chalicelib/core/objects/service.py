"""Objects: created, read, queried, changed, deleted and aggregated, within the caller's rights.

The access rule is part of every query and every write; there is no way around it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import cast

from chalicelib.core import ids
from chalicelib.core.access.acl import Action, parse_acl
from chalicelib.core.access.caller import Caller
from chalicelib.core.access.rules import may, may_in_bucket, permitted_to, require
from chalicelib.core.buckets.directory import BucketDirectory
from chalicelib.core.buckets.model import BucketKind
from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.errors import (
    AccessDenied,
    BucketNotFound,
    DocumentNotFound,
    DuplicateId,
    InvalidAcl,
    InvalidId,
    InvalidInput,
    RequestConflict,
    VersionMismatch,
)
from chalicelib.core.objects.answers import fits, held
from chalicelib.core.objects.batch import MAX_OPERATIONS, run_batch
from chalicelib.core.objects.changes import PartialChange, partial_change
from chalicelib.core.objects.model import Done, ObjectPage, ObjectQuery, Operation, Outcome
from chalicelib.core.objects.replays import Replays, id_for, replay_key
from chalicelib.core.objects.stored import (
    ACL,
    DELETED,
    ETAG,
    ID,
    NOT_DELETED,
    UPDATED_AT,
    check_size,
    new_object,
    overwriting_object,
)
from chalicelib.core.query.filter import EVERYTHING, Filter, parse_filter
from chalicelib.core.query.pipeline import ForeignCollection, Pipeline
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import Update, parse_update
from chalicelib.core.query.values import Document
from chalicelib.core.tenants.model import Tenant

OVERWRITE_ATTEMPTS = 5
"""How often a full overwrite without an etag is tried when other writes keep getting in first."""

_NOT_DELETED = parse_filter(NOT_DELETED)


class ObjectsService:
    """What a caller may do with the objects of a bucket."""

    def __init__(
        self,
        documents: Documents,
        directory: BucketDirectory,
        clock: Clock,
        *,
        replays: Replays,
        max_object_bytes: int,
        timeout_ms: int,
    ) -> None:
        self._documents = documents
        self._replays = replays
        self._directory = directory
        self._clock = clock
        self._max_object_bytes = max_object_bytes
        self._timeout_ms = timeout_ms

    def create(self, caller: Caller, bucket: str, source: Document, *, request_token: str | None = None) -> Document:
        """Stores a new object and returns it. Its id is the `_id` in the source, else a new one.

        A `request_token` sent again gets the first answer again and creates nothing.
        Raises: BucketNotFound, AccessDenied, InvalidId, InvalidAcl, InvalidDocument, DocumentTooLarge, DuplicateId,
        DuplicateKey. Spec: nec-rest, 8.1.
        """
        if request_token is None:
            return self.insert(caller, bucket, source)
        key = replay_key(caller, bucket, "create", request_token)
        kept = self._replays.recall(caller, key)
        if kept is not None:
            return cast(Document, cast(Done, kept[0]).document)
        document = self.insert(caller, bucket, source, replayable_id=id_for(key, 0))
        self._replays.keep(caller, key, [Done(document[ID], document)])
        return document

    def insert(self, caller: Caller, bucket: str, source: Document, *, replayable_id: str | None = None) -> Document:
        """Stores a new object; one without `_id` gets `replayable_id`, and if that exists it was stored before."""
        collection = self._collection(caller, bucket, Action.CREATE)
        object_id = source.get(ID, replayable_id or ids.new_id())
        if not isinstance(object_id, str) or not object_id:
            raise InvalidId("an object's _id is a string")
        document = new_object(caller, source, object_id, self._clock.now())
        check_size(document, self._max_object_bytes)
        try:
            self._documents.insert(caller.tenant.id, collection, document)
        except DuplicateId:
            made = self._documents.find_one(caller.tenant.id, collection, parse_filter({ID: object_id}))
            if object_id != replayable_id or made is None:
                raise
            return made
        if not self._directory.still_holds(caller.tenant.id, BucketKind.OBJECTS, bucket, collection):
            self._documents.delete_one(caller.tenant.id, collection, _on(object_id, None))
            raise BucketNotFound(bucket)
        return document

    def batch(
        self,
        caller: Caller,
        bucket: str,
        operations: Sequence[Operation],
        *,
        mark_only: bool = False,
        request_token: str | None = None,
    ) -> list[Outcome]:
        """What became of each operation; `mark_only` makes deletes leave a mark. See batch.py.

        Raises: InvalidInput for more than MAX_OPERATIONS; nothing is carried out then.
        """
        if len(operations) > MAX_OPERATIONS:
            raise InvalidInput(f"a batch has at most {MAX_OPERATIONS} requests")
        together = partial(self._documents.together, caller.tenant.id)
        if request_token is None:
            return run_batch(self, caller, bucket, operations, together=together, mark_only=mark_only)
        key = replay_key(caller, bucket, "batch", request_token)
        kept = self._replays.recall(caller, key)
        if kept is not None:
            return kept
        new_ids = [id_for(key, position) for position in range(len(operations))]
        outcomes = run_batch(self, caller, bucket, operations, together=together, mark_only=mark_only, new_ids=new_ids)
        self._replays.keep(caller, key, outcomes)
        return outcomes

    def get(self, caller: Caller, bucket: str, object_id: str, *, include_deleted: bool = False) -> Document:
        """One object. Raises: BucketNotFound, AccessDenied, DocumentNotFound. Spec: nec-rest, 8.2."""
        collection = self._collection(caller, bucket, Action.READ)
        document = self._documents.find_one(caller.tenant.id, collection, parse_filter({ID: object_id}))
        if document is None or (document.get(DELETED) is True and not include_deleted):
            raise DocumentNotFound(object_id)
        require(may(caller, Action.READ, parse_acl(document[ACL])), "read the object")
        return document

    def query(self, caller: Caller, bucket: str, question: ObjectQuery) -> ObjectPage:
        """One page of the objects that match and that the caller may read.

        Raises: BucketNotFound, AccessDenied, OperatorMisused, TimedOut; InvalidInput for a limit above the tenant's,
        and for an answer that is too large. Spec: nec-rest, 8.3.
        """
        collection = self._collection(caller, bucket, Action.READ)
        largest = caller.tenant.settings.max_query_limit
        if largest and (question.limit is None or question.limit > largest):
            raise InvalidInput(f"limit is at most {largest} here")
        now = self._clock.now()
        visible = self._visible(caller, Action.READ, question.filter, question.include_deleted)
        timeout_ms = question.timeout_ms or self._timeout_ms
        documents: list[Document] = []
        if question.limit != 0:
            asked = Query(
                filter=visible,
                order=question.order,
                skip=question.skip,
                limit=question.limit,
                projection=question.projection,
                timeout_ms=timeout_ms,
                stale_reads=question.stale_reads,
            )
            found = self._documents.find(caller.tenant.id, collection, asked)
            is_page = question.limit is not None and fits(question.limit, self._max_object_bytes)
            documents = list(found) if is_page else held(found)
        count = None
        if question.with_count:
            count = self._documents.count(
                caller.tenant.id, collection, visible, timeout_ms=timeout_ms, stale_reads=question.stale_reads
            )
        return ObjectPage(documents, count, now)

    def update(
        self, caller: Caller, bucket: str, object_id: str, source: Document, *, etag: str | None = None
    ) -> Document:
        """Changes parts of an object, delete-marked or not, in one step, and returns the result.

        Raises: BucketNotFound, DocumentNotFound, AccessDenied (also for another ACL without the admin right),
        VersionMismatch, InvalidUpdate, ImmutableField, InvalidAcl, DuplicateKey, DocumentTooLarge, RequestConflict.
        Spec: nec-rest, 8.5.1.
        """
        collection = self._collection(caller, bucket, Action.UPDATE)
        change = partial_change(object_id, source, self._clock.now())
        admitted = _on(object_id, etag) & permitted_to(caller, Action.UPDATE) & _acl_guard(caller, change)
        document = self._documents.update_one(
            caller.tenant.id, collection, admitted, change.update, max_bytes=self._max_object_bytes
        )
        if document is None:
            raise self._refusal(caller, collection, object_id, etag, Action.UPDATE, change)
        return document

    def overwrite(
        self, caller: Caller, bucket: str, object_id: str, source: Document, *, etag: str | None = None
    ) -> Document:
        """Replaces a stored object as a whole; the source must have an ACL.

        Raises: as `update`; InvalidAcl without an ACL. Spec: nec-rest, 8.5.2.
        """
        collection = self._collection(caller, bucket, Action.UPDATE)
        if ACL not in source:
            raise InvalidAcl("a full update needs an ACL")
        for _ in range(OVERWRITE_ATTEMPTS):
            current = self._current(caller, collection, object_id, etag, Action.UPDATE)
            document = overwriting_object(source, current, self._clock.now())
            check_size(document, self._max_object_bytes)
            if parse_acl(document[ACL]) != parse_acl(current[ACL]):
                require(may(caller, Action.ADMIN, parse_acl(current[ACL])), "change the object's ACL")
            # The rights were checked against this version: the etag in the filter makes the two steps one.
            same = _on(object_id, current[ETAG])
            if self._documents.replace_one(caller.tenant.id, collection, same, document) is not None:
                return document
        raise RequestConflict

    def delete(self, caller: Caller, bucket: str, object_id: str, *, etag: str | None = None) -> None:
        """Deletes an object for good. Raises: as `update`, without the input errors. Spec: nec-rest, 8.6."""
        collection = self._collection(caller, bucket, Action.DELETE)
        admitted = _on(object_id, etag) & permitted_to(caller, Action.DELETE)
        if self._documents.delete_one(caller.tenant.id, collection, admitted) is None:
            raise self._refusal(caller, collection, object_id, etag, Action.DELETE)

    def mark_deleted(self, caller: Caller, bucket: str, object_id: str, *, etag: str | None = None) -> Document:
        """Gives an object a delete mark, if it has none, and returns it. Raises: as `delete`. Spec: nec-rest, 8.6."""
        collection = self._collection(caller, bucket, Action.DELETE)
        admitted = _on(object_id, etag) & permitted_to(caller, Action.DELETE)
        document = self._documents.update_one(caller.tenant.id, collection, admitted, self._mark())
        if document is None:
            raise self._refusal(caller, collection, object_id, etag, Action.DELETE)
        return document

    def delete_many(self, caller: Caller, bucket: str, condition: Filter, *, mark_only: bool = False) -> int:
        """Deletes, or marks, every matching object that the caller may delete; returns how many.

        Marking skips objects that are marked already; deleting includes them. Spec: nec-rest, 8.7; nec-clients, 5.8.
        """
        collection = self._collection(caller, bucket, Action.DELETE)
        admitted = self._visible(caller, Action.DELETE, condition, include_deleted=not mark_only)
        if mark_only:
            return self._documents.update_many(
                caller.tenant.id, collection, admitted, self._mark(), timeout_ms=self._timeout_ms
            )
        return self._documents.delete_many(caller.tenant.id, collection, admitted, timeout_ms=self._timeout_ms)

    def aggregate(
        self,
        caller: Caller,
        bucket: str,
        pipeline: Pipeline,
        *,
        include_deleted: bool = False,
        stale_reads: bool = False,
        timeout_ms: int | None = None,
    ) -> list[Document]:
        """What the pipeline makes of the objects that the caller may read; each `$lookup` sees only such objects too.

        Raises: BucketNotFound and AccessDenied, also for a looked-up bucket; OperatorMisused, TimedOut; InvalidInput
        for an answer that is too large. Spec: nec-rest, 8.9.
        """
        collection = self._collection(caller, bucket, Action.READ)
        visible = self._visible(caller, Action.READ, EVERYTHING, include_deleted)

        def resolve(name: str) -> ForeignCollection:
            return ForeignCollection(self._collection(caller, name, Action.READ), visible)

        rows = self._documents.aggregate(
            caller.tenant.id,
            collection,
            pipeline.resolved(resolve).after(visible),
            timeout_ms=timeout_ms or self._timeout_ms,
            stale_reads=stale_reads,
        )
        return held(rows)

    def purge_deleted(self, tenant: Tenant) -> int:
        """Deletes the objects whose delete mark is older than the tenant's retention; returns how many.

        Spec: nec-clients, 9 (retention; 0 days keeps forever).
        """
        days = tenant.settings.deleted_retention_days
        if days == 0:
            return 0
        before = self._clock.now() - timedelta(days=days)
        expired = parse_filter({DELETED: True, UPDATED_AT: {"$lt": before}})
        collections = [stored.collection for stored in self._directory.object_buckets(tenant.id)]
        return sum(self._documents.delete_many(tenant.id, collection, expired) for collection in collections)

    # --- inside ---

    def _collection(self, caller: Caller, bucket: str, action: Action) -> str:
        """Where the bucket's objects are. Raises: BucketNotFound; AccessDenied without the right on contents."""
        stored = self._directory.get(caller.tenant, BucketKind.OBJECTS, bucket)
        allowed = may_in_bucket(caller, action, stored.bucket.content_acl)
        require(allowed, f"{action.name.lower()} objects in the bucket {bucket}")
        return stored.collection

    def _visible(self, caller: Caller, action: Action, condition: Filter, include_deleted: bool) -> Filter:
        permitted = permitted_to(caller, action) & condition
        return permitted if include_deleted else permitted & _NOT_DELETED

    def _mark(self) -> Update:
        return parse_update({"$set": {DELETED: True, UPDATED_AT: self._clock.now(), ETAG: ids.new_etag()}})

    def _current(self, caller: Caller, collection: str, object_id: str, etag: str | None, action: Action) -> Document:
        """The stored object, if the caller may act on it and it has the given etag."""
        document = self._documents.find_one(caller.tenant.id, collection, parse_filter({ID: object_id}))
        if document is None:
            raise DocumentNotFound(object_id)
        require(may(caller, action, parse_acl(document[ACL])), f"{action.name.lower()} the object")
        if etag is not None and document[ETAG] != etag:
            raise VersionMismatch(document)
        return document

    def _refusal(
        self,
        caller: Caller,
        collection: str,
        object_id: str,
        etag: str | None,
        action: Action,
        change: PartialChange | None = None,
    ) -> Exception:
        """Raises or returns the error that says why a write found nothing to change."""
        document = self._current(caller, collection, object_id, etag, action)
        if change is not None and not _acl_guard(caller, change).matches(document):
            return AccessDenied("no permission to change the object's ACL")
        return RequestConflict("Updating" if action is Action.UPDATE else "Deleting")


def _on(object_id: str, etag: str | None) -> Filter:
    return parse_filter({ID: object_id} if etag is None else {ID: object_id, ETAG: etag})


def _acl_guard(caller: Caller, change: PartialChange) -> Filter:
    """The condition under which a change is allowed: another ACL needs the admin right. Spec: nec-rest, 8.5."""
    if caller.is_master or not (change.changes_acl or change.keeps_acl):
        return EVERYTHING
    admin = permitted_to(caller, Action.ADMIN)
    return parse_filter({"$or": [change.keeps_acl, admin.source]}) if change.keeps_acl else admin
