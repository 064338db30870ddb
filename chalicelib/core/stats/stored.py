"""How calls are kept: in raw counters of each process, slots of ten minutes made of them, and days made of slots.

A slot keeps the highest number that each process has reported, so folding a raw counter in twice, late, or by two
roll-ups at once changes nothing.
"""

from __future__ import annotations

from datetime import datetime

from chalicelib.core.documents import Index
from chalicelib.core.query.values import Document
from chalicelib.core.stats.model import Calls, SlotStats, added

RAW = "_api_calls"
"""{_id: "slot/app/process", slot, app, process, calls: {kind: number}}: what one process has counted in one slot."""

SLOTS = "_api_slots"
"""{_id: slot, slot, parts: {process: {app: {kind: number}}}}: ten minutes."""

DAYS = "_api_days"
"""{_id: day, day, calls: {app: {kind: number}}}: a UTC day."""

SLOT_INDEX = Index("slot", (("slot", 1),))


def moment_id(moment: datetime) -> str:
    """The id of a slot or a day: its beginning, as text that sorts by time."""
    return moment.strftime("%Y-%m-%dT%H:%MZ")


def raw_id(slot: datetime, app: str, process: str) -> str:
    """The id of a raw counter."""
    return f"{moment_id(slot)}/{app}/{process}"


def raw_update(slot: datetime, app: str, process: str, counts: dict[str, int]) -> Document:
    """The update that adds calls to a raw counter, or creates it."""
    return {
        "$inc": {f"calls.{kind}": number for kind, number in counts.items()},
        "$setOnInsert": {"slot": slot, "app": app, "process": process},
    }


def slot_from_document(tenant: str, document: Document) -> SlotStats:
    """The sum over all processes."""
    calls: Calls = {}
    for part in document.get("parts", {}).values():
        calls = added(calls, part)
    return SlotStats(tenant, document["slot"], calls)
