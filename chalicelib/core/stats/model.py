"""What API statistics are: calls per tenant, app and kind, in slots of ten minutes. Spec: nec-rest, 11.3."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

SLOT = timedelta(minutes=10)
"""The time that one document of statistics covers. Spec: nec-rest, 11.3."""

KINDS = ("users", "groups", "buckets", "objects", "files", "push", "management", "apigw", "functions", "logs")
"""The kinds of calls; a custom API's calls are counted besides. Spec: nec-clients, 8."""

Calls = dict[str, dict[str, int]]
"""Calls by app id and kind."""


@dataclass(frozen=True, slots=True)
class SlotStats:
    """The calls of one tenant's apps in ten minutes."""

    tenant: str
    begins_at: datetime
    calls: Calls


@dataclass(frozen=True, slots=True)
class TotalStats:
    """The calls of one tenant's apps over some time."""

    tenant: str
    calls: Calls


@dataclass(frozen=True, slots=True)
class StatsQuery:
    """Which statistics are asked for. `start` is included, `end` is not; None means no bound, or no limit.

    `total` asks for sums over the whole time, for which order and limit are ignored. `custom_api` asks only for calls
    of a custom API, of which this server has none.
    """

    total: bool = False
    tenant: str | None = None
    app: str | None = None
    custom_api: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    newest_first: bool = False
    limit: int | None = 1000


def slot_of(moment: datetime) -> datetime:
    """The beginning of the slot that a moment lies in."""
    return moment.replace(minute=moment.minute // 10 * 10, second=0, microsecond=0)


def day_of(moment: datetime) -> datetime:
    """The beginning of the UTC day that a moment lies in."""
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)


def added(left: Calls, right: Calls) -> Calls:
    """The sums of two counts."""
    total = {app: dict(kinds) for app, kinds in left.items()}
    for app, kinds in right.items():
        mine = total.setdefault(app, {})
        for kind, number in kinds.items():
            mine[kind] = mine.get(kind, 0) + number
    return total
