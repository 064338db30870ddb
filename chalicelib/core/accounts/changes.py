"""The checks of sign-ups and changes, and what a change of a user writes."""

from __future__ import annotations

from typing import Any

from chalicelib.core.accounts.model import SignUp, UserChange
from chalicelib.core.accounts.names import check_email, check_password, check_user_id, check_username
from chalicelib.core.errors import DocumentTooLarge, InvalidEmail, InvalidName, InvalidPassword
from chalicelib.core.query.stored_form import bson_size, check_document
from chalicelib.core.query.values import Document
from chalicelib.core.tenants.model import Tenant

MAX_OPTIONS_BYTES = 262_144
"""Bytes of BSON of a user's options, included. Source: our choice, as for an object."""


def check_sign_up(tenant: Tenant, new: SignUp) -> None:
    """Raises: InvalidId, InvalidName, InvalidEmail, InvalidPassword, InvalidDocument, DocumentTooLarge."""
    if new.id is not None:
        check_user_id(new.id)
    if new.uses_client_certificate and new.username is None:
        raise InvalidName("a user of a client certificate needs a user name")
    if new.email is None and new.needs_email and not new.uses_client_certificate:
        raise InvalidEmail("a mail address is needed")
    if new.password is None and not new.uses_client_certificate:
        raise InvalidPassword("a password is needed")
    check_change(tenant, UserChange(new.username, new.email, new.password, new.options))


def check_change(tenant: Tenant, change: UserChange) -> None:
    """Raises: InvalidName, InvalidEmail, InvalidPassword, InvalidDocument, DocumentTooLarge."""
    if change.username is not None:
        check_username(change.username)
    if change.email is not None:
        check_email(change.email)
    if change.password is not None:
        check_password(change.password, tenant.settings.password)
    if change.options is not None:
        check_document(change.options)
        if bson_size(change.options) > MAX_OPTIONS_BYTES:
            raise DocumentTooLarge(MAX_OPTIONS_BYTES)


def fields_of(change: UserChange, password_hash: str | None, *, uses_certificate: bool) -> Document:
    """The stored fields that a change sets; a user of client certificates keeps address and password.

    Spec: nec-rest, 5.4.
    """
    fields: dict[str, Any] = {"username": change.username, "options": change.options}
    if not uses_certificate:
        fields |= {"email": change.email, "password": password_hash}
    return {name: value for name, value in fields.items() if value is not None}


def update_to(fields: Document) -> Document:
    """The update that sets fields of a user. A new password ends all sessions, a lock, and the mailed link to set one:
    nobody else is to get in, or to stay in."""
    if "password" not in fields:
        return {"$set": fields}
    return {"$set": fields | {"sessions": [], "failedLogins": 0}, "$unset": {"lockedUntil": "", "reset": ""}}
