"""How users and groups are kept, and where.

A user's sessions are part of the user's document: one read proves a session, one write begins one, and what changes
the password, or disables or deletes the user, ends all of them in the same atomic step.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.core.access.acl import parse_acl
from chalicelib.core.accounts.model import Group, User
from chalicelib.core.documents import Index
from chalicelib.core.query.values import Document
from chalicelib.core.tenants.stored import ACCOUNTS

GROUPS = "_groups"
"""The collection of groups; membership lists hold user ids and names of child groups."""

CONFIRMATIONS = "_confirmations"
"""What waits to be confirmed: {_id: hash of the link's secret, expiresAt, user | change and userId}."""

RATE = "_rate"
"""The collection that counts requests, one document a minute."""

LOGIN_MISSES = "_login_misses"
"""The collection that counts logins to no user and to locked ones."""

USER_KIND = "user"

TENANT_INDEXES: tuple[tuple[str, Index], ...] = (
    (ACCOUNTS, Index("username_key", (("username", 1),), unique=True, sparse=True)),
    (ACCOUNTS, Index("email_key", (("email", 1),), unique=True, sparse=True)),
    (ACCOUNTS, Index("kind_created", (("kind", 1), ("createdAt", 1), ("_id", 1)))),
    (ACCOUNTS, Index("session_expiry", (("sessions.expiresAt", 1),), sparse=True)),
    (GROUPS, Index("name_key", (("name", 1),), unique=True)),
    (GROUPS, Index("member_users", (("users", 1),))),
    (GROUPS, Index("member_groups", (("groups", 1),))),
    (CONFIRMATIONS, Index("expiry", (("expiresAt", 1),))),
)
"""The indexes of every tenant, made with it: collection and index."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a login is checked against; stays inside accounts."""

    password_hash: str | None
    locked_until: datetime | None


def user_to_document(user: User, password_hash: str | None) -> Document:
    """The stored form of a new user; a field without value is left out, so that unique indexes pass over it."""
    document: Document = {
        "_id": user.id,
        "kind": USER_KIND,
        "username": user.username,
        "email": user.email,
        "options": user.options,
        "createdAt": user.created_at,
        "updatedAt": user.updated_at,
        "lastLoginAt": user.last_login_at,
        "etag": user.etag,
        "federated": user.is_federated,
        "primaryLink": user.primary_link,
        "clientCertificate": user.uses_client_certificate,
        "enabled": user.enabled,
        "password": password_hash,
        "failedLogins": 0,
        "sessions": [],
    }
    return {key: value for key, value in document.items() if value is not None}


def user_from_document(document: Document) -> User:
    """The user that a stored document describes."""
    return User(
        id=document["_id"],
        username=document["username"],
        email=document.get("email"),
        options=document.get("options"),
        created_at=document["createdAt"],
        updated_at=document["updatedAt"],
        last_login_at=document.get("lastLoginAt"),
        etag=document["etag"],
        is_federated=document["federated"],
        primary_link=document.get("primaryLink"),
        uses_client_certificate=document["clientCertificate"],
        enabled=document["enabled"],
    )


def credentials_from_document(document: Document) -> Credentials:
    """What a login of a stored user is checked against."""
    return Credentials(document.get("password"), document.get("lockedUntil"))


def session_to_item(session_id: str, expires_at: datetime) -> dict[str, Any]:
    """One entry of a user's `sessions`; `session_id` is the hash of its token."""
    return {"id": session_id, "expiresAt": expires_at}


def named(field: str, value: str) -> Document:
    """The condition on the user with this username or email.

    `$exists` adds nothing, but without it DocumentDB does not use a sparse index.
    """
    return {field: {"$eq": value, "$exists": True}, "kind": USER_KIND}


def has_session(user: Document, session_id: str, now: datetime) -> bool:
    """Whether the session is the user's and has not expired, and the user is enabled."""
    sessions = user.get("sessions", ()) if user.get("enabled") is True else ()
    return any(session["id"] == session_id and session["expiresAt"] > now for session in sessions)


def group_to_document(group: Group) -> Document:
    """The stored form of a group."""
    return {
        "_id": group.id,
        "name": group.name,
        "users": list(group.users),
        "groups": list(group.groups),
        "ACL": group.acl.to_document(),
        "createdAt": group.created_at,
        "updatedAt": group.updated_at,
        "etag": group.etag,
    }


def group_from_document(document: Document) -> Group:
    """The group that a stored document describes."""
    return Group(
        id=document["_id"],
        name=document["name"],
        users=tuple(document["users"]),
        groups=tuple(document["groups"]),
        acl=parse_acl(document["ACL"]),
        created_at=document["createdAt"],
        updated_at=document["updatedAt"],
        etag=document["etag"],
    )
