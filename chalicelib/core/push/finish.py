"""The end of a notification: once nobody is waiting, its counters are stored."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from chalicelib.core.documents import Documents
from chalicelib.core.push.batches import Batches
from chalicelib.core.push.stored import ID, NOTIFICATIONS
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.update import parse_update


def finish(documents: Documents, batches: Batches, tenant: str, notification: str, now: datetime) -> None:
    """Marks the notification as finished, if it is. Called after every step that may be the last one.

    The last worker calls it after recording its own work, so that somebody sees that all is done.
    """
    if not batches.is_finished(tenant, notification):
        return
    facts = {"finishedAt": now, "counters": asdict(batches.totals(tenant, notification))}
    unfinished = parse_filter({ID: notification, "finishedAt": None})
    documents.update_one(tenant, NOTIFICATIONS, unfinished, parse_update({"$set": facts}))
