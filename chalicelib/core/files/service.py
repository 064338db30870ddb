"""Files: uploaded, replaced, listed, described, deleted and published, each within the caller's rights.

A content is written under a new key before its metadata names it, and deleted after no metadata does: a crash
leaves the old file or the new one, and at worst a content without a name, which the sweep finds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import BinaryIO

from chalicelib.core import ids
from chalicelib.core.access.acl import Action
from chalicelib.core.access.caller import Caller
from chalicelib.core.access.defaults import acl_for_new
from chalicelib.core.access.rules import may, may_in_bucket, permitted_to, require
from chalicelib.core.buckets.directory import BucketDirectory
from chalicelib.core.buckets.model import BucketKind
from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.errors import DuplicateFile, DuplicateKey, FileNotFound, RequestConflict, VersionMismatch
from chalicelib.core.files.model import File, FileChange, FileList, NewFile
from chalicelib.core.files.names import check_file_name
from chalicelib.core.files.ports import Blobs
from chalicelib.core.files.stored import file_from_document, file_to_document
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.order import parse_order
from chalicelib.core.query.query import Query
from chalicelib.core.query.stored_form import check_document
from chalicelib.core.query.values import Document

MAX_FILE_BYTES = 100 * 1024 * 1024
"""The largest file sent in one request, in bytes, included. Spec: nec-clients, 9; a setting may change it."""

ATTEMPTS = 5
"""How often a change without an etag is tried against other writers before it gives up."""


class FilesService:
    """What a caller may do with the files of a bucket."""

    def __init__(
        self,
        documents: Documents,
        directory: BucketDirectory,
        blobs: Blobs,
        clock: Clock,
        *,
        max_file_bytes: int = MAX_FILE_BYTES,
    ) -> None:
        self._documents = documents
        self._directory = directory
        self._blobs = blobs
        self._clock = clock
        self._max_file_bytes = max_file_bytes

    # --- contents ---

    def create(self, caller: Caller, bucket: str, name: str, content: BinaryIO, new: NewFile) -> File:
        """Stores a new file; a delete-marked one of that name gives way to it.

        Raises: BucketNotFound, AccessDenied, InvalidName, InvalidAcl, InvalidDocument for options, DuplicateFile,
        BodyTooLarge, StorageFull. Spec: nec-rest, 9.1.
        """
        collection = self._collection(caller, bucket, Action.CREATE)
        check_file_name(name)
        if new.options is not None:
            check_document(new.options)
        self._refuse_duplicate(caller, collection, name)
        key, length = self._write(caller, collection, content, new.content_type)
        try:
            return self.name_content(caller, collection, name, key, length, new)
        except BaseException:
            self._blobs.delete(caller.tenant.id, key)
            raise

    def name_content(self, caller: Caller, collection: str, name: str, key: str, length: int, new: NewFile) -> File:
        """Gives a stored content its metadata. Raises: DuplicateFile when the name was taken meanwhile."""
        now = self._clock.now()
        file = File(
            id=ids.new_id(),
            name=name,
            content_type=new.content_type,
            length=length,
            acl=acl_for_new(caller, new.acl),
            created_at=now,
            updated_at=now,
            meta_etag=ids.new_etag(),
            file_etag=ids.new_etag(),
            blob=key,
            cache_disabled=new.cache_disabled,
            options=new.options,
        )
        try:
            self._documents.insert(caller.tenant.id, collection, file_to_document(file))
        except DuplicateKey as error:
            marked = self._find(caller, collection, name)
            if marked is None or not marked.deleted:
                raise DuplicateFile("Duplicate File Name") from error
            file = replace(file, id=marked.id)
            if self._put(caller, collection, marked, file) is None:
                raise RequestConflict from error
        return file

    def replace(
        self,
        caller: Caller,
        bucket: str,
        name: str,
        content: BinaryIO,
        content_type: str | None,
        *,
        meta_etag: str | None = None,
        file_etag: str | None = None,
    ) -> File:
        """Puts another content in the place of a file's; a delete-marked file comes back by it.

        Raises: BucketNotFound, FileNotFound, AccessDenied, VersionMismatch, BodyTooLarge, StorageFull, RequestConflict.
        Spec: nec-rest, 9.2.
        """
        collection = self._collection(caller, bucket, Action.UPDATE)
        before = self._permitted(caller, collection, name, Action.UPDATE, meta_etag, file_etag)
        key, length = self._write(caller, collection, content, content_type or before.content_type)

        def replaced(file: File) -> File:
            return replace(
                file,
                content_type=content_type or file.content_type,
                length=length,
                blob=key,
                file_etag=ids.new_etag(),
                deleted=False,
            )

        try:
            before, after = self._change(caller, collection, name, Action.UPDATE, meta_etag, file_etag, replaced)
        except BaseException:
            self._blobs.delete(caller.tenant.id, key)
            raise
        self._forget(caller, before)
        return after

    # --- metadata ---

    def get(self, caller: Caller, bucket: str, name: str, *, include_deleted: bool = False) -> File:
        """A file's metadata. Raises: BucketNotFound, FileNotFound, AccessDenied. Spec: nec-rest, 9.5."""
        collection = self._collection(caller, bucket, Action.READ)
        file = self._find(caller, collection, name)
        if file is None or (file.deleted and not include_deleted):
            raise FileNotFound(name)
        require(may(caller, Action.READ, file.acl), "read the file")
        return file

    def list(
        self, caller: Caller, bucket: str, *, published_only: bool = False, include_deleted: bool = False
    ) -> FileList:
        """The readable files of a bucket by name. Raises: BucketNotFound, AccessDenied. Spec: nec-rest, 9.4."""
        collection = self._collection(caller, bucket, Action.READ)
        now = self._clock.now()
        conditions: list[Document] = [permitted_to(caller, Action.READ)]
        if published_only:
            conditions.append({"published": True})
        if not include_deleted:
            conditions.append({"_deleted": {"$ne": True}})
        asked = Query(filter=parse_filter({"$and": conditions}), order=parse_order([("filename", 1)]))
        found = self._documents.find(caller.tenant.id, collection, asked)
        return FileList([file_from_document(document) for document in found], now)

    def change(
        self, caller: Caller, bucket: str, name: str, change: FileChange, *, meta_etag: str | None = None
    ) -> File:
        """Changes a file's name, type, ACL, cache switch or options; another ACL or switch needs the admin right.

        Raises: BucketNotFound, FileNotFound, AccessDenied, InvalidName, InvalidDocument, VersionMismatch,
        DuplicateFile, RequestConflict. Spec: nec-rest, 9.6.
        """
        collection = self._collection(caller, bucket, Action.UPDATE)
        if change.name is not None:
            check_file_name(change.name)
        if change.options is not None:
            check_document(change.options)

        def changed(file: File) -> File:
            acl = file.acl if change.acl is None else change.acl
            if acl.owner is None:
                acl = replace(acl, owner=file.acl.owner)
            switch = file.cache_disabled if change.cache_disabled is None else change.cache_disabled
            if (acl, switch) != (file.acl, file.cache_disabled):
                require(may(caller, Action.ADMIN, file.acl), "change the file's ACL or cache switch")
            return replace(
                file,
                name=file.name if change.name is None else change.name,
                content_type=change.content_type or file.content_type,
                acl=acl,
                cache_disabled=switch,
                options=file.options if change.options is None else change.options,
            )

        try:
            return self._change(caller, collection, name, Action.UPDATE, meta_etag, None, changed)[1]
        except DuplicateKey as error:
            raise DuplicateFile("Duplicate File Name") from error

    def publish(self, caller: Caller, bucket: str, name: str, *, meta_etag: str | None = None) -> File:
        """Gives a file a public URL; publishing again gives the same one.

        Needs the bucket's update right and the file's admin right. Raises: BucketNotFound, FileNotFound, AccessDenied,
        VersionMismatch, RequestConflict. Spec: nec-rest, 9.8.
        """
        collection = self._collection(caller, bucket, Action.UPDATE)

        def published(file: File) -> File:
            return replace(file, is_published=True, public_token=file.public_token or ids.new_secret())

        return self._change(caller, collection, name, Action.ADMIN, meta_etag, None, published)[1]

    def unpublish(self, caller: Caller, bucket: str, name: str, *, meta_etag: str | None = None) -> File:
        """Ends a file's public URL; one that is not published stays so. Raises: as `publish`. Spec: nec-rest, 9.9."""
        collection = self._collection(caller, bucket, Action.UPDATE)
        return self._change(
            caller, collection, name, Action.ADMIN, meta_etag, None, lambda file: replace(file, is_published=False)
        )[1]

    # --- the end ---

    def delete(
        self,
        caller: Caller,
        bucket: str,
        name: str,
        *,
        meta_etag: str | None = None,
        file_etag: str | None = None,
    ) -> None:
        """Deletes a file for good, marked or not.

        Raises: BucketNotFound, FileNotFound, AccessDenied, VersionMismatch, RequestConflict. Spec: nec-rest, 9.7.
        """
        collection = self._collection(caller, bucket, Action.DELETE)
        for _ in range(ATTEMPTS):
            file = self._permitted(caller, collection, name, Action.DELETE, meta_etag, file_etag)
            same = parse_filter({"_id": file.id, "etag": file.meta_etag})
            if self._documents.delete_one(caller.tenant.id, collection, same) is not None:
                self._forget(caller, file)
                return
        raise RequestConflict("Deleting")

    def mark_deleted(
        self,
        caller: Caller,
        bucket: str,
        name: str,
        *,
        meta_etag: str | None = None,
        file_etag: str | None = None,
    ) -> File:
        """Deletes the content and leaves the metadata with a delete mark. Raises: as `delete`. Spec: nec-rest, 9.7."""
        collection = self._collection(caller, bucket, Action.DELETE)

        def marked(file: File) -> File:
            return replace(file, deleted=True, blob=None, file_etag=ids.new_etag())

        before, after = self._change(caller, collection, name, Action.DELETE, meta_etag, file_etag, marked)
        self._forget(caller, before)
        return after

    # --- inside ---

    def _collection(self, caller: Caller, bucket: str, action: Action) -> str:
        stored = self._directory.get(caller.tenant, BucketKind.FILES, bucket)
        allowed = may_in_bucket(caller, action, stored.bucket.content_acl)
        require(allowed, f"{action.name.lower()} files in the bucket {bucket}")
        return stored.collection

    def _find(self, caller: Caller, collection: str, name: str) -> File | None:
        document = self._documents.find_one(caller.tenant.id, collection, parse_filter({"filename": name}))
        return None if document is None else file_from_document(document)

    def _refuse_duplicate(self, caller: Caller, collection: str, name: str) -> None:
        """Says no before the content is read, where it can be known."""
        file = self._find(caller, collection, name)
        if file is not None and not file.deleted:
            raise DuplicateFile("Duplicate File Name")

    def _write(self, caller: Caller, collection: str, content: BinaryIO, content_type: str) -> tuple[str, int]:
        key = new_blob_key(collection)
        length = self._blobs.write(
            caller.tenant.id, key, content, content_type=content_type, max_bytes=self._max_file_bytes
        )
        return key, length

    def _permitted(
        self,
        caller: Caller,
        collection: str,
        name: str,
        action: Action,
        meta_etag: str | None,
        file_etag: str | None,
    ) -> File:
        """The stored file, if the caller may act on it and its etags are those given."""
        file = self._find(caller, collection, name)
        if file is None:
            raise FileNotFound(name)
        require(may(caller, action, file.acl), f"{action.name.lower()} the file")
        if meta_etag not in (None, file.meta_etag) or file_etag not in (None, file.file_etag):
            raise VersionMismatch(file)
        return file

    def _change(
        self,
        caller: Caller,
        collection: str,
        name: str,
        action: Action,
        meta_etag: str | None,
        file_etag: str | None,
        changed: Callable[[File], File],
    ) -> tuple[File, File]:
        """The file before and after a change, made to the very version that the rights were judged by."""
        for _ in range(ATTEMPTS):
            before = self._permitted(caller, collection, name, action, meta_etag, file_etag)
            after = replace(changed(before), meta_etag=ids.new_etag(), updated_at=self._clock.now())
            if self._put(caller, collection, before, after) is not None:
                return before, after
        raise RequestConflict

    def _put(self, caller: Caller, collection: str, before: File, after: File) -> Document | None:
        same = parse_filter({"_id": before.id, "etag": before.meta_etag})
        return self._documents.replace_one(caller.tenant.id, collection, same, file_to_document(after))

    def _forget(self, caller: Caller, file: File) -> None:
        if file.blob is not None:
            self._blobs.delete(caller.tenant.id, file.blob)


def new_blob_key(collection: str) -> str:
    """A key for a new content, which tells the sweep in which collection to look for its metadata."""
    return f"{collection}/{ids.new_id()}"
