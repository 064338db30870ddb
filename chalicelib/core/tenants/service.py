"""Tenants and apps: what an operator does with them. Nothing here checks rights: only the operator calls it."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from email.utils import parseaddr

from chalicelib.core import ids
from chalicelib.core.accounts.stored import TENANT_INDEXES
from chalicelib.core.clock import Clock
from chalicelib.core.documents import SYSTEM_TENANT, Documents, Index
from chalicelib.core.errors import (
    AppNotFound,
    CoreError,
    DuplicateKey,
    DuplicateTenant,
    InvalidInput,
    InvalidName,
    RequestConflict,
    TenantNotFound,
)
from chalicelib.core.federation.stored import FEDERATION_INDEXES
from chalicelib.core.files.ports import Blobs
from chalicelib.core.objects.replays import EXPIRY_INDEX, REQUEST_TOKENS
from chalicelib.core.push.events import EVENTS, EVENTS_INDEX
from chalicelib.core.push.stored import PUSH_INDEXES
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.order import parse_order
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import parse_update
from chalicelib.core.query.values import Document
from chalicelib.core.stats.stored import SLOT_INDEX, SLOTS
from chalicelib.core.tenants.model import App, AppCredentials, Tenant, TenantSettings
from chalicelib.core.tenants.stored import (
    ACCOUNTS,
    REGISTER,
    TENANT_RECORD,
    app_to_document,
    settings_to_document,
    tenant_from_document,
    tenant_to_document,
)

MAX_NAME_LENGTH = 100
"""Characters of a tenant's or app's name, included. Source: our choice, as for users and groups."""

LONGEST_DAYS = 36_500
"""The longest that a setting may let anything last: later moments could not be written. Our choice."""

NAME_REMEMBERED_SECONDS = 30.0
"""How long a process remembers which tenant a name means; a rename takes effect after that."""

_ID = re.compile(r"[0-9a-f]{24}")
_NAME = re.compile(
    r"[^\s/\x00-\x1f\x7f\ud800-\udfff](?:[^/\x00-\x1f\x7f\ud800-\udfff]*[^\s/\x00-\x1f\x7f\ud800-\udfff])?"
)

_ORIGIN = re.compile(r"null|[a-z][a-z0-9+.-]*://[^/?#@\s]+")
"""What a browser sends in `Origin`; anything else would never match. Spec: nec-clients, 0.10."""

SYSTEM_INDEXES = (
    *TENANT_INDEXES,
    *FEDERATION_INDEXES,
    *PUSH_INDEXES,
    (EVENTS, EVENTS_INDEX),
    (REQUEST_TOKENS, EXPIRY_INDEX),
    (SLOTS, SLOT_INDEX),
)
"""Collection and index of all that every tenant has, made with the tenant or by core/upkeep.py: never in a request."""


class TenantsService:
    """Makes, finds, changes and deletes tenants and their apps."""

    def __init__(self, documents: Documents, blobs: Blobs, clock: Clock) -> None:
        self._documents = documents
        self._blobs = blobs
        self._clock = clock
        self._ids_by_name: dict[str, tuple[str, float]] = {}

    # --- tenants ---

    def create(self, name: str) -> Tenant:
        """A new tenant without apps. Raises: InvalidName, DuplicateTenant."""
        check_tenant_name(name)
        self._documents.create_index(SYSTEM_TENANT, REGISTER, Index("name_key", (("name", 1),), unique=True))
        tenant = Tenant(ids.new_id(), name, self._clock.now())
        self._documents.create_tenant(tenant.id)
        for collection, index in SYSTEM_INDEXES:
            self._documents.create_index(tenant.id, collection, index)
        self._documents.insert(tenant.id, ACCOUNTS, tenant_to_document(tenant))
        entry = {"_id": tenant.id, "name": name, "createdAt": tenant.created_at}
        try:
            self._documents.insert(SYSTEM_TENANT, REGISTER, entry)
        except DuplicateKey as error:
            self._documents.drop_tenant(tenant.id)
            raise DuplicateTenant(f"a tenant named {name} exists") from error
        return tenant

    def list(self) -> list[Tenant]:
        """Every tenant, oldest first."""
        found = (self._record(tenant_id) for tenant_id in self._ids())
        return [tenant_from_document(record) for record in found if record is not None]

    def for_each(self, work: Callable[[Tenant], int]) -> int:
        """Does some work for every tenant, oldest first, and returns the sum of what it returns.

        A tenant for which it fails keeps no other from its turn. Raises: the first failure, at the end.
        """
        total = 0
        failures: list[CoreError] = []
        for tenant_id in self._ids():
            try:
                total += work(self.get(tenant_id))
            except TenantNotFound:
                continue  # deleted meanwhile
            except CoreError as error:
                failures.append(error)
        if failures:
            raise failures[0]
        return total

    def get(self, reference: str) -> Tenant:
        """The tenant with this id or name. Raises: TenantNotFound."""
        record = self._record(self.id_of(reference))
        if record is None:
            raise TenantNotFound(reference)
        return tenant_from_document(record)

    def id_of(self, reference: str) -> str:
        """The id that a reference (an id or a name) stands for; an id is not looked up.

        A name may not look like an id, so the two cannot be confused. Spec: nec-clients, 0.7.
        Raises: TenantNotFound for an unknown name.
        """
        if _ID.fullmatch(reference):
            return reference
        if not is_tenant_name(reference):
            raise TenantNotFound(reference)
        known = self._ids_by_name.get(reference)
        if known is not None and known[1] > time.monotonic():
            return known[0]
        entry = self._documents.find_one(SYSTEM_TENANT, REGISTER, parse_filter({"name": reference}))
        if entry is None:
            raise TenantNotFound(reference)
        tenant_id: str = entry["_id"]
        self._ids_by_name[reference] = (tenant_id, time.monotonic() + NAME_REMEMBERED_SECONDS)
        return tenant_id

    def change_settings(self, reference: str, change: Callable[[TenantSettings], TenantSettings]) -> Tenant:
        """Puts the result of `change` in the place of the settings.

        Raises: TenantNotFound, RequestConflict; InvalidInput for settings that nobody could live with.
        """
        before = self._record(self.id_of(reference))
        if before is None:
            raise TenantNotFound(reference)
        tenant = tenant_from_document(before)
        changed = change(tenant.settings)
        _check_settings(changed)
        settings = settings_to_document(changed)
        # As they are stored: what an older version wrote lacks the settings that came since.
        unchanged = {"_id": TENANT_RECORD, "settings": before["settings"]}
        record = self._documents.update_one(
            tenant.id, ACCOUNTS, parse_filter(unchanged), parse_update({"$set": {"settings": settings}})
        )
        if record is None:
            raise RequestConflict
        return tenant_from_document(record)

    def set_enabled(self, reference: str, enabled: bool) -> Tenant:
        """Admits a tenant's requests, or refuses them all; data stay. Raises: TenantNotFound."""
        return self._change(self.id_of(reference), {"$set": {"enabled": enabled}})

    def delete(self, reference: str) -> None:
        """Deletes a tenant and everything in it. Raises: TenantNotFound.

        After a failure it can be called again: the tenant's record is deleted last.
        """
        tenant = self.set_enabled(reference, False)
        self._blobs.delete_tenant(tenant.id)
        self._documents.delete_one(SYSTEM_TENANT, REGISTER, parse_filter({"_id": tenant.id}))
        self._documents.drop_tenant(tenant.id)
        self._ids_by_name.pop(tenant.name, None)

    def count_group_change(self, tenant_id: str) -> None:
        """Makes every process forget what it knows of the tenant's groups. Call after each change of a group."""
        self._change(tenant_id, {"$inc": {"groupsVersion": 1}})

    def count_bucket_change(self, tenant_id: str) -> None:
        """Makes every process forget what it knows of the tenant's buckets. Call after each change of a bucket."""
        self._change(tenant_id, {"$inc": {"bucketsVersion": 1}})

    # --- apps ---

    def create_app(self, reference: str, name: str) -> AppCredentials:
        """A new app with new keys. Raises: TenantNotFound, InvalidName."""
        if not name or len(name) > MAX_NAME_LENGTH:
            raise InvalidName(f"an app's name has 1 to {MAX_NAME_LENGTH} characters")
        key, master_key = ids.new_secret(), ids.new_secret()
        app = App(ids.new_id(), name, ids.hash_secret(key), ids.hash_secret(master_key))
        self._change(self.id_of(reference), {"$push": {"apps": app_to_document(app)}})
        return AppCredentials(app, key, master_key)

    def reissue_keys(self, reference: str, app_id: str) -> AppCredentials:
        """The app with new keys; the old ones stop at once. Raises: TenantNotFound, AppNotFound."""
        key, master_key = ids.new_secret(), ids.new_secret()
        hashes = {"apps.$[app].keyHash": ids.hash_secret(key), "apps.$[app].masterKeyHash": ids.hash_secret(master_key)}
        return AppCredentials(self._change_app(reference, app_id, hashes), key, master_key)

    def allow_client_push(self, reference: str, app_id: str, allowed: bool) -> App:
        """Sets whether the app key, besides the master key, may send pushes. Raises: TenantNotFound, AppNotFound."""
        return self._change_app(reference, app_id, {"apps.$[app].allowsClientPush": allowed})

    def set_app_enabled(self, reference: str, app_id: str, enabled: bool) -> App:
        """Admits the requests of an app, or refuses them. Raises: TenantNotFound, AppNotFound."""
        return self._change_app(reference, app_id, {"apps.$[app].enabled": enabled})

    def delete_app(self, reference: str, app_id: str) -> None:
        """Deletes an app; what its users have stored stays. Raises: TenantNotFound, AppNotFound."""
        app_of(self.get(reference).apps, app_id)
        self._change(self.id_of(reference), {"$pull": {"apps": {"id": app_id}}})

    # --- inside ---

    def _ids(self) -> Sequence[str]:
        """The id of every tenant, oldest first."""
        oldest_first = Query(order=parse_order([("createdAt", 1), ("_id", 1)]))
        return [entry["_id"] for entry in self._documents.find(SYSTEM_TENANT, REGISTER, oldest_first)]

    def _change_app(self, reference: str, app_id: str, fields: Document) -> App:
        update = parse_update({"$set": fields}, [{"app.id": app_id}])
        record = self._documents.update_one(
            self.id_of(reference), ACCOUNTS, parse_filter({"_id": TENANT_RECORD, "apps.id": app_id}), update
        )
        if record is None:
            self.get(reference)
            raise AppNotFound(app_id)
        return app_of(tenant_from_document(record).apps, app_id)

    def _change(self, tenant_id: str, update: Document) -> Tenant:
        record = self._documents.update_one(
            tenant_id, ACCOUNTS, parse_filter({"_id": TENANT_RECORD}), parse_update(update)
        )
        if record is None:
            raise TenantNotFound(tenant_id)
        return tenant_from_document(record)

    def _record(self, tenant_id: str) -> Document | None:
        return self._documents.find_one(tenant_id, ACCOUNTS, parse_filter({"_id": TENANT_RECORD}))


def is_tenant_name(name: str) -> bool:
    """Whether a tenant could have this name."""
    is_plain = _NAME.fullmatch(name) is not None and not name.startswith("_")
    return is_plain and len(name) <= MAX_NAME_LENGTH and not _ID.fullmatch(name)


def check_tenant_name(name: str) -> None:
    """Raises: InvalidName for a name that is empty, too long, looks like an id, starts with `_` or has a slash."""
    if not is_tenant_name(name):
        raise InvalidName(
            f"a tenant's name has 1 to {MAX_NAME_LENGTH} characters, no slash, no leading underscore, "
            "and is not 24 hex digits"
        )


def _check_settings(settings: TenantSettings) -> None:
    least, most = settings.password.least, settings.password.max_length
    if least > most:
        raise InvalidInput(f"no password has at least {least} and at most {most} characters")
    days = {
        "a session": settings.session_hours / 24,
        "a lock": settings.lock.lock_minutes / 1440,
        "a delete mark": settings.deleted_retention_days,
        "a confirmation": settings.mail.confirmation_hours / 24,
    }
    for what, lasts in days.items():
        if lasts > LONGEST_DAYS:
            raise InvalidInput(f"{what} lasts at most {LONGEST_DAYS} days")
    sender = settings.mail.sender
    if sender is not None and not (sender.isprintable() and "@" in parseaddr(sender)[1]):
        raise InvalidInput("a sender is a mail address, as in Acme <no-reply@acme.example>")
    for origin in settings.cors.origins:
        if not _ORIGIN.fullmatch(origin):
            raise InvalidInput(f"{origin} is no origin: write a scheme and a host alone, as in https://app.example.com")


def app_of(apps: Sequence[App], app_id: str) -> App:
    """The app with this id. Raises: AppNotFound."""
    for app in apps:
        if app.id == app_id:
            return app
    raise AppNotFound(app_id)
