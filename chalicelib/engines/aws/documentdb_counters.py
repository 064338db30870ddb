"""Calls counted one by one in DocumentDB, without waiting: for Lambdas, which may freeze after any answer."""

from __future__ import annotations

import secrets
from datetime import datetime

from chalicelib.core.errors import CoreError
from chalicelib.core.query.update import parse_update
from chalicelib.core.stats.model import slot_of
from chalicelib.core.stats.stored import RAW, raw_id, raw_update
from chalicelib.engines.aws.documentdb_documents import MongoDocuments


class DocumentDbCounters:
    """Sends one unacknowledged write per call, to a counter of its own per process, so that nobody waits for a lock."""

    def __init__(self, documents: MongoDocuments) -> None:
        self._documents = documents
        self._process = secrets.token_hex(8)

    def count(self, tenant: str, app: str, kind: str, at: datetime) -> None:
        slot = slot_of(at)
        update = parse_update(raw_update(slot, app, self._process, {kind: 1}))
        try:
            self._documents.upsert_unacknowledged(tenant, RAW, raw_id(slot, app, self._process), update)
        except CoreError:
            # The request itself has been answered or has failed by the same cause; a count is not worth an error.
            return

    def flush(self) -> None:
        return

    def close(self) -> None:
        return
