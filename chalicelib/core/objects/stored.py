"""The fields of a stored object that are the server's: their names, and how a client's document becomes one.

The names are those of queries and pipelines in the NEC reference; other dialects rename them at their edge.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.core import ids
from chalicelib.core.access.acl import parse_acl
from chalicelib.core.access.caller import Caller
from chalicelib.core.access.defaults import acl_for_new
from chalicelib.core.errors import DocumentTooLarge, ImmutableField, InvalidDocument
from chalicelib.core.query.stored_form import bson_size, check_document
from chalicelib.core.query.values import Document

ID = "_id"
CREATED_AT = "createdAt"
UPDATED_AT = "updatedAt"
ETAG = "etag"
ACL = "ACL"
DELETED = "_deleted"

STAMPS = frozenset({UPDATED_AT, ETAG})
"""Fields that only the server writes; what a client sends for them is dropped. Spec: nec-clients, 5.1."""

NOT_DELETED: Document = {DELETED: {"$ne": True}}
"""The condition on objects without a delete mark."""


def new_object(caller: Caller, source: Document, object_id: str, now: datetime) -> Document:
    """The object to store for a document that a client sent. Raises: InvalidAcl, InvalidDocument."""
    own = {key: value for key, value in source.items() if key not in _SERVER_FIELDS}
    given = source.get(ACL)
    acl = acl_for_new(caller, None if given is None else parse_acl(given))
    stamps = {ACL: acl.to_document(), CREATED_AT: now, UPDATED_AT: now, ETAG: ids.new_etag()}
    document = {ID: object_id} | own | stamps | _mark(source)
    check_document(document)
    return document


def overwriting_object(source: Document, current: Document, now: datetime) -> Document:
    """The object to store when a client's document takes the place of `current`.

    `createdAt` is kept unless given; an ACL without owner keeps the owner. Raises: ImmutableField for another `_id`;
    InvalidAcl, InvalidDocument. Spec: nec-rest, 8.5.2.
    """
    if source.get(ID, current[ID]) != current[ID]:
        raise ImmutableField(ID)
    own = {key: value for key, value in source.items() if key not in _SERVER_FIELDS}
    acl = parse_acl(source[ACL]).to_document()
    owner = current.get(ACL, {}).get("owner")
    if "owner" not in acl and owner is not None:
        acl = {"owner": owner} | acl
    created_at = check_created_at(source.get(CREATED_AT, current[CREATED_AT]))
    stamps = {ACL: acl, CREATED_AT: created_at, UPDATED_AT: now, ETAG: ids.new_etag()}
    document = {ID: current[ID]} | own | stamps | _mark(source)
    check_document(document)
    return document


def check_created_at(value: Any) -> datetime:
    """Raises: InvalidDocument unless the value is a date. Spec: nec-rest, 8.5.1."""
    if not isinstance(value, datetime):
        raise InvalidDocument("createdAt must be a date")
    return value


def check_size(document: Document, limit_bytes: int) -> None:
    """Raises: DocumentTooLarge."""
    if bson_size(document) > limit_bytes:
        raise DocumentTooLarge(limit_bytes)


_SERVER_FIELDS = frozenset({ID, CREATED_AT, UPDATED_AT, ETAG, ACL, DELETED})


def _mark(source: Document) -> Document:
    return {DELETED: True} if source.get(DELETED) is True else {}
