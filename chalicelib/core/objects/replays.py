"""Answers kept by request token, so that a request sent again is answered without being carried out again.

Spec: nec-rest, 8.1 and 8.8. A token belongs to one app, user and bucket: guessing one shows nobody another's answer.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import Any

from chalicelib.core import errors
from chalicelib.core.access.caller import Caller
from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents, Index
from chalicelib.core.errors import CoreError, DuplicateId
from chalicelib.core.objects.model import Done, Failed, Outcome
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.stored_form import bson_size
from chalicelib.core.query.values import Document

REQUEST_TOKENS = "_request_tokens"
"""The collection of kept answers."""

EXPIRY_INDEX = Index("expiry", (("expiresAt", 1),))

MAX_KEPT_BYTES = 8 * 1024 * 1024
"""The largest answer that is kept, in bytes of BSON: half of what a MongoDB document may hold. Our choice."""


class Replays:
    """Keeps and recalls the outcomes of requests with a token."""

    def __init__(self, documents: Documents, clock: Clock, kept_hours: int) -> None:
        self._documents = documents
        self._clock = clock
        self._kept = timedelta(hours=kept_hours)

    def recall(self, caller: Caller, key: str) -> list[Outcome] | None:
        """The outcomes kept under a key, or None."""
        kept = self._documents.find_one(caller.tenant.id, REQUEST_TOKENS, parse_filter({"_id": key}))
        if kept is None or kept["expiresAt"] <= self._clock.now():
            return None
        return [_outcome_from_document(item) for item in kept["outcomes"]]

    def keep(self, caller: Caller, key: str, outcomes: list[Outcome]) -> None:
        """Keeps outcomes; of two simultaneous requests, those of the first."""
        entry: Document = {
            "_id": key,
            "expiresAt": self._clock.now() + self._kept,
            "outcomes": [_outcome_to_document(outcome) for outcome in outcomes],
        }
        if bson_size(entry) > MAX_KEPT_BYTES:
            return
        try:
            self._documents.insert(caller.tenant.id, REQUEST_TOKENS, entry)
        except DuplicateId:
            return

    def purge(self, tenant_id: str, now: datetime) -> int:
        """Deletes the answers that have expired; returns how many."""
        return self._documents.delete_many(tenant_id, REQUEST_TOKENS, parse_filter({"expiresAt": {"$lt": now}}))


def replay_key(caller: Caller, bucket: str, operation: str, token: str) -> str:
    """The id under which a request's answer is kept."""
    app = "" if caller.app is None else caller.app.id
    parts = [app, str(caller.is_master), caller.user or "", bucket, operation, token]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()


def id_for(key: str, position: int) -> str:
    """The id of the object that a request with a token creates at a position: the same when it is sent again.

    So a request that was carried out but, because of a crash, never answered cannot create its object twice.
    """
    return hashlib.sha256(f"{key}/{position}".encode()).hexdigest()[:24]


def _outcome_to_document(outcome: Outcome) -> Document:
    if isinstance(outcome, Done):
        return {"id": outcome.object_id, "document": outcome.document}
    return {"id": outcome.object_id, "error": type(outcome.error).__name__, "facts": dict(vars(outcome.error))}


def _outcome_from_document(item: Document) -> Outcome:
    if "error" not in item:
        return Done(item["id"], item["document"])
    kind: type[CoreError] = getattr(errors, item["error"])
    facts: dict[str, Any] = item["facts"]
    error = kind.__new__(kind, facts["message"])
    error.__dict__.update(facts)
    return Failed(error, item["id"])
