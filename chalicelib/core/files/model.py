"""What a file is: its metadata. The content is a blob that the metadata names by key; see ports.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.core.access.acl import Acl
from chalicelib.core.files.ports import Chunks, SignedRequest, UploadedPart


@dataclass(frozen=True, slots=True)
class File:
    """A named content in a file bucket. `meta_etag` moves with every change, `file_etag` with the content only.

    `public_token` is the unguessable part of its public URL: None until the file is first published, and the same
    from then on. The URL works only while `is_published`. Spec: nec-rest, 9.4 and 9.8.
    """

    tenant: str
    bucket: str
    id: str
    name: str
    content_type: str
    length: int
    acl: Acl
    created_at: datetime
    updated_at: datetime
    meta_etag: str
    file_etag: str
    blob: str | None
    """The key of the content; None for a delete-marked file, whose content is gone."""
    cache_disabled: bool = False
    options: dict[str, Any] | None = None
    public_token: str | None = None
    is_published: bool = False
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class NewFile:
    """What a caller says about a new file besides its content; None is what they left out."""

    content_type: str
    acl: Acl | None = None
    options: dict[str, Any] | None = None
    cache_disabled: bool = False


@dataclass(frozen=True, slots=True)
class FileChange:
    """The metadata of a file to change; None leaves a field as it is."""

    name: str | None = None
    content_type: str | None = None
    acl: Acl | None = None
    cache_disabled: bool | None = None
    options: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A part of a content: from `first` to `last`, both included. With `first` None it is the last `last` bytes; with
    `last` None it goes to the end. Spec: rfc9110, 14.1.2."""

    first: int | None
    last: int | None


@dataclass(frozen=True, slots=True)
class DownloadConditions:
    """What a caller asks of a download. Tags are file etags without quotes; `*` stands for any. Spec: rfc9110, 13."""

    part: ByteRange | None = None
    if_match: tuple[str, ...] = ()
    if_none_match: tuple[str, ...] = ()
    if_range: str | None = None


@dataclass(frozen=True, slots=True)
class Download:
    """A content on its way: `length` bytes from `start` on.

    They are in `chunks`, which the caller closes, or are fetched from the store by the request `elsewhere`. There is
    neither when only the metadata were asked for, or when the content is `unchanged`: the caller has it already.
    """

    file: File
    start: int
    length: int
    is_part: bool = False
    unchanged: bool = False
    chunks: Chunks | None = field(default=None, repr=False)
    elsewhere: SignedRequest | None = None


@dataclass(frozen=True, slots=True)
class UploadPlan:
    """What a caller announces before it sends a content in parts: its length in bytes, and what a new file has.

    With `replaces` the content is for an existing file, whose ACL, options and cache switch stay as they are; the etags
    are checked when the upload begins and when it completes.
    """

    length: int
    new: NewFile
    replaces: bool = False
    meta_etag: str | None = None
    file_etag: str | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload in parts that has begun: the caller sends each part by its request, then completes the upload.

    Every part has `part_bytes` bytes, and the last one what is left. `arrived` need not be sent again; `missing` holds
    the requests for the other parts, by number.
    """

    id: str
    bucket: str
    name: str
    length: int
    part_bytes: int
    expires_at: datetime
    arrived: tuple[UploadedPart, ...]
    missing: Mapping[int, SignedRequest]


@dataclass(frozen=True, slots=True)
class FileList:
    """The files found, and the time of the search."""

    files: list[File]
    current_time: datetime
