"""API statistics: raw counters rolled up into slots and days, and reports of them. Spec: nec-rest, 11.3."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from chalicelib.core.access.caller import Caller
from chalicelib.core.access.rules import require
from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.errors import TenantNotFound
from chalicelib.core.query.filter import Filter, parse_filter
from chalicelib.core.query.order import parse_order
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import parse_update
from chalicelib.core.query.values import Document
from chalicelib.core.stats.model import Calls, SlotStats, StatsQuery, TotalStats, added, day_of
from chalicelib.core.stats.ports import ApiCounters
from chalicelib.core.stats.stored import DAYS, RAW, SLOTS, moment_id, slot_from_document
from chalicelib.core.tenants.service import TenantsService

RAW_KEPT = timedelta(hours=24)
"""How long raw counters stay after their slot, for calls that are stored late. Our choice."""

DAY = timedelta(days=1)

Report = list[SlotStats | TotalStats]
"""Slots, or sums when the question asks for a total."""


class StatsService:
    """Rolls counters up and answers questions about them."""

    def __init__(self, documents: Documents, tenants: TenantsService, counters: ApiCounters, clock: Clock) -> None:
        self._documents = documents
        self._tenants = tenants
        self._counters = counters
        self._clock = clock

    def report(self, caller: Caller, question: StatsQuery) -> Report:
        """Statistics of the caller's tenant. Needs the master key. Raises: AccessDenied. Spec: nec-rest, 11.3.1."""
        require(caller.is_master, "read the API statistics")
        return self._report([caller.tenant.id], question)

    def report_all(self, question: StatsQuery) -> Report:
        """Statistics of all tenants, or of one, for the operator. Spec: nec-rest, 11.3.1."""
        if question.tenant is None:
            return self._report([tenant.id for tenant in self._tenants.list()], question)
        try:
            return self._report([self._tenants.get(question.tenant).id], question)
        except TenantNotFound:
            return []

    def roll_up_all(self) -> int:
        """Rolls up the counters of all tenants; returns how many it read."""
        return self._tenants.for_each(lambda tenant: self.roll_up(tenant.id))

    def roll_up(self, tenant_id: str) -> int:
        """Folds a tenant's raw counters into slots and days; returns how many counters it read.

        Safe to run twice, twice at once, and to die at any point: every number only ever rises to what was counted.
        """
        self._counters.flush()
        expired = self._clock.now() - RAW_KEPT
        days: set[datetime] = set()
        raws = list(self._documents.find(tenant_id, RAW, Query()))
        folded = self._folded(tenant_id, raws)
        for raw in raws:
            if folded.get(raw["slot"], {}).get(raw["process"], {}).get(raw["app"]) != raw["calls"]:
                self._fold(tenant_id, raw)
            # Always: whoever folded the counter in may have died before the day.
            days.add(day_of(raw["slot"]))
            if raw["slot"] < expired:
                # Only as it was read: a call that was stored meanwhile must be folded in first.
                unchanged = parse_filter({"_id": raw["_id"], "calls": raw["calls"]})
                self._documents.delete_one(tenant_id, RAW, unchanged)
        for day in days:
            self._fold_day(tenant_id, day)
        return len(raws)

    def slots(self, tenant_id: str, question: StatsQuery) -> list[SlotStats]:
        """The slots with calls between start and end, oldest first unless asked otherwise."""
        way = -1 if question.newest_first else 1
        asked = Query(
            filter=_between("slot", question.start, question.end), order=parse_order([("slot", way)]), limit=None
        )
        found: list[SlotStats] = []
        for document in self._documents.find(tenant_id, SLOTS, asked):
            stats = slot_from_document(tenant_id, document)
            calls = _of_app(stats.calls, question.app)
            if calls:
                found.append(SlotStats(tenant_id, stats.begins_at, calls))
            if question.limit is not None and len(found) >= question.limit:
                break
        return found

    def total(self, tenant_id: str, question: StatsQuery) -> TotalStats:
        """The calls between start and end, added up: whole days from the days, the rest from the slots."""
        first_day, end_of_days = _whole_days(question.start, question.end)
        calls: Calls = {}
        if first_day is not None and end_of_days is not None and first_day >= end_of_days:
            calls = self._sum_of_slots(tenant_id, question.start, question.end)
        else:
            for document in self._documents.find(tenant_id, DAYS, Query(_between("day", first_day, end_of_days))):
                calls = added(calls, document["calls"])
            if question.start != first_day:
                calls = added(calls, self._sum_of_slots(tenant_id, question.start, first_day))
            if question.end != end_of_days:
                calls = added(calls, self._sum_of_slots(tenant_id, end_of_days, question.end))
        return TotalStats(tenant_id, _of_app(calls, question.app))

    def _report(self, tenant_ids: list[str], question: StatsQuery) -> Report:
        if question.custom_api is not None:
            return []
        for tenant_id in tenant_ids:
            self.roll_up(tenant_id)
        if question.total:
            totals = [self.total(tenant_id, question) for tenant_id in tenant_ids]
            return [total for total in totals if total.calls]
        slots = [slot for tenant_id in tenant_ids for slot in self.slots(tenant_id, question)]
        slots.sort(key=lambda slot: slot.begins_at, reverse=question.newest_first)
        return list(slots[: question.limit])

    def _folded(self, tenant_id: str, raws: Sequence[Document]) -> dict[datetime, dict[str, Calls]]:
        """What the slots of these counters say already, by slot and process: most counters have long been folded in."""
        if not raws:
            return {}
        since = _between("slot", min(raw["slot"] for raw in raws), None)
        return {slot["slot"]: slot.get("parts", {}) for slot in self._documents.find(tenant_id, SLOTS, Query(since))}

    def _fold(self, tenant_id: str, raw: Document) -> None:
        part = f"parts.{raw['process']}.{raw['app']}"
        highest = {f"{part}.{kind}": number for kind, number in raw["calls"].items()}
        update = parse_update({"$max": highest, "$setOnInsert": {"slot": raw["slot"]}})
        self._documents.upsert_one(tenant_id, SLOTS, moment_id(raw["slot"]), update)

    def _fold_day(self, tenant_id: str, day: datetime) -> None:
        calls = self._sum_of_slots(tenant_id, day, day + DAY)
        highest = {f"calls.{app}.{kind}": number for app, kinds in calls.items() for kind, number in kinds.items()}
        update = parse_update({"$max": highest, "$setOnInsert": {"day": day}})
        self._documents.upsert_one(tenant_id, DAYS, moment_id(day), update)

    def _sum_of_slots(self, tenant_id: str, start: datetime | None, end: datetime | None) -> Calls:
        calls: Calls = {}
        for stats in self._read_slots(tenant_id, start, end):
            calls = added(calls, stats.calls)
        return calls

    def _read_slots(self, tenant_id: str, start: datetime | None, end: datetime | None) -> Iterator[SlotStats]:
        for document in self._documents.find(tenant_id, SLOTS, Query(_between("slot", start, end))):
            yield slot_from_document(tenant_id, document)


def _between(field: str, start: datetime | None, end: datetime | None) -> Filter:
    bounds: dict[str, datetime] = {}
    if start is not None:
        bounds["$gte"] = start
    if end is not None:
        bounds["$lt"] = end
    return parse_filter({field: bounds} if bounds else {})


def _of_app(calls: Calls, app: str | None) -> Calls:
    return calls if app is None else {name: kinds for name, kinds in calls.items() if name == app}


def _whole_days(start: datetime | None, end: datetime | None) -> tuple[datetime | None, datetime | None]:
    """The first day that begins at or after the start, and the beginning of the day that the end lies in."""
    first = None
    if start is not None:
        first = day_of(start) if start == day_of(start) else day_of(start) + DAY
    return first, None if end is None else day_of(end)
