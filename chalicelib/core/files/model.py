"""What a file is: its metadata. The content is a blob that the metadata names by key; see ports.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.core.access.acl import Acl


@dataclass(frozen=True, slots=True)
class File:
    """A named content in a file bucket. `meta_etag` moves with every change, `file_etag` with the content only.

    `public_token` is the unguessable part of its public URL, None while it is not published. Spec: nec-rest, 9.4.
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
