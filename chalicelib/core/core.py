"""The core as a whole: every service that a dialect, a job or the command line calls."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.core.accounts.authentication import Authentication
from chalicelib.core.accounts.groups import GroupsService
from chalicelib.core.accounts.password_reset import PasswordResetService
from chalicelib.core.accounts.users import AccountsService
from chalicelib.core.buckets.service import BucketsService
from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.federation.providers import OpenIdProviders
from chalicelib.core.federation.service import FederationService
from chalicelib.core.files.downloads import DownloadsService
from chalicelib.core.files.service import FilesService
from chalicelib.core.files.sweep import BlobSweep
from chalicelib.core.files.uploads import UploadsService
from chalicelib.core.installation import Installation
from chalicelib.core.jobs import Jobs
from chalicelib.core.objects.service import ObjectsService
from chalicelib.core.objects.transfer import TransferService
from chalicelib.core.purge import PurgeService
from chalicelib.core.push.service import Push
from chalicelib.core.stats.ports import ApiCounters
from chalicelib.core.stats.service import StatsService
from chalicelib.core.tenants.service import TenantsService
from chalicelib.core.upkeep import UpkeepService


@dataclass(frozen=True, slots=True)
class Core:
    """The product without HTTP: one per process."""

    authentication: Authentication
    tenants: TenantsService
    accounts: AccountsService
    openid_providers: OpenIdProviders
    federation: FederationService
    password_reset: PasswordResetService
    groups: GroupsService
    buckets: BucketsService
    objects: ObjectsService
    files: FilesService
    downloads: DownloadsService
    uploads: UploadsService
    blob_sweep: BlobSweep
    transfer: TransferService
    counters: ApiCounters
    stats: StatsService
    purge: PurgeService
    upkeep: UpkeepService
    push: Push
    jobs: Jobs
    documents: Documents
    clock: Clock
    installation: Installation = Installation()

    def close(self) -> None:
        """Closes the engines."""
        self.counters.close()
        self.push.close()
        self.jobs.close()
        self.documents.close()
