"""What is asked of a collection: a filter with order, page, projection and time limit."""

from __future__ import annotations

from dataclasses import dataclass, field

from chalicelib.core.query.filter import EVERYTHING, Filter
from chalicelib.core.query.order import Order
from chalicelib.core.query.projection import Projection

DEFAULT_TIMEOUT_MS = 10_000
"""The time a query may take unless it says otherwise; API Gateway gives up at 29 s."""


@dataclass(frozen=True, slots=True)
class Query:
    """One query. `limit` None means all, 0 none; `stale_reads` lets a replica answer."""

    filter: Filter = field(default_factory=lambda: EVERYTHING)
    order: Order = Order()
    skip: int = 0
    limit: int | None = None
    projection: Projection | None = None
    timeout_ms: int = DEFAULT_TIMEOUT_MS
    stale_reads: bool = False
