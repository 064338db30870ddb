"""What a file is: its metadata. The content is a blob that the metadata names by key; see ports.py."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.core.access.acl import Acl
from chalicelib.core.files.ports import SignedRequest


@dataclass(frozen=True, slots=True)
class File:
    """A named content in a file bucket. `meta_etag` moves with every change, `file_etag` with the content only.

    `public_token` is the unguessable part of its public URL, None until it is first published and the same ever
    after; the URL works only while `is_published`. Spec: nec-rest, 9.4 and 9.8.
    """

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
    """What a caller gives beside the content; None is what they left out."""

    content_type: str
    acl: Acl | None = None
    options: dict[str, Any] | None = None
    cache_disabled: bool = False


@dataclass(frozen=True, slots=True)
class FileChange:
    """What changes about a file's metadata; None stays as it is."""

    name: str | None = None
    content_type: str | None = None
    acl: Acl | None = None
    cache_disabled: bool | None = None
    options: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ByteRange:
    """A part of a content: from `first` to `last`, both included; `first` None is the last `last` bytes,
    `last` None is up to the end. Spec: rfc9110, 14.1.2."""

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
    """A content on its way: `length` bytes of it from `start` on, in `chunks`; or a request by which the caller
    fetches it from the store. `unchanged` says that the caller has it already, and then there are no chunks."""

    file: File
    start: int
    length: int
    is_part: bool = False
    unchanged: bool = False
    chunks: Iterator[bytes] = field(default_factory=lambda: iter(()), repr=False)
    elsewhere: SignedRequest | None = None


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload in parts that has begun: the caller sends parts by signed requests, then completes it."""

    id: str
    bucket: str
    name: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class FileList:
    """The files found, and the moment they were looked for."""

    files: list[File]
    current_time: datetime
