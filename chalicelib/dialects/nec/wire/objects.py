"""Objects, pages of objects and bulk results as JSON. Batches are in batch.py. Spec: nec-rest, 8; nec-clients, 5."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from bson import ObjectId

from chalicelib.core.errors import InvalidDocument, InvalidId
from chalicelib.core.objects.model import ObjectPage
from chalicelib.core.query.values import Document
from chalicelib.dialects.nec.wire.body import full_update_source
from chalicelib.dialects.nec.wire.values import date_from_text, date_text, from_json, to_json

ID = "_id"
ACL = "ACL"
CREATED_AT = "createdAt"
UPDATED_AT = "updatedAt"
DELETED = "_deleted"
STAMPS = frozenset({CREATED_AT, UPDATED_AT})

_OBJECT_ID = re.compile(r"[0-9a-fA-F]{24}")
_PLAIN = frozenset({str, bool, int, type(None)})


# --- from JSON ---


def new_object(body: dict[str, Any]) -> Document:
    """The object to create. Raises: InvalidId for an `_id` that is not 24 hex digits; InvalidInput."""
    document = _document(body)
    if ID in document:
        document[ID] = _object_id(document[ID])
    return document


def full_update(body: dict[str, Any]) -> Document | None:
    """The object that is to replace the stored one; None when the body is a partial update.

    Raises: as `full_update_source`; InvalidDocument. Spec: nec-rest, 8.5.2.
    """
    source = full_update_source(body)
    if source is None:
        return None
    document = _document(source)
    _read_created_at(document)
    return document


def partial_update(body: dict[str, Any]) -> Document:
    """The change that a body without `$full_update` spells: operators, plain fields, or both.

    Raises: InvalidDocument for a createdAt that is not a date; InvalidInput. Spec: nec-rest, 8.5.1.
    """
    change = _document(body)
    _read_created_at(change)
    fields = change.get("$set")
    if isinstance(fields, dict):
        _read_created_at(fields)
    return change


def _document(body: dict[str, Any]) -> Document:
    document = from_json(body)
    if not isinstance(document, dict):
        raise InvalidDocument("an object cannot be a typed value")
    return document


def _object_id(value: Any) -> str:
    if isinstance(value, ObjectId):
        return str(value)
    if not isinstance(value, str) or not _OBJECT_ID.fullmatch(value):
        raise InvalidId("an object's _id is 24 hexadecimal digits")
    return value


def _read_created_at(fields: Document) -> None:
    """Turns the text that answers show for createdAt back into a date. Spec: nec-clients, 5.1 and 5.5."""
    created_at = fields.get(CREATED_AT)
    if isinstance(created_at, str):
        moment = date_from_text(created_at)
        if moment is None:
            raise InvalidDocument(f"{CREATED_AT} must have the form YYYY-MM-DDThh:mm:ss.sssZ")
        fields[CREATED_AT] = moment


# --- to JSON ---


def object_json(document: Document) -> dict[str, Any]:
    """One object: stamps as plain text, `_deleted` only when it is true."""
    fields = dict(document)
    for key, value in document.items():
        kind = type(value)
        # A stored ACL is texts in lists: JSON already, and a third of the work on an object if it were looked through.
        if kind in _PLAIN or key == ACL:
            continue
        fields[key] = date_text(value) if kind is datetime and key in STAMPS else to_json(value)
    if DELETED in fields and fields[DELETED] is not True:
        del fields[DELETED]
    return fields


def page_json(page: ObjectPage) -> dict[str, Any]:
    """`{"results", "currentTime"}`, and `count` when it was asked for. Spec: nec-rest, 8.3."""
    answer: dict[str, Any] = {"results": [object_json(document) for document in page.documents]}
    if page.count is not None:
        answer["count"] = page.count
    answer["currentTime"] = date_text(page.current_time)
    return answer


def rows_json(rows: Iterable[Document]) -> dict[str, Any]:
    """`{"results": [...]}`. Spec: nec-rest, 8.9."""
    return {"results": [_row_json(row) for row in rows]}


def _row_json(row: Document) -> dict[str, Any]:
    """A row of an aggregate: an object, a part of one, or something computed that may contain objects."""
    fields: dict[str, Any] = _with_stamps_as_text(row)
    if fields.get(DELETED) is False:
        del fields[DELETED]
    return fields


def _with_stamps_as_text(value: Any) -> Any:
    """As `to_json`, with stamps as plain text at any depth: their names are reserved. Spec: nec-rest, 4.2 and 4.3."""
    kind = type(value)
    if kind in _PLAIN:
        return value
    if kind is list:
        return [_with_stamps_as_text(item) for item in value]
    if kind is dict:
        return {
            key: date_text(item) if key in STAMPS and type(item) is datetime else _with_stamps_as_text(item)
            for key, item in value.items()
        }
    return to_json(value)


def deleted_json(count: int) -> dict[str, Any]:
    """Spec: nec-rest, 8.7."""
    return {"result": "ok", "deletedObjects": count}
