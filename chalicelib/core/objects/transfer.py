"""Whole buckets out and in, for export and import, backups, and moving between engines.

Objects pass as they are stored, stamps and marks included. Only the master key may do this, as no ACL is checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.core import ids
from chalicelib.core.access.acl import parse_acl
from chalicelib.core.access.caller import Caller
from chalicelib.core.access.rules import require
from chalicelib.core.buckets.directory import BucketDirectory
from chalicelib.core.buckets.model import BucketKind
from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.errors import DuplicateId, InvalidDocument
from chalicelib.core.objects.stored import ACL, CREATED_AT, ETAG, ID, UPDATED_AT, check_created_at, check_size
from chalicelib.core.query.filter import EVERYTHING, parse_filter
from chalicelib.core.query.order import parse_order
from chalicelib.core.query.query import Query
from chalicelib.core.query.stored_form import check_document
from chalicelib.core.query.values import Document

PAGE = 500
"""Objects read at a time while exporting: keeps memory flat and no cursor open for long."""


class TransferService:
    """Reads a bucket page by page and writes objects back as they were."""

    def __init__(self, documents: Documents, directory: BucketDirectory, clock: Clock, max_object_bytes: int) -> None:
        self._documents = documents
        self._directory = directory
        self._clock = clock
        self._max_object_bytes = max_object_bytes

    def count(self, caller: Caller, bucket: str) -> int:
        """How many objects the bucket holds, marked ones included. Raises: BucketNotFound, AccessDenied."""
        return self._documents.count(caller.tenant.id, self._collection(caller, bucket), EVERYTHING)

    def read(self, caller: Caller, bucket: str, *, after: str | None = None) -> Iterator[Document]:
        """Every object in order of id; with `after`, those behind that id, so that a reader can resume.

        Objects created meanwhile may or may not be among them. Raises: BucketNotFound, AccessDenied.
        """
        collection = self._collection(caller, bucket)
        while True:
            condition = EVERYTHING if after is None else parse_filter({ID: {"$gt": after}})
            page = Query(filter=condition, order=parse_order([(ID, 1)]), limit=PAGE)
            documents = list(self._documents.find(caller.tenant.id, collection, page))
            yield from documents
            if len(documents) < PAGE:
                return
            after = documents[-1][ID]

    def write(self, caller: Caller, bucket: str, source: Document) -> bool:
        """Stores an object as it was exported; False, and nothing is changed, when its id exists.

        What another source lacks is filled in: id, times, etag, an ACL that admits only the master key.
        Raises: BucketNotFound, AccessDenied, InvalidDocument, InvalidAcl, DocumentTooLarge, DuplicateKey.
        """
        collection = self._collection(caller, bucket)
        document = self._complete(source)
        check_document(document)
        check_size(document, self._max_object_bytes)
        try:
            self._documents.insert(caller.tenant.id, collection, document)
        except DuplicateId:
            return False
        return True

    def _complete(self, source: Document) -> Document:
        now = self._clock.now()
        defaults: dict[str, Any] = {ID: ids.new_id(), CREATED_AT: now, UPDATED_AT: now, ETAG: ids.new_etag()}
        document = {ID: source.get(ID, defaults[ID])} | defaults | source
        document[ID] = str(document[ID])
        if not document[ID] or not isinstance(document[ETAG], str):
            raise InvalidDocument("_id and etag must be text")
        for field in (CREATED_AT, UPDATED_AT):
            check_created_at(document[field])
        document[ACL] = parse_acl(source.get(ACL, {})).to_document()
        return document

    def _collection(self, caller: Caller, bucket: str) -> str:
        require(caller.is_master, "export or import")
        return self._directory.get(caller.tenant, BucketKind.OBJECTS, bucket).collection
