"""Files: uploaded, replaced, listed, described, deleted and published, each within the caller's rights.

A content is written under a new key before metadata name it, and deleted once no metadata do: a crash leaves the old
file or the new one, and at worst a content that nothing names, which the sweep finds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import BinaryIO

from chalicelib.core import ids
from chalicelib.core.access.acl import Action
from chalicelib.core.access.caller import Caller
from chalicelib.core.access.defaults import acl_for_new
from chalicelib.core.access.rules import may, permitted_to, require
from chalicelib.core.clock import Clock
from chalicelib.core.errors import (
    CoreError,
    DuplicateFile,
    DuplicateKey,
    FileLocked,
    FileNotFound,
    Unavailable,
    VersionMismatch,
)
from chalicelib.core.files.contents import FileContents
from chalicelib.core.files.model import File, FileChange, FileList, NewFile
from chalicelib.core.files.names import check_content_type, check_file_name
from chalicelib.core.files.records import FileRecords, Shelf
from chalicelib.core.files.stored import check_metadata
from chalicelib.core.query.values import Document
from chalicelib.core.tenants.model import Tenant

ATTEMPTS = 5
"""How often a change without an etag is tried when other writes keep getting in first."""


class FilesService:
    """What a caller may do with the files of a bucket."""

    def __init__(self, records: FileRecords, contents: FileContents, clock: Clock) -> None:
        self._records = records
        self._contents = contents
        self._clock = clock

    # --- contents ---

    def create(self, caller: Caller, bucket: str, name: str, content: BinaryIO, new: NewFile) -> File:
        """Stores a new file; it replaces a delete-marked one of that name.

        Raises: BucketNotFound, AccessDenied, InvalidName, InvalidInput for the type, InvalidDocument for options,
        LimitExceeded for too long ones, DuplicateFile, FileLocked, BodyTooLarge, StorageFull. Spec: nec-rest, 9.1.
        """
        shelf = self.may_create(caller, bucket, name, new)
        key, length = self._contents.write(caller.tenant, shelf, content, new.content_type)
        return self.name_new(caller, shelf, name, key, length, new)

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
        """Replaces the content of a file; this brings a delete-marked file back.

        Raises: BucketNotFound, FileNotFound, AccessDenied, InvalidName, InvalidInput for the type, VersionMismatch,
        FileLocked, BodyTooLarge, StorageFull. Spec: nec-rest, 9.2; nec-clients, 6.3.
        """
        shelf, before = self.may_replace(caller, bucket, name, content_type, meta_etag=meta_etag, file_etag=file_etag)
        stored_type = content_type or before.content_type
        freed = 0 if before.blob is None else before.length
        key, length = self._contents.write(caller.tenant, shelf, content, stored_type, freed_bytes=freed)
        return self.name_replaced(
            caller, shelf, name, key, length, content_type, meta_etag=meta_etag, file_etag=file_etag
        )

    # --- contents, in the two steps that an upload in parts takes ---

    def may_create(self, caller: Caller, bucket: str, name: str, new: NewFile) -> Shelf:
        """Where a new file will be; refuses what it can before the content is read. Raises: as `create`."""
        shelf = self._records.shelf_for(caller, bucket, Action.CREATE)
        check_file_name(name)
        check_content_type(new.content_type)
        check_metadata(new.acl, new.options)
        file = self._records.find(shelf, name)
        if file is not None and not file.deleted:
            raise DuplicateFile("Duplicate File Name")
        return shelf

    def name_new(self, caller: Caller, shelf: Shelf, name: str, key: str, length: int, new: NewFile) -> File:
        """Stores the metadata of a new content. Raises: DuplicateFile when the name was taken meanwhile; FileLocked."""
        now = self._clock.now()
        file = File(
            tenant=shelf.tenant,
            bucket=shelf.bucket,
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
        with self._discarding(shelf, key):
            try:
                self._records.insert(shelf, file)
            except DuplicateKey:
                return self._revive(shelf, file)
        return file

    def may_replace(
        self,
        caller: Caller,
        bucket: str,
        name: str,
        content_type: str | None,
        *,
        meta_etag: str | None = None,
        file_etag: str | None = None,
    ) -> tuple[Shelf, File]:
        """Where the file is, and the file as it is now. Raises: as `replace`."""
        shelf = self._records.shelf_for(caller, bucket, Action.UPDATE)
        if content_type is not None:
            check_content_type(content_type)
        return shelf, self._permitted(caller, shelf, name, Action.UPDATE, meta_etag, file_etag)

    def name_replaced(
        self,
        caller: Caller,
        shelf: Shelf,
        name: str,
        key: str,
        length: int,
        content_type: str | None,
        *,
        meta_etag: str | None = None,
        file_etag: str | None = None,
    ) -> File:
        """Gives a file a new stored content and discards its old one. Raises: as `replace`."""

        def replaced(file: File) -> File:
            stored_type = content_type or file.content_type
            return replace(
                file, content_type=stored_type, length=length, blob=key, file_etag=ids.new_etag(), deleted=False
            )

        with self._discarding(shelf, key):
            before, after = self._change(caller, shelf, name, Action.UPDATE, meta_etag, file_etag, replaced)
        if before.blob != key:  # An upload in parts that was named, and not told so, is named again.
            self._contents.discard(shelf.tenant, before.blob)
        return after

    # --- metadata ---

    def get(self, caller: Caller, bucket: str, name: str, *, include_deleted: bool = False) -> File:
        """A file's metadata. Raises: BucketNotFound, FileNotFound, AccessDenied. Spec: nec-rest, 9.5."""
        shelf = self._records.shelf_for(caller, bucket, Action.READ)
        file = self._records.find(shelf, name)
        if file is None or (file.deleted and not include_deleted):
            raise FileNotFound(name)
        require(may(caller, Action.READ, file.acl), "read the file")
        return file

    def list(
        self,
        caller: Caller,
        bucket: str,
        *,
        published_only: bool = False,
        include_deleted: bool = False,
        skip: int = 0,
        limit: int | None = None,
    ) -> FileList:
        """The readable files of a bucket by name. Raises: BucketNotFound, AccessDenied. Spec: nec-rest, 9.4."""
        shelf = self._records.shelf_for(caller, bucket, Action.READ)
        now = self._clock.now()
        conditions: list[Document] = [permitted_to(caller, Action.READ).source]
        if published_only:
            conditions.append({"published": True})
        if not include_deleted:
            conditions.append({"_deleted": {"$ne": True}})
        return FileList(self._records.list(shelf, conditions, skip, limit), now)

    def change(
        self, caller: Caller, bucket: str, name: str, change: FileChange, *, meta_etag: str | None = None
    ) -> File:
        """Changes a file's name, type, ACL, cache switch or options; another ACL or switch needs the admin right.

        Raises: BucketNotFound, FileNotFound, AccessDenied, InvalidName, InvalidInput for the type, InvalidDocument,
        LimitExceeded, VersionMismatch, DuplicateFile, FileLocked. Spec: nec-rest, 9.6.
        """
        shelf = self._records.shelf_for(caller, bucket, Action.UPDATE)
        if change.name is not None:
            check_file_name(change.name)
        if change.content_type is not None:
            check_content_type(change.content_type)
        try:
            return self._change(
                caller,
                shelf,
                name,
                Action.UPDATE,
                meta_etag,
                None,
                lambda file: _changed(caller, _living(file), change),
            )[1]
        except DuplicateKey as error:
            raise DuplicateFile("Duplicate File Name") from error

    def publish(self, caller: Caller, bucket: str, name: str, *, meta_etag: str | None = None) -> File:
        """Gives a file a public URL; publishing again gives the same one.

        Needs the bucket's update right and the file's admin right. Raises: BucketNotFound, FileNotFound, AccessDenied,
        VersionMismatch, FileLocked. Spec: nec-rest, 9.8.
        """
        shelf = self._records.shelf_for(caller, bucket, Action.UPDATE)

        def published(file: File) -> File:
            return replace(_living(file), is_published=True, public_token=file.public_token or ids.new_secret())

        return self._change(caller, shelf, name, Action.ADMIN, meta_etag, None, published)[1]

    def unpublish(self, caller: Caller, bucket: str, name: str, *, meta_etag: str | None = None) -> File:
        """Ends a file's public URL, if it has one. Raises: as `publish`. Spec: nec-rest, 9.9."""
        shelf = self._records.shelf_for(caller, bucket, Action.UPDATE)
        return self._change(
            caller, shelf, name, Action.ADMIN, meta_etag, None, lambda file: replace(_living(file), is_published=False)
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

        Raises: BucketNotFound, FileNotFound, AccessDenied, VersionMismatch, FileLocked. Spec: nec-rest, 9.7.
        """
        shelf = self._records.shelf_for(caller, bucket, Action.DELETE)
        for _ in range(ATTEMPTS):
            file = self._permitted(caller, shelf, name, Action.DELETE, meta_etag, file_etag)
            if self._records.remove(shelf, file):
                self._contents.discard(shelf.tenant, file.blob)
                return
        raise FileLocked("File is locked")

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
        shelf = self._records.shelf_for(caller, bucket, Action.DELETE)

        def marked(file: File) -> File:
            return replace(file, deleted=True, blob=None, file_etag=ids.new_etag())

        before, after = self._change(caller, shelf, name, Action.DELETE, meta_etag, file_etag, marked)
        self._contents.discard(shelf.tenant, before.blob)
        return after

    def purge_deleted(self, tenant: Tenant) -> int:
        """Deletes the files whose delete mark is older than the tenant's retention; returns how many.

        Spec: nec-clients, 9 (retention; 0 days keeps forever).
        """
        days = tenant.settings.deleted_retention_days
        return self._records.purge_deleted(tenant, self._clock.now() - timedelta(days=days)) if days else 0

    # --- inside ---

    def _revive(self, shelf: Shelf, file: File) -> File:
        """Replaces the delete-marked file of this name by a new one."""
        marked = self._records.find(shelf, file.name)
        if marked is None or not marked.deleted:
            raise DuplicateFile("Duplicate File Name")
        revived = replace(file, id=marked.id)
        if not self._records.replace(shelf, marked, revived):
            raise FileLocked("File is locked")
        return revived

    def _permitted(
        self,
        caller: Caller,
        shelf: Shelf,
        name: str,
        action: Action,
        meta_etag: str | None,
        file_etag: str | None,
    ) -> File:
        """The stored file, if the caller may act on it and it has the given etags."""
        check_file_name(name)
        file = self._records.find(shelf, name)
        if file is None:
            raise FileNotFound(name)
        require(may(caller, action, file.acl), f"{action.name.lower()} the file")
        if meta_etag not in (None, file.meta_etag) or file_etag not in (None, file.file_etag):
            raise VersionMismatch(file)
        return file

    def _change(
        self,
        caller: Caller,
        shelf: Shelf,
        name: str,
        action: Action,
        meta_etag: str | None,
        file_etag: str | None,
        changed: Callable[[File], File],
    ) -> tuple[File, File]:
        """Changes exactly the version that the rights were checked against; returns the file before and after."""
        for _ in range(ATTEMPTS):
            before = self._permitted(caller, shelf, name, action, meta_etag, file_etag)
            after = replace(changed(before), meta_etag=ids.new_etag(), updated_at=self._clock.now())
            if self._records.replace(shelf, before, after):
                return before, after
        raise FileLocked("File is locked")

    @contextmanager
    def _discarding(self, shelf: Shelf, key: str) -> Iterator[None]:
        """Discards a content whose metadata were refused. Not when the database failed: it may have stored the metadata
        before it did."""
        try:
            yield
        except CoreError as error:
            if not isinstance(error, Unavailable):
                self._contents.discard(shelf.tenant, key)
            raise


def _living(file: File) -> File:
    """Raises: FileNotFound for a delete-marked file, which can only get a new content or be deleted for good."""
    if file.deleted:
        raise FileNotFound(file.name)
    return file


def _changed(caller: Caller, file: File, change: FileChange) -> File:
    """Raises: AccessDenied without the admin right for another ACL or switch; InvalidDocument, LimitExceeded.
    Spec: nec-clients, 1.5."""
    acl = file.acl if change.acl is None else change.acl
    if acl.owner is None:
        acl = replace(acl, owner=file.acl.owner)
    options = file.options if change.options is None else change.options
    check_metadata(acl, options)
    switch = file.cache_disabled if change.cache_disabled is None else change.cache_disabled
    if (acl, switch) != (file.acl, file.cache_disabled):
        require(may(caller, Action.ADMIN, file.acl), "change the file's ACL or cache switch")
    return replace(
        file,
        name=file.name if change.name is None else change.name,
        content_type=change.content_type or file.content_type,
        acl=acl,
        cache_disabled=switch,
        options=options,
    )
