"""Passwords: turned into hashes that are slow to guess, and compared with them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from dataclasses import dataclass

SALT_BYTES = 16
HASH_BYTES = 32
_MEMORY_MARGIN_BYTES = 2**20


@dataclass(frozen=True, slots=True)
class ScryptCost:
    """What one guess costs: `n` times `r` times 128 bytes of memory, `p` times over."""

    n: int = 2**14
    r: int = 8
    p: int = 5


OWASP_COST = ScryptCost()
"""16 MiB, five times over: fits a small Lambda. Source: OWASP Password Storage Cheat Sheet, scrypt."""


class Passwords:
    """Hashes and verifies. A stored hash names its own cost, so the cost can rise while old hashes still work."""

    def __init__(self, cost: ScryptCost = OWASP_COST) -> None:
        self._cost = cost
        self._nobody = self._spell(os.urandom(SALT_BYTES), os.urandom(HASH_BYTES))

    def hash(self, password: str) -> str:
        """What is stored of a password: `scrypt$n$r$p$salt$hash`, salt and hash in Base64."""
        salt = os.urandom(SALT_BYTES)
        return self._spell(salt, _derive(password, salt, self._cost))

    def verify(self, password: str, stored: str | None) -> bool:
        """Whether the stored hash is this password's. None, for an unknown user, takes the same time.

        Otherwise the timing of a login would tell which users exist.
        """
        cost, salt, expected = _parse(self._nobody if stored is None else stored)
        same = hmac.compare_digest(_derive(password, salt, cost), expected)
        return same and stored is not None

    def needs_upgrade(self, stored: str) -> bool:
        """Whether the hash was made at another cost than today's."""
        return _parse(stored)[0] != self._cost

    def _spell(self, salt: bytes, derived: bytes) -> str:
        cost = self._cost
        return "$".join(("scrypt", str(cost.n), str(cost.r), str(cost.p), _text(salt), _text(derived)))


def _derive(password: str, salt: bytes, cost: ScryptCost) -> bytes:
    memory = 128 * cost.r * (cost.n + cost.p) + _MEMORY_MARGIN_BYTES
    # Lone surrogates can come from JSON; they must fail as a wrong password, not as a crash.
    secret = password.encode("utf-8", "surrogatepass")
    return hashlib.scrypt(secret, salt=salt, n=cost.n, r=cost.r, p=cost.p, maxmem=memory, dklen=HASH_BYTES)


def _parse(stored: str) -> tuple[ScryptCost, bytes, bytes]:
    _, n, r, p, salt, derived = stored.split("$")
    return ScryptCost(int(n), int(r), int(p)), base64.b64decode(salt), base64.b64decode(derived)


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
