"""Uploads in parts: for contents too large for one request. The parts go straight to the store by signed requests.

An upload is a record in the tenant's space until it is completed, aborted, or expires.
Decision: 0041-uploads-in-parts.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from chalicelib.core import ids
from chalicelib.core.access.acl import parse_acl
from chalicelib.core.access.caller import Caller
from chalicelib.core.access.defaults import acl_for_new
from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.errors import (
    BlobNotFound,
    BodyTooLarge,
    CoreError,
    FileLocked,
    InvalidInput,
    Unavailable,
    UploadNotFound,
)
from chalicelib.core.files.contents import FileContents, new_blob_key, storage_full
from chalicelib.core.files.model import File, NewFile, Upload, UploadPlan
from chalicelib.core.files.ports import Blobs, SignedRequest, UploadedPart
from chalicelib.core.files.records import Shelf
from chalicelib.core.files.service import FilesService
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import parse_update
from chalicelib.core.query.values import Document
from chalicelib.core.tenants.model import Tenant

UPLOADS = "_uploads"
"""The collection of uploads that have begun."""

UPLOAD_EXPIRES_AFTER = timedelta(hours=24)
"""How long an upload may take from its beginning to its completion. Our choice."""

COMPLETED_WITHIN = timedelta(minutes=5)
"""How long a completion has the upload to itself: longer than a request may run. Our choice."""

PART_SECONDS = 3600
"""How long the request for a part is good; asking for the upload again gives new ones. Our choice."""

SMALLEST_PART_BYTES = 8 * 1024 * 1024
"""More than the 5 MiB that the port demands of every part but the last."""

MOST_PARTS = 100
"""Parts of one upload at most, so that one answer holds all requests. Larger contents get larger parts."""

_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class _Begun:
    """An upload as it is kept. Only `user`, who began it, may go on with it. `key` will be the content's; `store_id` is
    the store's id of the upload."""

    id: str
    shelf: Shelf
    name: str
    key: str
    store_id: str
    plan: UploadPlan
    user: str | None
    expires_at: datetime
    taken_until: datetime | None = None
    """Until when a completion has the upload to itself; in the past when one has failed, or died."""


class UploadsService:
    """Begins, shows, completes and aborts uploads of at most `max_upload_bytes`, included.

    Rights are checked when an upload begins and when it completes.
    """

    def __init__(
        self,
        documents: Documents,
        files: FilesService,
        contents: FileContents,
        blobs: Blobs,
        clock: Clock,
        *,
        max_upload_bytes: int,
    ) -> None:
        self._documents = documents
        self._files = files
        self._contents = contents
        self._blobs = blobs
        self._clock = clock
        self._max_upload_bytes = max_upload_bytes

    def begin(self, caller: Caller, bucket: str, name: str, plan: UploadPlan) -> Upload:
        """A new upload with a request for each part.

        Raises: as `FilesService.create` or `replace`; InvalidInput for a length below 1; BodyTooLarge, StorageFull by
        the length given; NotSupported when the store takes no parts.
        """
        shelf, freed = self._permitted(caller, bucket, name, plan)
        if plan.length < 1:
            raise InvalidInput("an upload in parts has a size of at least one byte")
        if plan.length > self._max_upload_bytes:
            raise BodyTooLarge(self._max_upload_bytes)
        self._require_room(caller.tenant, plan.length, freed)
        if not plan.replaces:
            # Whoever completes it, the file is the caller's.
            plan = replace(plan, new=replace(plan.new, acl=acl_for_new(caller, plan.new.acl)))
        key = new_blob_key(shelf)
        begun = _Begun(
            id=ids.new_secret_id(),
            shelf=shelf,
            name=name,
            key=key,
            store_id=self._blobs.begin_parts(shelf.tenant, key, plan.new.content_type),
            plan=plan,
            user=caller.user,
            expires_at=self._clock.now() + UPLOAD_EXPIRES_AFTER,
        )
        self._documents.insert(shelf.tenant, UPLOADS, _to_document(begun))
        return self._shown(begun)

    def get(self, caller: Caller, bucket: str, name: str, upload_id: str) -> Upload:
        """The upload as it stands: what has arrived, and fresh requests for the rest. Raises: UploadNotFound."""
        return self._shown(self._find(caller, bucket, name, upload_id))

    def complete(self, caller: Caller, bucket: str, name: str, upload_id: str) -> File:
        """Makes the parts a file.

        Raises: UploadNotFound; FileLocked while another completion is at work; InvalidInput while parts are missing,
        StorageFull when others have taken the room meanwhile, Unavailable, after any of which the upload goes on; and
        as `FilesService.create` or `replace`.
        """
        begun = self._find(caller, bucket, name, upload_id)
        _, freed = self._permitted(caller, bucket, name, begun.plan)
        self._require_room(caller.tenant, begun.plan.length, freed)
        is_joined = self._is_joined(begun)
        parts = [] if is_joined else self._all_parts(begun)
        self._take(caller, begun)
        if not is_joined:
            self._join(begun, parts)
        try:
            file = self._named(caller, begun)
        except Unavailable:
            self._let_go(begun)
            raise
        except CoreError:
            self._forget(begun)
            raise
        self._forget(begun)
        return file

    def abort(self, caller: Caller, bucket: str, name: str, upload_id: str) -> None:
        """Throws the upload and its parts away. Raises: UploadNotFound."""
        self._throw_away(self._find(caller, bucket, name, upload_id))

    def sweep(self, tenant: Tenant) -> int:
        """Throws away a tenant's expired uploads; returns how many."""
        expired = parse_filter({"expiresAt": {"$lte": self._clock.now()}})
        found = list(self._documents.find(tenant.id, UPLOADS, Query(filter=expired)))
        for document in found:
            self._throw_away(_from_document(tenant.id, document))
        return len(found)

    # --- inside ---

    def _permitted(self, caller: Caller, bucket: str, name: str, plan: UploadPlan) -> tuple[Shelf, int]:
        """Where the content goes, and how many bytes it replaces. Raises: as `begin`."""
        if not plan.replaces:
            return self._files.may_create(caller, bucket, name, plan.new), 0
        shelf, before = self._files.may_replace(
            caller, bucket, name, plan.new.content_type, meta_etag=plan.meta_etag, file_etag=plan.file_etag
        )
        return shelf, 0 if before.blob is None else before.length

    def _require_room(self, tenant: Tenant, length: int, freed: int) -> None:
        room = self._contents.room(tenant, freed)
        if room is not None and length > room:
            raise storage_full(tenant)

    def _find(self, caller: Caller, bucket: str, name: str, upload_id: str) -> _Begun:
        document = self._documents.find_one(caller.tenant.id, UPLOADS, parse_filter({"_id": upload_id}))
        begun = None if document is None else _from_document(caller.tenant.id, document)
        if begun is None or (begun.shelf.bucket, begun.name) != (bucket, name):
            raise UploadNotFound(upload_id)
        if begun.expires_at <= self._clock.now() or (begun.user != caller.user and not caller.is_master):
            raise UploadNotFound(upload_id)
        return begun

    def _shown(self, begun: _Begun) -> Upload:
        tenant, length = begun.shelf.tenant, begun.plan.length
        is_joined = self._is_joined(begun)
        arrived = () if is_joined else tuple(self._blobs.parts(tenant, begun.key, begun.store_id))
        count = 0 if is_joined else _part_count(length)
        missing = set(range(1, count + 1)) - {part.number for part in arrived}
        return Upload(
            id=begun.id,
            bucket=begun.shelf.bucket,
            name=begun.name,
            length=length,
            part_bytes=part_bytes(length),
            expires_at=begun.expires_at,
            arrived=arrived,
            missing={number: self._request(begun, number) for number in sorted(missing)},
        )

    def _request(self, begun: _Begun, number: int) -> SignedRequest:
        whole, size = begun.plan.length, part_bytes(begun.plan.length)
        length = min(size, whole - (number - 1) * size)
        tenant, key = begun.shelf.tenant, begun.key
        return self._blobs.part_request(tenant, key, begun.store_id, number, length=length, seconds=PART_SECONDS)

    def _all_parts(self, begun: _Begun) -> list[UploadedPart]:
        parts = self._blobs.parts(begun.shelf.tenant, begun.key, begun.store_id)
        count = _part_count(begun.plan.length)
        if [part.number for part in parts] != list(range(1, count + 1)):
            raise InvalidInput(f"{count} parts are expected, {len(parts)} have arrived")
        return parts

    # --- completing, by one at a time: two must not both name, or discard, one content ---

    def _take(self, caller: Caller, begun: _Begun) -> None:
        """Has the upload to itself until it lets go, or dies. Raises: FileLocked; UploadNotFound."""
        now = self._clock.now()
        as_found = parse_filter({"_id": begun.id, "takenUntil": begun.taken_until})
        taken = parse_update({"$set": {"takenUntil": now + COMPLETED_WITHIN}})
        is_free = begun.taken_until is None or begun.taken_until <= now
        if not is_free or self._documents.update_one(begun.shelf.tenant, UPLOADS, as_found, taken) is None:
            self._find(caller, begun.shelf.bucket, begun.name, begun.id)
            raise FileLocked("File is locked")

    def _let_go(self, begun: _Begun) -> None:
        free = parse_update({"$set": {"takenUntil": self._clock.now()}})
        self._documents.update_one(begun.shelf.tenant, UPLOADS, parse_filter({"_id": begun.id}), free)

    def _forget(self, begun: _Begun) -> None:
        """Ends the upload. If the store fails the sweep will end it: the file is there, or cannot be."""
        with suppress(Unavailable):
            self._documents.delete_one(begun.shelf.tenant, UPLOADS, parse_filter({"_id": begun.id}))

    def _is_joined(self, begun: _Begun) -> bool:
        """Whether an earlier completion has made the content, and did not live, or was not told, to name it."""
        if begun.taken_until is None:
            return False
        try:
            self._blobs.open(begun.shelf.tenant, begun.key, 0, 0).close()
        except BlobNotFound:
            return False
        return True

    def _join(self, begun: _Begun, parts: list[UploadedPart]) -> None:
        """Joins the parts to the content, whose length must be the announced one."""
        tenant, announced = begun.shelf.tenant, begun.plan.length
        try:
            length = self._blobs.complete_parts(tenant, begun.key, begun.store_id, parts, announced)
        except CoreError:
            self._let_go(begun)
            raise
        if length != announced:
            self._contents.discard(tenant, begun.key)
            self._forget(begun)
            raise InvalidInput(f"{announced} bytes were announced, {length} have arrived: begin again")

    def _named(self, caller: Caller, begun: _Begun) -> File:
        plan, length = begun.plan, begun.plan.length
        if not plan.replaces:
            return self._files.name_new(caller, begun.shelf, begun.name, begun.key, length, plan.new)
        return self._files.name_replaced(
            caller,
            begun.shelf,
            begun.name,
            begun.key,
            length,
            plan.new.content_type,
            meta_etag=plan.meta_etag,
            file_etag=plan.file_etag,
        )

    def _throw_away(self, begun: _Begun) -> None:
        self._blobs.abort_parts(begun.shelf.tenant, begun.key, begun.store_id)
        self._documents.delete_one(begun.shelf.tenant, UPLOADS, parse_filter({"_id": begun.id}))


def part_bytes(length: int) -> int:
    """How many bytes each part of a content but the last has: whole MiB."""
    shared = -(-length // MOST_PARTS)
    return max(SMALLEST_PART_BYTES, -(-shared // _MIB) * _MIB)


def _part_count(length: int) -> int:
    return -(-length // part_bytes(length))


def _to_document(begun: _Begun) -> Document:
    plan, new = begun.plan, begun.plan.new
    return {
        "_id": begun.id,
        "bucket": begun.shelf.bucket,
        "collection": begun.shelf.collection,
        "name": begun.name,
        "key": begun.key,
        "storeId": begun.store_id,
        "length": plan.length,
        "contentType": new.content_type,
        "ACL": None if new.acl is None else new.acl.to_document(),
        "options": new.options,
        "cacheDisabled": new.cache_disabled,
        "replaces": plan.replaces,
        "metaETag": plan.meta_etag,
        "fileETag": plan.file_etag,
        "user": begun.user,
        "expiresAt": begun.expires_at,
        "takenUntil": begun.taken_until,
    }


def _from_document(tenant: str, document: Document) -> _Begun:
    acl = document["ACL"]
    new = NewFile(
        content_type=document["contentType"],
        acl=None if acl is None else parse_acl(acl),
        options=document["options"],
        cache_disabled=document["cacheDisabled"],
    )
    plan = UploadPlan(document["length"], new, document["replaces"], document["metaETag"], document["fileETag"])
    return _Begun(
        id=document["_id"],
        shelf=Shelf(tenant, document["bucket"], document["collection"]),
        name=document["name"],
        key=document["key"],
        store_id=document["storeId"],
        plan=plan,
        user=document["user"],
        expires_at=document["expiresAt"],
        taken_until=document.get("takenUntil"),
    )
