"""Secrets sealed with a key in a file of the data folder: AES-256-GCM, the tenant's id bound in.

Whoever has the whole folder also has the key; a database file alone, or a copy of one, gives nothing away. The file
may be elsewhere: see the setting `secrets_key_file`.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from chalicelib.core.errors import Unavailable

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12


class KeyFileSealer:
    """The Sealer port. The key is made at the first seal; safe with many threads and processes."""

    def __init__(self, key_file: Path) -> None:
        self._key_file = key_file

    def seal(self, tenant: str, secret: str) -> bytes:
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + _cipher(self._stored_key() or self._new_key()).encrypt(nonce, secret.encode(), tenant.encode())

    def unseal(self, tenant: str, sealed: bytes) -> str:
        from cryptography.exceptions import InvalidTag

        key = self._stored_key()
        if key is None:
            # Not made here: a new one would only hide that the old one is missing.
            raise Unavailable(f"there is no key file: {self._key_file}")
        try:
            return _cipher(key).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], tenant.encode()).decode()
        except (InvalidTag, ValueError) as error:
            raise Unavailable("a secret was sealed with another key") from error

    def _stored_key(self) -> bytes | None:
        try:
            return self._checked(self._key_file.read_bytes())
        except FileNotFoundError:
            return None
        except OSError as error:
            raise Unavailable(f"the key file cannot be used: {self._key_file}") from error

    def _new_key(self) -> bytes:
        try:
            self._key_file.parent.mkdir(parents=True, exist_ok=True)
            made = self._key_file.with_name(f".{self._key_file.name}.{secrets.token_hex(8)}")
            descriptor = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
                file.flush()
                os.fsync(descriptor)
            # A link appears whole or not at all, and of two processes one comes first.
            with suppress(FileExistsError):
                os.link(made, self._key_file)
            made.unlink()
            return self._checked(self._key_file.read_bytes())
        except OSError as error:
            raise Unavailable(f"the key file cannot be used: {self._key_file}") from error

    def _checked(self, key: bytes) -> bytes:
        if len(key) != KEY_BYTES:
            raise Unavailable(f"the key file has not {KEY_BYTES} bytes: {self._key_file}")
        return key


def _cipher(key: bytes) -> AESGCM:
    # Imported only where there is a secret: most installations have none.
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    return AESGCM(key)
