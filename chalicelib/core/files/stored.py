"""How a file's metadata is kept: a document in its bucket's collection, and back."""

from __future__ import annotations

from chalicelib.core.access.acl import Acl, parse_acl
from chalicelib.core.documents import Index
from chalicelib.core.errors import LimitExceeded
from chalicelib.core.files.model import File
from chalicelib.core.query.stored_form import bson_size, check_document
from chalicelib.core.query.values import Document

FILE_INDEXES = (
    Index("filename_key", (("filename", 1),), unique=True),
    Index("public_token", (("publicToken", 1),), sparse=True),
    Index("blob", (("blob", 1),), sparse=True),
)
"""Indexes of every file bucket: for unique names, and for public URLs and the sweep to find files by."""

MAX_METADATA_BYTES = 262_144
"""Bytes of BSON of a file's ACL and options together, included. Source: as for objects."""


def check_metadata(acl: Acl | None, options: Document | None) -> None:
    """Lets pass what a caller may say of a file at any length. Raises: InvalidDocument; LimitExceeded."""
    document: Document = {"ACL": None if acl is None else acl.to_document(), "options": options}
    check_document(document)
    if bson_size(document) > MAX_METADATA_BYTES:
        raise LimitExceeded(f"ACL and options are larger than {MAX_METADATA_BYTES} bytes", MAX_METADATA_BYTES)


def file_to_document(file: File) -> Document:
    """The stored form of a file's metadata."""
    document: Document = {
        "_id": file.id,
        "filename": file.name,
        "contentType": file.content_type,
        "length": file.length,
        "ACL": file.acl.to_document(),
        "createdAt": file.created_at,
        "updatedAt": file.updated_at,
        "etag": file.meta_etag,
        "fileETag": file.file_etag,
        "cacheDisabled": file.cache_disabled,
        "published": file.is_published,
    }
    present = {"blob": file.blob, "options": file.options, "publicToken": file.public_token}
    document |= {name: value for name, value in present.items() if value is not None}
    return document | ({"_deleted": True} if file.deleted else {})


def file_from_document(tenant: str, bucket: str, document: Document) -> File:
    """The file that a stored document of a bucket describes."""
    return File(
        tenant=tenant,
        bucket=bucket,
        id=document["_id"],
        name=document["filename"],
        content_type=document["contentType"],
        length=document["length"],
        acl=parse_acl(document["ACL"]),
        created_at=document["createdAt"],
        updated_at=document["updatedAt"],
        meta_etag=document["etag"],
        file_etag=document["fileETag"],
        blob=document.get("blob"),
        cache_disabled=document["cacheDisabled"],
        options=document.get("options"),
        public_token=document.get("publicToken"),
        is_published=document["published"],
        deleted=document.get("_deleted", False),
    )
