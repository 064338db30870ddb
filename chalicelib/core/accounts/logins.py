"""Logging in and out: sessions begin and end here, and accounts lock after too many wrong passwords."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from chalicelib.core import ids
from chalicelib.core.accounts.model import User
from chalicelib.core.accounts.names import is_email, is_username
from chalicelib.core.accounts.passwords import Passwords
from chalicelib.core.accounts.stored import (
    LOGIN_MISSES,
    credentials_from_document,
    named,
    session_to_item,
    user_from_document,
)
from chalicelib.core.accounts.tokens import new_token
from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.errors import AccountLocked, InvalidInput, InvalidSession, WrongPassword
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.update import parse_update
from chalicelib.core.query.values import Document
from chalicelib.core.tenants.model import Tenant
from chalicelib.core.tenants.stored import ACCOUNTS

MAX_SESSIONS = 1000
"""Sessions that a user may have at once; one more ends the oldest. Source: our choice, about 100 KB a user."""

_REFUSED = "unknown user, wrong password, or too many failed logins: try again in some minutes"
"""One text for all cases: "locked" would tell a stranger that the account exists."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session just begun, and the user as they were before."""

    user: User
    token: str = field(repr=False)
    expires_at: datetime


class Logins:
    """Begins and ends sessions of one tenant's users."""

    def __init__(self, documents: Documents, clock: Clock, passwords: Passwords) -> None:
        self._documents = documents
        self._clock = clock
        self._passwords = passwords

    def begin(self, tenant: Tenant, password: str, username: str | None, email: str | None) -> Session:
        """A new session for the user with this name, or else this mail address; older ones go on.

        A login to an unknown user, or to a locked account, costs the same as a failed one: one read, one password
        hash, one write. So neither the answer nor its timing tells whether a user exists.
        Raises: InvalidInput, WrongPassword, AccountLocked. Spec: nec-rest, 5.2; nec-clients, 2.6 and 2.13.
        """
        if username is None and email is None:
            raise InvalidInput("a login needs a user name or a mail address")
        record = self._find(tenant, username, email)
        if record is None:
            self._passwords.verify(password, None)
            self._count_miss(tenant)
            raise _wrong_password()
        credentials = credentials_from_document(record)
        is_right = self._passwords.verify(password, credentials.password_hash)
        if credentials.locked_until is not None and credentials.locked_until > self._clock.now():
            self._count_miss(tenant)
            raise AccountLocked(_REFUSED)
        if not is_right or credentials.password_hash is None:
            self._count_failure(tenant, record["_id"])
            raise _wrong_password()
        return self._begin(tenant, record, password, credentials.password_hash)

    def admit(self, tenant: Tenant, user_id: str) -> Session | None:
        """A new session for a user whom another party has proven; None when they are gone or kept out."""
        condition: Document = {"_id": user_id, "enabled": True}
        record = self._documents.find_one(tenant.id, ACCOUNTS, parse_filter(condition))
        return None if record is None else self._open(tenant, record, condition, {})

    def end(self, tenant: Tenant, user_id: str, session_id: str) -> None:
        """Ends one session. Raises: InvalidSession when it has ended already."""
        filter = parse_filter({"_id": user_id, "sessions.id": session_id})
        update = parse_update({"$pull": {"sessions": {"id": session_id}}})
        if self._documents.update_one(tenant.id, ACCOUNTS, filter, update) is None:
            raise InvalidSession("the session has ended")

    def _find(self, tenant: Tenant, username: str | None, email: str | None) -> Document | None:
        """The user to log in; the name alone decides when both are given."""
        if username is not None:
            field, value, possible = "username", username, is_username(username)
        else:
            field, value, possible = "email", email or "", is_email(email or "")
        # What no user can have is not searched for, as a query might not be able to hold it; the read costs the same.
        filter = parse_filter(named(field, value) if possible else {"_id": ""})
        return self._documents.find_one(tenant.id, ACCOUNTS, filter)

    def _begin(self, tenant: Tenant, record: Document, password: str, password_hash: str) -> Session:
        changed: Document = {"failedLogins": 0}
        if self._passwords.needs_upgrade(password_hash):
            changed["password"] = self._passwords.hash(password)
        # The old password must not begin a session if it has been changed since the read; and of many guesses sent at
        # once, the right one must not begin one after the wrong ones have locked the account.
        still_admitted: Document = {"_id": record["_id"], "enabled": True, "password": password_hash}
        still_admitted["lockedUntil"] = {"$not": {"$gt": self._clock.now()}}
        session = self._open(tenant, record, still_admitted, changed)
        if session is None:
            raise _wrong_password()
        return session

    def _open(self, tenant: Tenant, record: Document, condition: Document, changed: Document) -> Session | None:
        """Adds a session if the condition holds at this moment, beside what else changes."""
        user = user_from_document(record)
        now = self._clock.now()
        token, expires_at = new_token(user.id), now + timedelta(hours=tenant.settings.session_hours)
        sessions = {"$each": [session_to_item(ids.hash_secret(token), expires_at)], "$slice": -MAX_SESSIONS}
        update = parse_update({"$set": changed | {"lastLoginAt": now}, "$push": {"sessions": sessions}})
        if self._documents.update_one(tenant.id, ACCOUNTS, parse_filter(condition), update) is None:
            return None
        return Session(user, token, expires_at)

    def _count_miss(self, tenant: Tenant) -> None:
        self._documents.upsert_one(tenant.id, LOGIN_MISSES, "count", parse_update({"$inc": {"logins": 1}}))

    def _count_failure(self, tenant: Tenant, user_id: str) -> None:
        counted = parse_update({"$inc": {"failedLogins": 1}})
        record = self._documents.update_one(tenant.id, ACCOUNTS, parse_filter({"_id": user_id}), counted)
        policy = tenant.settings.lock
        if record is None or not policy.failures or record["failedLogins"] < policy.failures:
            return
        locked_until = self._clock.now() + timedelta(minutes=policy.lock_minutes)
        reached = parse_filter({"_id": user_id, "failedLogins": {"$gte": policy.failures}})
        lock = parse_update({"$set": {"failedLogins": 0, "lockedUntil": locked_until}})
        self._documents.update_one(tenant.id, ACCOUNTS, reached, lock)


def _wrong_password() -> WrongPassword:
    return WrongPassword(_REFUSED)
