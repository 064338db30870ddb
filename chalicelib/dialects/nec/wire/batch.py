"""Batch entries and their outcomes. Spec: nec-rest, 8.8; nec-clients, 5.30 to 5.35."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chalicelib.core.errors import CoreError, InvalidInput, VersionMismatch
from chalicelib.core.objects.model import Change, Delete, Failed, Insert, Operation, Outcome, Overwrite, Unreadable
from chalicelib.dialects.nec.errors import reason_code, status_of
from chalicelib.dialects.nec.wire.body import optional_object, optional_text
from chalicelib.dialects.nec.wire.objects import full_update, new_object, object_json, partial_update

_RESULTS = {400: "badRequest", 403: "forbidden", 404: "notFound", 409: "conflict", 413: "requestEntityTooLarge"}
"""What an entry's result is called, by the status that the same failure would have in a request of its own."""

_SERVER_ERROR = "serverError"


# --- from JSON ---


def operations(body: dict[str, Any]) -> list[Operation]:
    """The entries of `requests`; one that cannot be read fails alone. Raises: InvalidInput without a list."""
    entries = body.get("requests")
    if not isinstance(entries, list):
        raise InvalidInput("requests must be a list")
    return [_operation(entry) for entry in entries]


def _operation(entry: Any) -> Operation:
    if not isinstance(entry, dict):
        return Unreadable(InvalidInput("a request must be an object"))
    is_insert = entry.get("op") == "insert"
    object_id = entry.get("_id") if not is_insert and isinstance(entry.get("_id"), str) else None
    try:
        return Insert(new_object(_data(entry))) if is_insert else _change_of(entry, object_id)
    except CoreError as error:
        return Unreadable(error, object_id)


def _change_of(entry: dict[str, Any], object_id: str | None) -> Operation:
    op, etag = entry.get("op"), optional_text(entry, "etag")
    if op not in ("update", "delete"):
        raise InvalidInput("op must be insert, update or delete")
    if object_id is None:
        raise InvalidInput("_id is missing")
    if op == "delete":
        return Delete(object_id, etag)
    data = _data(entry)
    document = full_update(data)
    return Change(object_id, partial_update(data), etag) if document is None else Overwrite(object_id, document, etag)


def _data(entry: dict[str, Any]) -> dict[str, Any]:
    data = optional_object(entry, "data")
    if data is None:
        raise InvalidInput("data is missing")
    return data


# --- to JSON ---


def outcomes_json(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """`{"results": [...]}`, one entry per request, in their order."""
    return {"results": [_outcome_json(outcome) for outcome in outcomes]}


def _outcome_json(outcome: Outcome) -> dict[str, Any]:
    if isinstance(outcome, Failed):
        return _failure_json(outcome)
    entry: dict[str, Any] = {"result": "ok", "_id": outcome.object_id}
    return entry if outcome.document is None else entry | _version_json(outcome.document)


def _failure_json(failed: Failed) -> dict[str, Any]:
    error = failed.error
    result = _RESULTS.get(status_of(error), _SERVER_ERROR)
    entry: dict[str, Any] = {"result": result}
    if result == "conflict":
        entry["reasonCode"] = reason_code(error)
    if failed.object_id is not None:
        entry["_id"] = failed.object_id
    return entry | _version_json(error.current) if isinstance(error, VersionMismatch) else entry


def _version_json(document: dict[str, Any]) -> dict[str, Any]:
    data = object_json(document)
    return {"etag": data["etag"], "updatedAt": data["updatedAt"], "data": data}
