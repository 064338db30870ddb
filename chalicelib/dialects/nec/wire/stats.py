"""API statistics: questions from query parameters, answers as JSON. Spec: nec-rest, 11.3."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.core.errors import InvalidInput
from chalicelib.core.stats.model import SlotStats, StatsQuery, TotalStats
from chalicelib.core.stats.service import Report
from chalicelib.dialects.nec.query import flag, limit_of
from chalicelib.dialects.nec.wire.values import date_from_text, date_text
from chalicelib.web.call import QueryParameters

DEFAULT_LIMIT = 1000
"""Slots in an answer to a question without a limit. Spec: nec-rest, 11.3.7."""

_PARAMETERS = ("total", "tenantId", "appId", "customApiName", "order", "limit", "start", "end")
_ORDERS = {None: False, "createdAt": False, "-createdAt": True}


def stats_query(query: QueryParameters) -> StatsQuery:
    """The question that a URL asks.

    Raises: InvalidInput for a wrong value, a tenant and an app at once, or a custom API without either.
    """
    source = {name: query.get(name) for name in _PARAMETERS if name in query}
    tenant, app, custom_api = source.get("tenantId"), source.get("appId"), source.get("customApiName")
    if tenant is not None and app is not None:
        raise InvalidInput("tenantId and appId cannot be given together")
    if custom_api is not None and tenant is None and app is None:
        raise InvalidInput("customApiName needs a tenantId or an appId")
    total = flag(source, "total")
    if total:
        # Not even looked at. Spec: nec-rest, 11.3.6 and 11.3.7.
        source = {name: value for name, value in source.items() if name not in ("order", "limit")}
    if source.get("order") not in _ORDERS:
        raise InvalidInput("order must be createdAt or -createdAt")
    return StatsQuery(
        total=total,
        tenant=tenant,
        app=app,
        custom_api=custom_api,
        start=_moment(source, "start"),
        end=_moment(source, "end"),
        newest_first=_ORDERS[source.get("order")],
        limit=limit_of(source, DEFAULT_LIMIT),
    )


def tenant_stats_query(query: QueryParameters) -> StatsQuery:
    """The question that a tenant's master key may ask. Raises: as `stats_query`; InvalidInput for a tenantId."""
    if "tenantId" in query:
        raise InvalidInput("tenantId is only for the system key")
    return stats_query(query)


def stats_json(report: Report) -> dict[str, Any]:
    """`{"results": [...]}`: a slot has `createdAt`; a total has `tenantTotal`, and `appTotal` in each app."""
    return {"results": [_total_json(row) if isinstance(row, TotalStats) else _slot_json(row) for row in report]}


def _slot_json(slot: SlotStats) -> dict[str, Any]:
    return {"createdAt": date_text(slot.begins_at), "tenantId": slot.tenant, **slot.calls}


def _total_json(total: TotalStats) -> dict[str, Any]:
    sums = {app: sum(kinds.values()) for app, kinds in total.calls.items()}
    apps = {app: {"appTotal": sums[app], **kinds} for app, kinds in total.calls.items()}
    return {"tenantId": total.tenant, "tenantTotal": sum(sums.values()), **apps}


def _moment(source: dict[str, str | None], name: str) -> datetime | None:
    text = source.get(name)
    if text is None:
        return None
    moment = date_from_text(text)
    if moment is None:
        raise InvalidInput(f"{name} must be a time such as 2017-04-01T00:00:00.000Z")
    return moment
