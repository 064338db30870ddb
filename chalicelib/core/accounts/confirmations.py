"""Sign-ups and changes that wait until the owner of a mail address confirms them. Spec: nec-rest, 5.1 and 5.4."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.core import ids
from chalicelib.core.accounts.changes import update_to
from chalicelib.core.accounts.stored import CONFIRMATIONS
from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.errors import DuplicateId, DuplicateKey, DuplicateUser, LinkNotFound, UserNotFound
from chalicelib.core.mail.account_mail import AccountMail, MailPage
from chalicelib.core.mail.templates import MailKind
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.update import parse_update
from chalicelib.core.query.values import Document
from chalicelib.core.tenants.model import Tenant
from chalicelib.core.tenants.stored import ACCOUNTS


class Confirmations:
    """Keeps what waits for a confirmation, mails the link, and carries it out once confirmed."""

    def __init__(self, documents: Documents, clock: Clock, mail: AccountMail) -> None:
        self._documents = documents
        self._clock = clock
        self._mail = mail

    def hold_sign_up(self, tenant: Tenant, user: Document) -> None:
        """Keeps a user who has yet to confirm, and mails them the link. Raises: Unavailable, InvalidEmail."""
        self._hold(tenant, {"user": user}, MailKind.CONFIRM_SIGN_UP, user["email"], user["username"])

    def hold_change(self, tenant: Tenant, user: Document, change: Document) -> None:
        """Keeps the fields of a user that are to change, and mails the link to the address the user has now.

        Raises: as `hold_sign_up`.
        """
        held = {"userId": user["_id"], "change": change}
        self._hold(tenant, held, MailKind.CONFIRM_CHANGE, user["email"], user["username"])

    def check(self, tenant: Tenant, token: str) -> None:
        """Raises: LinkNotFound unless the link still works."""
        self._held(tenant, token)

    def confirm(self, tenant: Tenant, token: str) -> None:
        """Creates the user, or makes the change; after that the link no longer works.

        It is carried out before it is forgotten: if the process dies in between, confirming again finds it done.
        Raises: LinkNotFound, DuplicateUser when name or address were taken meanwhile, UserNotFound.
        """
        held = self._held(tenant, token)
        try:
            if "user" in held:
                self._make(tenant, held["user"])
            else:
                self._change(tenant, held["userId"], held["change"])
        except DuplicateKey as error:
            raise DuplicateUser("a user with this name or mail address exists") from error
        self._documents.delete_one(tenant.id, CONFIRMATIONS, parse_filter({"_id": held["_id"]}))

    def purge(self, tenant: Tenant) -> int:
        """Forgets what nobody confirmed in time; returns how many."""
        expired = parse_filter({"expiresAt": {"$lte": self._clock.now()}})
        return self._documents.delete_many(tenant.id, CONFIRMATIONS, expired)

    def _hold(self, tenant: Tenant, held: Document, kind: MailKind, to: str, username: str) -> None:
        secret = ids.new_secret()
        link = self._mail.link(tenant, MailPage.CONFIRMATION, secret)
        hours = tenant.settings.mail.confirmation_hours
        entry: Document = {"_id": ids.hash_secret(secret), "expiresAt": self._clock.now() + timedelta(hours=hours)}
        self._documents.insert(tenant.id, CONFIRMATIONS, entry | held)
        self._mail.send(tenant, kind, to, username=username, link=link, hours=str(hours))

    def _held(self, tenant: Tenant, token: str) -> Document:
        wanted = parse_filter({"_id": ids.hash_secret(token), "expiresAt": {"$gt": self._clock.now()}})
        held = self._documents.find_one(tenant.id, CONFIRMATIONS, wanted)
        if held is None or not tenant.enabled:
            raise LinkNotFound(MailPage.CONFIRMATION.value)
        return held

    def _make(self, tenant: Tenant, user: Document) -> None:
        now = self._clock.now()
        try:
            self._documents.insert(tenant.id, ACCOUNTS, user | {"createdAt": now, "updatedAt": now})
        except DuplicateId:
            return
        self._mail.notify(tenant, MailKind.SIGNED_UP, user.get("email"), username=user["username"])

    def _change(self, tenant: Tenant, user_id: str, change: Document) -> None:
        stamps = {"etag": ids.new_etag(), "updatedAt": self._clock.now()}
        wanted = parse_filter({"_id": user_id, "federated": False})
        before = self._documents.find_one(tenant.id, ACCOUNTS, wanted)
        update = parse_update(update_to(change | stamps))
        after = self._documents.update_one(tenant.id, ACCOUNTS, wanted, update)
        if before is None or after is None:
            raise UserNotFound(user_id)
        for address in dict.fromkeys((before.get("email"), after.get("email"))):
            self._mail.notify(tenant, MailKind.CHANGED, address, username=after["username"])
