"""Push as a whole: what callers ask for, and what workers do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.jobs import Jobs
from chalicelib.core.push.batches import Batches
from chalicelib.core.push.credentials import EventPasswords
from chalicelib.core.push.delivery import DeliveryService
from chalicelib.core.push.event_streams import EventStreams
from chalicelib.core.push.events import EventLog
from chalicelib.core.push.fan_out import FanOut
from chalicelib.core.push.installations import InstallationsService
from chalicelib.core.push.notifications import NotificationsService
from chalicelib.core.push.ports import PushGateway
from chalicelib.core.push.sse_gateway import SsePush
from chalicelib.core.tenants.service import TenantsService


@dataclass(frozen=True, slots=True)
class Push:
    """`installations` and `notifications` are for callers, `event_streams` for installations that listen, `fan_out` and
    `delivery` for the jobs of two queues."""

    installations: InstallationsService
    notifications: NotificationsService
    events: EventLog
    event_streams: EventStreams
    fan_out: FanOut
    delivery: DeliveryService

    def close(self) -> None:
        """Returns once the thread that looks for events has ended."""
        self.events.bell.close()


def assemble_push(
    documents: Documents,
    jobs: Jobs,
    gateways: Sequence[PushGateway],
    tenants: TenantsService,
    clock: Clock,
    *,
    retention_days: int,
    sse_heartbeat_seconds: int,
    sse_wait_seconds: int,
) -> Push:
    """Push over given engines, and to clients that listen for events unless a gateway is given for them.

    Sending to installations of a technology without a gateway fails.
    """
    batches = Batches(documents)
    installations = InstallationsService(documents, EventPasswords(documents), clock)
    events = EventLog(documents, clock)
    return Push(
        installations,
        NotificationsService(documents, jobs, batches, clock, retention_days=retention_days),
        events,
        EventStreams(
            events,
            tenants,
            installations.admits,
            heartbeat_seconds=sse_heartbeat_seconds,
            wait_seconds=sse_wait_seconds,
        ),
        FanOut(documents, jobs, batches, clock),
        DeliveryService(documents, jobs, batches, [SsePush(events, clock), *gateways], clock),
    )
