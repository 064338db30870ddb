"""What is past its retention is deleted for good."""

from __future__ import annotations

from chalicelib.core.accounts.users import AccountsService
from chalicelib.core.buckets.service import BucketsService
from chalicelib.core.clock import Clock
from chalicelib.core.federation.service import FederationService
from chalicelib.core.files.service import FilesService
from chalicelib.core.objects.replays import Replays
from chalicelib.core.objects.service import ObjectsService
from chalicelib.core.push.service import Push
from chalicelib.core.tenants.model import Tenant
from chalicelib.core.tenants.service import TenantsService


class PurgeService:
    """Deletes marked objects, marked files and notifications past their retention, what has expired, and leftovers."""

    def __init__(
        self,
        tenants: TenantsService,
        buckets: BucketsService,
        objects: ObjectsService,
        files: FilesService,
        accounts: AccountsService,
        federation: FederationService,
        replays: Replays,
        push: Push,
        clock: Clock,
    ) -> None:
        self._tenants = tenants
        self._buckets = buckets
        self._objects = objects
        self._files = files
        self._accounts = accounts
        self._federation = federation
        self._replays = replays
        self._push = push
        self._clock = clock

    def run(self) -> int:
        """Goes through all tenants; returns how many things it deleted. Safe to run twice, or twice at once.

        Spec: nec-clients, 9.
        """
        return self._tenants.for_each(self._purge)

    def _purge(self, tenant: Tenant) -> int:
        gone = self._buckets.purge_leftovers(tenant)
        gone += self._objects.purge_deleted(tenant)
        gone += self._files.purge_deleted(tenant)
        gone += self._accounts.purge_expired_sessions(tenant)
        gone += self._accounts.purge_confirmations(tenant)
        gone += self._federation.purge(tenant)
        gone += self._replays.purge(tenant.id, self._clock.now())
        gone += self._push.notifications.purge(tenant)
        gone += self._push.events.purge(tenant.id, self._clock.now())
        return gone
