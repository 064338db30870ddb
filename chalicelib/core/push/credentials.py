"""How an installation proves itself when it listens for events: by a password that is derived, never stored.

It is the HMAC of the installation's id under a key of the tenant, so it is the same each time it is shown.
Decision: 0051-event-credentials.
"""

from __future__ import annotations

import base64
import hashlib
import hmac

from chalicelib.core import ids
from chalicelib.core.documents import Documents
from chalicelib.core.push.model import EventCredentials
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.update import parse_update

KEYS = "_push_keys"
"""The collection of the tenant's key."""

_KEY_ID = "events"
_THE_KEY = parse_filter({"_id": _KEY_ID})


class EventPasswords:
    """Derives and checks passwords. A tenant's key is created at its first use and never changes."""

    def __init__(self, documents: Documents) -> None:
        self._documents = documents

    def of(self, tenant: str, installation: str) -> EventCredentials:
        """The credentials of an installation: its id, and 43 characters that need no quoting anywhere."""
        digest = hmac.digest(self._key(tenant), f"{tenant}/{installation}".encode(), hashlib.sha256)
        return EventCredentials(installation, base64.urlsafe_b64encode(digest).rstrip(b"=").decode())

    def admit(self, tenant: str, installation: str, username: str, password: str) -> bool:
        """Whether these are the installation's credentials; takes the same time whichever part is wrong."""
        expected = self.of(tenant, installation)
        same_name = hmac.compare_digest(username.encode("utf-8", "surrogatepass"), expected.username.encode())
        same_word = hmac.compare_digest(password.encode("utf-8", "surrogatepass"), expected.password.encode())
        return same_name and same_word

    def _key(self, tenant: str) -> bytes:
        kept = self._documents.find_one(tenant, KEYS, _THE_KEY)
        if kept is None:
            made = parse_update({"$setOnInsert": {"key": ids.new_secret()}})
            kept = self._documents.upsert_one(tenant, KEYS, _KEY_ID, made)
        return str(kept["key"]).encode()
