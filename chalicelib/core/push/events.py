"""The recent events of each installation that listens, so that those sent while it was away are not lost.

One document per installation holds its events in the order in which they became visible. As an append is one atomic
step, a reader that has seen an event has seen all before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.core import ids
from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents, Index
from chalicelib.core.push.event_bell import EventBell
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.projection import parse_projection
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import parse_update
from chalicelib.core.query.values import Document

EVENTS = "_sse_events"
"""{_id: installation, at: of the last append, sent: key, events: [{key, id, type, data, at}]}."""

EVENTS_INDEX = Index("at", (("at", 1),))

KEPT_EVENTS = 100
"""Events kept for an installation, included. Source: our choice."""

KEPT_HOURS = 24
"""How long an event waits for its installation to come back. Source: our choice."""

KEPT_BYTES = 1_000_000
"""Roughly how much text is kept for an installation: large events push out more. Source: MongoDB's 16 MB, with room."""

DEFAULT_TYPE = "message"
"""What an event without a type is called; clients drop events without one. Spec: nec-clients, 7.21."""

BEGINNING = ""
"""The position before everything that is kept."""

_NOT_IN_ONE_LINE = re.compile(r"[\x00-\x1f\x7f]")
_LAST_KEY = parse_projection({"at": 1, "events.key": 1})


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `key` is its position in the log; `id` and `type` are what the client is told, in one line each."""

    key: str
    id: str
    type: str
    data: str = field(repr=False)


class EventLog:
    """Appends events and reads them. A position is the key of the last event seen, or BEGINNING."""

    def __init__(self, documents: Documents, clock: Clock) -> None:
        self._documents = documents
        self._clock = clock
        self.bell = EventBell(self._last_keys)

    def append(
        self, tenant: str, installation: str, event_id: str | None, event_type: str | None, data: str, at: datetime
    ) -> None:
        """Keeps an event for an installation and wakes its listeners. Spec: nec-rest, 10.6.

        What a line cannot hold is left out of id and type; halves of surrogate pairs become question marks.
        """
        key = ids.new_id()
        event = {
            "key": key,
            "id": _one_line(event_id) or key,
            "type": _one_line(event_type) or DEFAULT_TYPE,
            "data": _whole(data),
            "at": at,
        }
        kept = max(1, min(KEPT_EVENTS, KEPT_BYTES // max(1, len(data))))
        update = {"$push": {"events": {"$each": [event], "$slice": -kept}}, "$set": {"at": at}}
        self._documents.upsert_one(tenant, EVENTS, installation, parse_update(update))
        self.bell.ring(tenant, installation, key)

    def position(self, tenant: str, installation: str, last_event_id: str | None) -> str:
        """Where a client resumes: after the newest event with the id it has seen, or at the beginning when that event
        is no longer kept or never was.

        A client that names no id resumes after what was handed out last. Spec: nec-clients, 7.23.
        """
        document = self._read(tenant, installation)
        if document is None:
            return BEGINNING
        if not last_event_id:
            return str(document.get("sent", BEGINNING))
        return next((item["key"] for item in reversed(document["events"]) if item["id"] == last_event_id), BEGINNING)

    def after(self, tenant: str, installation: str, position: str) -> list[Event]:
        """The events after a position, oldest first."""
        document = self._read(tenant, installation)
        if document is None:
            return []
        events: list[Document] = document["events"]
        # A position that is no longer there is older than everything that is.
        start = next((number for number, item in enumerate(events, 1) if item["key"] == position), 0)
        oldest = self._clock.now() - timedelta(hours=KEPT_HOURS)
        return [_event(item) for item in events[start:] if item["at"] >= oldest]

    def handed_out(self, tenant: str, installation: str, position: str) -> None:
        """Records how far an installation has been served, for clients that name no id when they come back."""
        self._documents.update_one(
            tenant, EVENTS, parse_filter({"_id": installation}), parse_update({"$set": {"sent": position}})
        )

    def purge(self, tenant: str, now: datetime) -> int:
        """Deletes the logs whose events are all past their retention; returns how many."""
        oldest = now - timedelta(hours=KEPT_HOURS)
        return self._documents.delete_many(tenant, EVENTS, parse_filter({"at": {"$lt": oldest}}))

    def _read(self, tenant: str, installation: str) -> Document | None:
        return self._documents.find_one(tenant, EVENTS, parse_filter({"_id": installation}))

    def _last_keys(self, tenant: str, installations: Sequence[str], seconds: float) -> Iterator[tuple[str, str]]:
        """Which of these installations got events in the last seconds, each with the key of its newest event."""
        since = self._clock.now() - timedelta(seconds=seconds)
        recent = parse_filter({"_id": {"$in": list(installations)}, "at": {"$gte": since}})
        for document in self._documents.find(tenant, EVENTS, Query(filter=recent, projection=_LAST_KEY)):
            yield document["_id"], document["events"][-1]["key"]


def _event(item: Document) -> Event:
    return Event(item["key"], item["id"], item["type"], item["data"])


def _one_line(text: str | None) -> str:
    """What an event says in one line and a client repeats in a header, which carries no spaces at its ends."""
    return _NOT_IN_ONE_LINE.sub("", _whole(text or "")).strip(" ")


def _whole(text: str) -> str:
    return text.encode(errors="replace").decode()
