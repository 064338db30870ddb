"""Streams of events as clients hear them: opened with an installation's credentials, read until it is deleted."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.core.access.caller import Caller
from chalicelib.core.errors import TenantNotFound, WrongPassword
from chalicelib.core.push.event_bell import Ring
from chalicelib.core.push.events import Event, EventLog
from chalicelib.core.tenants.service import TenantsService

MAX_WAIT_SECONDS = 25.0
"""The longest wait of a host that cannot stream; API Gateway gives up at 29 s. Source: design, push notes."""

Admits = Callable[[str, str, str, str], bool]
"""`admits(tenant id, installation, username, password)`: see InstallationsService.admits."""


class EventStream:
    """What one client hears. Used by one thread at a time."""

    def __init__(
        self, log: EventLog, tenant: str, installation: str, position: str, is_there: Callable[[], bool]
    ) -> None:
        self._log = log
        self._tenant = tenant
        self._installation = installation
        self._position = self._noted = position
        self._is_there = is_there
        self._leave: Callable[[], None] | None = None

    def listen(self, ring: Ring) -> None:
        """Calls `ring`, in any thread, whenever there may be something to read."""
        self._leave = self._log.bell.listen(self._tenant, self._installation, ring)

    def read(self) -> list[Event]:
        """The events since the last call, in order; first those that the client has missed."""
        events = self._log.after(self._tenant, self._installation, self._position)
        if events:
            self._position = events[-1].key
        return events

    def is_open(self) -> bool:
        """Whether the installation still exists and may listen. Records how far it has been served."""
        self._note()
        return self._is_there()

    def close(self) -> None:
        """Stops listening. Raises: Unavailable when how far the client was served cannot be recorded."""
        if self._leave is not None:
            self._leave()
            self._leave = None
        self._note()

    def _note(self) -> None:
        if self._position != self._noted:
            self._log.handed_out(self._tenant, self._installation, self._position)
            self._noted = self._position


class EventStreams:
    """Opens streams. `heartbeat_seconds` is how often a silent stream shows that it is alive; `wait_seconds` how long a
    host that cannot stream waits for an event before it answers with none."""

    def __init__(
        self, log: EventLog, tenants: TenantsService, admits: Admits, *, heartbeat_seconds: float, wait_seconds: float
    ) -> None:
        self._log = log
        self._tenants = tenants
        self._admits = admits
        self.heartbeat_seconds = heartbeat_seconds
        self.wait_seconds = min(wait_seconds, MAX_WAIT_SECONDS)

    def open(
        self, caller: Caller, installation: str, username: str, password: str, last_event_id: str | None
    ) -> EventStream:
        """The stream of an installation, from after the event that the client saw last.

        Raises: WrongPassword when there is no such installation, or these are not its credentials.
        Spec: nec-rest, 10.1.1; nec-clients, 7.20 and 7.23.
        """
        tenant = caller.tenant.id

        def is_there() -> bool:
            return self._is_enabled(tenant) and self._admits(tenant, installation, username, password)

        if not is_there():
            raise WrongPassword("no such installation, or wrong credentials")
        position = self._log.position(tenant, installation, last_event_id)
        return EventStream(self._log, tenant, installation, position, is_there)

    def _is_enabled(self, tenant: str) -> bool:
        try:
            return self._tenants.get(tenant).enabled
        except TenantNotFound:
            return False
