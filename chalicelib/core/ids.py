"""New identifiers and secrets. Ids are strings everywhere in the core."""

from __future__ import annotations

import hashlib
import secrets
import uuid

from bson import ObjectId

SESSION_TOKEN_BYTES = 32
"""256 random bits. Source: design, security ground rules."""


def new_id() -> str:
    """24 hex digits that grow with time: an ObjectId. Whoever has seen one can guess its neighbours."""
    return str(ObjectId())


def new_secret_id() -> str:
    """24 hex digits, 96 random bits: for what belongs to whoever knows its id. Decision: 0096-ids-that-are-secrets."""
    return secrets.token_hex(12)


def new_etag() -> str:
    """A UUID: no two writes share one."""
    return str(uuid.uuid4())


def new_secret() -> str:
    """A session token or key: URL-safe text of 256 random bits."""
    return secrets.token_urlsafe(SESSION_TOKEN_BYTES)


def hash_secret(secret: str) -> str:
    """What is stored in place of a random secret: SHA-256, 64 hex digits.

    No salt and no stretching: 256 random bits cannot be guessed, and the hash is looked up by value.
    Passwords are another matter: see accounts/passwords.py.
    """
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
