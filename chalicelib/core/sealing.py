"""The port to sealing: for secrets that must be read again, as our passwords at other parties; never users'."""

from __future__ import annotations

from typing import Protocol


class Sealer(Protocol):
    """Encrypts a tenant's secrets, so that the database alone gives none of them away.

    Every call may raise Unavailable.
    """

    def seal(self, tenant: str, secret: str) -> bytes:
        """The secret, encrypted; different at each call."""

    def unseal(self, tenant: str, sealed: bytes) -> str:
        """The secret again. Raises: Unavailable for what another key or another tenant sealed, or what was changed."""
