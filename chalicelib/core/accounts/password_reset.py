"""Forgotten passwords: a link by mail that works once and for an hour, and the new password.

Spec: nec-rest, 5.6; nec-clients, 2.10.
"""

from __future__ import annotations

from datetime import timedelta

from chalicelib.core import ids
from chalicelib.core.access.caller import Caller
from chalicelib.core.accounts.changes import update_to
from chalicelib.core.accounts.names import check_password, is_email, is_username
from chalicelib.core.accounts.passwords import Passwords
from chalicelib.core.accounts.stored import named, user_from_document
from chalicelib.core.accounts.tokens import new_token, parse_token
from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.errors import AccessDenied, InvalidInput, LinkNotFound, UserNotFound
from chalicelib.core.mail.account_mail import AccountMail, MailPage
from chalicelib.core.mail.templates import MailKind
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.update import parse_update
from chalicelib.core.query.values import Document
from chalicelib.core.tenants.model import Tenant
from chalicelib.core.tenants.stored import ACCOUNTS

INTERVAL = timedelta(minutes=10)
"""The time after a request in which the next one is refused. Spec: nec-rest, 5.6."""

LINK_LASTS = timedelta(minutes=60)
"""How long a link works. Our choice."""


class PasswordResetService:
    """Sends links and takes new passwords."""

    def __init__(self, documents: Documents, clock: Clock, mail: AccountMail, passwords: Passwords) -> None:
        self._documents = documents
        self._clock = clock
        self._mail = mail
        self._passwords = passwords

    def request(self, caller: Caller, *, username: str | None = None, email: str | None = None) -> None:
        """Mails a link to the user with this name, or else with this mail address. Needs no right.

        Raises: InvalidInput when neither is given, UserNotFound, AccessDenied within ten minutes of the last request
        and for users who are disabled or sign in elsewhere or by certificate, Unavailable when no mail can be sent.
        """
        tenant = caller.tenant
        user = user_from_document(self._find(tenant, username, email))
        if user.is_federated or user.uses_client_certificate or user.email is None:
            raise AccessDenied("the user has no password here")
        if not user.enabled:
            raise AccessDenied("the user is disabled")
        now = self._clock.now()
        token = new_token(user.id)
        link = self._mail.link(tenant, MailPage.PASSWORD_RESET, token)
        reset: Document = {"id": ids.hash_secret(token), "expiresAt": now + LINK_LASTS, "email": user.email}
        long_enough = {"_id": user.id, "resetRequestedAt": {"$not": {"$gt": now - INTERVAL}}}
        noted = parse_update({"$set": {"resetRequestedAt": now, "reset": reset}})
        if self._documents.update_one(tenant.id, ACCOUNTS, parse_filter(long_enough), noted) is None:
            raise AccessDenied("a password reset can be asked for once in ten minutes")
        minutes = str(LINK_LASTS // timedelta(minutes=1))
        try:
            self._mail.send(
                tenant, MailKind.PASSWORD_RESET, user.email, username=user.username, link=link, minutes=minutes
            )
        except Exception:
            # No mail went out, so the user may ask again at once.
            forgotten = parse_update({"$unset": {"resetRequestedAt": "", "reset": ""}})
            mine = parse_filter({"_id": user.id, "reset.id": reset["id"]})
            self._documents.update_one(tenant.id, ACCOUNTS, mine, forgotten)
            raise

    def check(self, tenant: Tenant, token: str) -> None:
        """Raises: LinkNotFound unless the link still works."""
        self._good(tenant, token)

    def complete(self, tenant: Tenant, token: str, password: str) -> None:
        """Sets the new password, ends all sessions and any lock; after that the link no longer works.

        Raises: LinkNotFound, InvalidPassword.
        """
        condition = self._good(tenant, token)
        check_password(password, tenant.settings.password)
        fields = {"password": self._passwords.hash(password), "etag": ids.new_etag(), "updatedAt": self._clock.now()}
        update = parse_update(update_to(fields))
        record = self._documents.update_one(tenant.id, ACCOUNTS, parse_filter(condition), update)
        if record is None:
            raise LinkNotFound(MailPage.PASSWORD_RESET.value)
        self._mail.notify(tenant, MailKind.PASSWORD_CHANGED, record.get("email"), username=record["username"])

    def _good(self, tenant: Tenant, token: str) -> Document:
        """The condition on the user whose link this is. Raises: LinkNotFound when the link does not work.

        It was mailed to the address that the user had then, and does not work once the user has another one:
        somebody else may read the mail of the old one.
        """
        said = parse_token(token)
        if said is None or not tenant.enabled:
            raise LinkNotFound(MailPage.PASSWORD_RESET.value)
        good = {"reset.id": said.session_id, "reset.expiresAt": {"$gt": self._clock.now()}}
        condition: Document = {"_id": said.user_id, "enabled": True, "federated": False} | good
        record = self._documents.find_one(tenant.id, ACCOUNTS, parse_filter(condition))
        if record is None or record.get("email") != record["reset"]["email"]:
            raise LinkNotFound(MailPage.PASSWORD_RESET.value)
        return condition | {"email": record["email"]}

    def _find(self, tenant: Tenant, username: str | None, email: str | None) -> Document:
        if username is None and email is None:
            raise InvalidInput("a password reset needs a user name or a mail address")
        if username is not None:
            field, value, possible = "username", username, is_username(username)
        else:
            field, value, possible = "email", email or "", is_email(email or "")
        record = None
        if possible:
            record = self._documents.find_one(tenant.id, ACCOUNTS, parse_filter(named(field, value)))
        if record is None:
            raise UserNotFound(value)
        return record
