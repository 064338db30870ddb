"""The port to what keeps secrets that must be read again: other parties' passwords for us, never users' passwords."""

from __future__ import annotations

from typing import Protocol


class Sealer(Protocol):
    """Encrypts a tenant's secrets, so that whoever reads the database alone has none of them.

    Calls may raise Unavailable.
    """

    def seal(self, tenant: str, secret: str) -> bytes:
        """The secret, encrypted; different at each call."""

    def unseal(self, tenant: str, sealed: bytes) -> str:
        """The secret again. Raises: Unavailable for what another key or another tenant sealed, or what was changed."""
