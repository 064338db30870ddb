"""What a tenant and its apps are: plain values. How they are kept is in stored.py."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """What a password must be: how long, and how many characters of each kind it holds at least. All are counted in
    characters and include their ends. Spec: nec-rest, 5.1; nec-clients, 9."""

    min_length: int = 8
    max_length: int = 100
    min_uppercase: int = 0
    min_lowercase: int = 0
    min_digits: int = 0
    min_symbols: int = 0

    @property
    def least(self) -> int:
        """Characters of the shortest password that this admits."""
        return max(self.min_length, self.min_uppercase + self.min_lowercase + self.min_digits + self.min_symbols)


@dataclass(frozen=True, slots=True)
class LockPolicy:
    """When failed logins lock an account. 0 failures: never. Spec: nec-clients, 2.13."""

    failures: int = 5
    lock_minutes: int = 10


@dataclass(frozen=True, slots=True)
class CorsPolicy:
    """Which browsers may call. `origins` empty means any. Spec: nec-clients, 0.10."""

    enabled: bool = True
    origins: tuple[str, ...] = ()
    credentials: bool = False


@dataclass(frozen=True, slots=True)
class ClientCertificatePolicy:
    """How a proxy's client-certificate headers name a user. Spec: nec-rest, 3.3."""

    enabled: bool = False
    username_from: tuple[str, ...] = ("cn",)
    """The parts of the name, of `serial`, `cn` and `uid`, joined by a hyphen."""
    issuer_dns: tuple[str, ...] = ()
    """The issuers to admit, spelled as the proxy spells them; empty admits any that the proxy trusts."""


@dataclass(frozen=True, slots=True)
class MailPolicy:
    """What users are mailed. Spec: nec-rest, 5.1, 5.4 and 5.6.

    `words` are the tenant's own texts, by name: see core/mail/templates.py.
    """

    confirm_accounts: bool = False
    """Whether signing up and changing an account waits for a confirmation by mail."""
    notify_accounts: bool = False
    """Whether users are told by mail that their account or password was changed."""
    confirmation_hours: int = 24
    language: str = "ja"
    sender: str | None = None
    """The sender of the tenant's mails; None is the installation's."""
    words: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TenantSettings:
    """What the operator may set per tenant; every field has a default."""

    session_hours: int = 24
    deleted_retention_days: int = 0
    """Days after which delete-marked objects are purged; 0 keeps them forever."""
    rate_limit_per_minute: int = 0
    """Requests a minute; 0 means no limit."""
    max_query_limit: int = 0
    """The largest `limit` of a query; 0 means no limit. Spec: nec-rest, 8.3.3."""
    max_storage_bytes: int = 0
    """Bytes that all files may have together; 0 means no limit. Spec: nec-rest, 9.1."""
    password: PasswordPolicy = field(default_factory=PasswordPolicy)
    lock: LockPolicy = field(default_factory=LockPolicy)
    cors: CorsPolicy = field(default_factory=CorsPolicy)
    client_certificate: ClientCertificatePolicy = field(default_factory=ClientCertificatePolicy)
    mail: MailPolicy = field(default_factory=MailPolicy)


@dataclass(frozen=True, slots=True)
class App:
    """The credentials of one client program of a tenant; keys are stored as hashes only."""

    id: str
    name: str
    key_hash: str
    master_key_hash: str
    allows_client_push: bool = False
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class Tenant:
    """One customer's space. `groups_version` and `buckets_version` rise with every change of a group or a
    bucket, so that a process knows whether what it remembers of them is still true."""

    id: str
    name: str
    created_at: datetime
    enabled: bool = True
    settings: TenantSettings = field(default_factory=TenantSettings)
    apps: tuple[App, ...] = ()
    groups_version: int = 0
    buckets_version: int = 0


@dataclass(frozen=True, slots=True)
class AppCredentials:
    """An app with its keys in plain text: seen only once, when they are made."""

    app: App
    key: str
    master_key: str
