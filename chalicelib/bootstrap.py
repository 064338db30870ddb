"""Where engines meet the core: the only module that knows both."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.core.accounts.authentication import Authentication
from chalicelib.core.accounts.groups import GroupsService
from chalicelib.core.accounts.logins import Logins
from chalicelib.core.accounts.memberships import Memberships
from chalicelib.core.accounts.password_reset import PasswordResetService
from chalicelib.core.accounts.passwords import Passwords
from chalicelib.core.accounts.users import AccountsService
from chalicelib.core.buckets.directory import BucketDirectory
from chalicelib.core.buckets.service import BucketsService
from chalicelib.core.clock import Clock, SystemClock
from chalicelib.core.core import Core
from chalicelib.core.documents import Documents
from chalicelib.core.federation.ports import OpenIdClient
from chalicelib.core.federation.providers import OpenIdProviders
from chalicelib.core.federation.service import FederationService
from chalicelib.core.files.contents import FileContents
from chalicelib.core.files.downloads import DownloadsService
from chalicelib.core.files.ports import Blobs
from chalicelib.core.files.records import FileRecords
from chalicelib.core.files.service import FilesService
from chalicelib.core.files.sweep import BlobSweep
from chalicelib.core.files.uploads import UploadsService
from chalicelib.core.installation import Installation
from chalicelib.core.jobs import Jobs
from chalicelib.core.mail.account_mail import AccountMail, MailPage
from chalicelib.core.mail.ports import Mailer
from chalicelib.core.objects.replays import Replays
from chalicelib.core.objects.service import ObjectsService
from chalicelib.core.objects.transfer import TransferService
from chalicelib.core.purge import PurgeService
from chalicelib.core.push.ports import PushGateway
from chalicelib.core.push.service import Push, assemble_push
from chalicelib.core.sealing import Sealer
from chalicelib.core.stats.counters import BufferedCounters
from chalicelib.core.stats.ports import ApiCounters
from chalicelib.core.stats.service import StatsService
from chalicelib.core.tenants.service import TenantsService
from chalicelib.core.upkeep import UpkeepService
from chalicelib.settings import Settings

if TYPE_CHECKING:
    from chalicelib.engines.aws.documentdb_documents import MongoDocuments


MAIL_PAGES = {
    MailPage.PASSWORD_RESET: "/1/{tenant}/request_password_reset/{token}",
    MailPage.CONFIRMATION: "/1/{tenant}/confirmations/{token}",
}
"""Where links in mails lead: routes that serve pages, for the users of every dialect."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """What the core stands on: an implementation of each port, the clock, and the cost of a password."""

    documents: Documents
    blobs: Blobs
    jobs: Jobs
    counters: ApiCounters
    gateways: Sequence[PushGateway]
    mailer: Mailer
    sealer: Sealer
    openid: OpenIdClient
    clock: Clock
    passwords: Passwords = field(default_factory=Passwords)


def build_core(settings: Settings) -> Core:
    """The core over the engines that the settings name. Connects to nothing before the first request."""
    clock = SystemClock()
    if settings.engine == "aws":
        return assemble(aws_engines(settings, _mongo_documents(settings, clock), clock), settings)
    return assemble(embedded_engines(settings, _sqlite_documents(settings, clock), clock), settings)


def embedded_engines(settings: Settings, documents: Documents, clock: Clock) -> Engines:
    """The engines of one machine: everything beside the documents is a file in the data folder."""
    # Imported where chosen: a Lambda need not load SQLite's engine, nor a small machine the MongoDB driver.
    from chalicelib.engines.embedded.disk_blobs import DiskBlobs
    from chalicelib.engines.embedded.key_file_sealer import KeyFileSealer
    from chalicelib.engines.embedded.log_push import LogPush
    from chalicelib.engines.embedded.sqlite_jobs import SqliteJobs
    from chalicelib.engines.openid_http import OpenIdHttp

    return Engines(
        documents=documents,
        blobs=DiskBlobs(settings.data_folder / "files"),
        # In a folder of its own: the files directly in the data folder are tenants.
        jobs=SqliteJobs(settings.data_folder / "jobs" / "jobs.db"),
        counters=BufferedCounters(documents),
        gateways=[LogPush()],
        mailer=local_mailer(settings),
        sealer=KeyFileSealer(Path(settings.secrets_key_file or settings.data_folder / "secrets.key")),
        openid=OpenIdHttp(),
        clock=clock,
    )


def aws_engines(settings: Settings, documents: MongoDocuments, clock: Clock) -> Engines:
    """The engines of AWS's services, beside the database."""
    from chalicelib.engines.aws.clients import Clients
    from chalicelib.engines.aws.documentdb_counters import DocumentDbCounters
    from chalicelib.engines.aws.kms_sealer import KmsSealer
    from chalicelib.engines.aws.s3_blobs import Place, S3Blobs
    from chalicelib.engines.aws.ses_mail import SesMail
    from chalicelib.engines.aws.sns_push import Applications, SnsPush
    from chalicelib.engines.aws.sqs_jobs import SqsJobs
    from chalicelib.engines.openid_http import OpenIdHttp

    clients = Clients(region=settings.aws_region, endpoint_url=settings.aws_endpoint_url)
    applications = Applications(
        settings.push_account_arn, settings.push_application_prefix, settings.push_apns_platform
    )
    return Engines(
        documents=documents,
        blobs=S3Blobs(clients, Place(settings.files_bucket, settings.files_prefix, settings.files_kms_key), clock),
        jobs=SqsJobs(clients, settings.queue_prefix),
        counters=DocumentDbCounters(documents),
        gateways=[SnsPush(clients, applications)] if settings.push_account_arn else [],
        mailer=SesMail(clients, settings.mail_sender),
        sealer=KmsSealer(clients, settings.secrets_kms_key),
        openid=OpenIdHttp(),
        clock=clock,
    )


def assemble(engines: Engines, settings: Settings) -> Core:
    """The core over given engines."""
    documents, clock, passwords = engines.documents, engines.clock, engines.passwords
    tenants = TenantsService(documents, engines.blobs, clock)
    directory = BucketDirectory(documents)
    buckets = BucketsService(documents, tenants, directory)
    memberships = Memberships(documents)
    mail = AccountMail(engines.mailer, settings.mail_link_base_url or settings.public_base_url, MAIL_PAGES)
    accounts = AccountsService(documents, clock, directory, memberships, tenants, mail, passwords)
    providers = OpenIdProviders(documents, engines.sealer)
    logins = Logins(documents, clock, passwords)
    federation = FederationService(documents, providers, engines.openid, logins, memberships, clock)
    replays = Replays(documents, clock, settings.request_token_hours)
    objects = _objects(engines, directory, replays, settings)
    files = _files(engines, directory, tenants, settings)
    push = _push(engines, tenants, settings)
    return Core(
        authentication=Authentication(documents, tenants, memberships, clock),
        tenants=tenants,
        accounts=accounts,
        openid_providers=providers,
        federation=federation,
        password_reset=PasswordResetService(documents, clock, mail, passwords),
        groups=GroupsService(documents, clock, directory, tenants),
        buckets=buckets,
        objects=objects,
        files=files.metadata,
        downloads=files.downloads,
        uploads=files.uploads,
        blob_sweep=files.sweep,
        transfer=TransferService(documents, directory, clock, settings.max_object_bytes),
        counters=engines.counters,
        stats=StatsService(documents, tenants, engines.counters, clock),
        purge=PurgeService(tenants, buckets, objects, files.metadata, accounts, federation, replays, push, clock),
        upkeep=UpkeepService(documents, tenants, directory),
        push=push,
        jobs=engines.jobs,
        documents=documents,
        clock=clock,
        installation=_installation(settings),
    )


def _objects(engines: Engines, directory: BucketDirectory, replays: Replays, settings: Settings) -> ObjectsService:
    return ObjectsService(
        engines.documents,
        directory,
        engines.clock,
        replays=replays,
        max_object_bytes=settings.max_object_bytes,
        timeout_ms=settings.query_timeout_ms,
    )


@dataclass(frozen=True, slots=True)
class _Files:
    """The services around one store of contents."""

    metadata: FilesService
    downloads: DownloadsService
    uploads: UploadsService
    sweep: BlobSweep


def _files(engines: Engines, directory: BucketDirectory, tenants: TenantsService, settings: Settings) -> _Files:
    documents, blobs, clock = engines.documents, engines.blobs, engines.clock
    records = FileRecords(documents, directory)
    contents = FileContents(blobs, records, settings.max_file_bytes)
    metadata = FilesService(records, contents, clock)
    uploads = UploadsService(documents, metadata, contents, blobs, clock, max_upload_bytes=settings.max_upload_bytes)
    downloads = DownloadsService(records, metadata, blobs, max_inline_bytes=settings.max_inline_bytes)
    return _Files(metadata, downloads, uploads, BlobSweep(documents, tenants, uploads, blobs, clock))


def _push(engines: Engines, tenants: TenantsService, settings: Settings) -> Push:
    return assemble_push(
        engines.documents,
        engines.jobs,
        engines.gateways,
        tenants,
        engines.clock,
        retention_days=settings.push_retention_days,
        sse_heartbeat_seconds=settings.sse_heartbeat_seconds,
        sse_wait_seconds=settings.sse_wait_seconds,
    )


def _installation(settings: Settings) -> Installation:
    return Installation(
        settings.public_base_url.rstrip("/"),
        settings.build_version,
        settings.build_time or code_written_at(),
        settings.client_certificate_token,
        settings.system_key,
        settings.sse_public_uri.rstrip("/").removesuffix("/events"),
        settings.max_answer_bytes,
    )


@cache
def code_written_at() -> str:
    """When the newest of the files that this process runs was written, as `2026-11-21T09:57:23Z`.

    The best that a checkout, an installed package or a container can tell of its build.
    """
    newest = max(path.stat().st_mtime for path in Path(__file__).parent.rglob("*.py"))
    return datetime.fromtimestamp(newest, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _mongo_documents(settings: Settings, clock: Clock) -> MongoDocuments:
    from chalicelib.engines.aws.documentdb_documents import MongoDocuments

    return MongoDocuments(
        settings.mongo_uri,
        database_prefix=settings.mongo_database_prefix,
        ca_file=settings.mongo_ca_file or None,
        clock=clock,
    )


def _sqlite_documents(settings: Settings, clock: Clock) -> Documents:
    from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments

    return SqliteDocuments(settings.data_folder, durability=settings.durability, clock=clock)


def local_mailer(settings: Settings) -> Mailer:
    """The mailer of the embedded engine: an outbox, or SMTP when a server is set."""
    from chalicelib.engines.embedded.outbox_mail import OutboxMailer, SmtpAddress, SmtpMailer

    if not settings.smtp_host:
        return OutboxMailer(settings.data_folder / "outbox", settings.mail_sender)
    address = SmtpAddress(
        settings.smtp_host, settings.smtp_port, settings.smtp_security, settings.smtp_user, settings.smtp_password
    )
    return SmtpMailer(address, settings.mail_sender)
