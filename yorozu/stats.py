"""`yorozu stats`: how often a tenant's apps call each kind of API."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer

from chalicelib.core.stats.model import KINDS, SLOT, SlotStats, StatsQuery, slot_of
from yorozu.operate import TenantRef, operator
from yorozu.output import AsJson, say, show_rows

BARS = " ▁▂▃▄▅▆▇█"


def stats(
    context: typer.Context,
    tenant: TenantRef,
    hours: Annotated[int, typer.Option(min=1, help="How far to look back.")] = 24,
    app: Annotated[str | None, typer.Option(help="Only this app's calls.")] = None,
    as_json: AsJson = False,
) -> None:
    """Show a tenant's API calls by app and kind, and how they spread over the last hours."""
    who = operator(context)
    found = who.core.tenants.get(tenant)
    tenant_id, names = found.id, {app.id: app.name for app in found.apps}
    now = who.core.clock.now()
    start = slot_of(now - timedelta(hours=hours))
    who.core.stats.roll_up(tenant_id)
    slots = who.core.stats.slots(tenant_id, StatsQuery(app=app, start=start, limit=None))
    total = who.core.stats.total(tenant_id, StatsQuery(app=app, start=start))
    rows: list[dict[str, Any]] = [
        {"app": name, "total": sum(kinds.values())} | {kind: kinds.get(kind, 0) for kind in KINDS[:7]}
        for name, kinds in sorted(total.calls.items())
    ]
    shown = rows if as_json else [row | {"app": names.get(row["app"], row["app"])} for row in rows]
    show_rows(f"API calls of the last {hours} hours", shown, as_json, empty="No calls.")
    if rows and not as_json:
        say(f"{sparkline(_per_slot(slots, start, (slot_of(now) - start) // SLOT + 1))}  {start:%m-%d %H:%M} UTC to now")


def sparkline(numbers: Sequence[int], width: int = 72) -> str:
    """Numbers as a line of bars, neighbours added up so that it fits."""
    per_bar = -(-len(numbers) // width)
    sums = [sum(numbers[at : at + per_bar]) for at in range(0, len(numbers), per_bar)]
    highest = max(sums, default=0) or 1
    return "".join(BARS[-(-number * (len(BARS) - 1) // highest)] for number in sums)


def _per_slot(slots: Sequence[SlotStats], start: datetime, count: int) -> list[int]:
    calls = {slot.begins_at: sum(sum(kinds.values()) for kinds in slot.calls.values()) for slot in slots}
    return [calls.get(start + SLOT * number, 0) for number in range(count)]
