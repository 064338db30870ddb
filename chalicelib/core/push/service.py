"""Push put together: what callers ask for, and what workers do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.jobs import Jobs
from chalicelib.core.push.batches import Batches
from chalicelib.core.push.credentials import EventPasswords
from chalicelib.core.push.delivery import DeliveryService
from chalicelib.core.push.fan_out import FanOut
from chalicelib.core.push.installations import InstallationsService
from chalicelib.core.push.notifications import NotificationsService
from chalicelib.core.push.ports import PushGateway


@dataclass(frozen=True, slots=True)
class Push:
    """`installations` and `notifications` are for callers, `fan_out` and `delivery` for the jobs of two queues."""

    installations: InstallationsService
    notifications: NotificationsService
    fan_out: FanOut
    delivery: DeliveryService


def assemble_push(
    documents: Documents, jobs: Jobs, gateways: Sequence[PushGateway], clock: Clock, *, retention_days: int
) -> Push:
    """Push over given engines. A technology without a gateway is never delivered to: its installations fail."""
    batches = Batches(documents)
    return Push(
        InstallationsService(documents, EventPasswords(documents), clock),
        NotificationsService(documents, jobs, batches, clock, retention_days=retention_days),
        FanOut(documents, jobs, batches, clock),
        DeliveryService(documents, jobs, batches, gateways, clock),
    )
