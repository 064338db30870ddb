"""Secrets sealed by a key of KMS, the tenant's id bound in as encryption context. Spec: aws-kms, "Encrypt"."""

from __future__ import annotations

from chalicelib.core.errors import Unavailable
from chalicelib.engines.aws.clients import Clients
from chalicelib.engines.aws.service_errors import core_errors

KEYS = "the key service"

_WRONG = ("InvalidCiphertextException", "IncorrectKeyException")


class KmsSealer:
    """The Sealer port on KMS. Secrets are at most 4 KiB, which KMS encrypts itself."""

    def __init__(self, clients: Clients, key: str) -> None:
        self._clients = clients
        self._key = key

    def seal(self, tenant: str, secret: str) -> bytes:
        with core_errors(KEYS):
            answer = self._clients.kms.encrypt(
                KeyId=self._named(), Plaintext=secret.encode(), EncryptionContext={"tenant": tenant}
            )
        sealed: bytes = answer["CiphertextBlob"]
        return sealed

    def unseal(self, tenant: str, sealed: bytes) -> str:
        wrong = Unavailable("a secret was sealed with another key")
        with core_errors(KEYS, dict.fromkeys(_WRONG, wrong)):
            answer = self._clients.kms.decrypt(
                KeyId=self._named(), CiphertextBlob=sealed, EncryptionContext={"tenant": tenant}
            )
        plain: bytes = answer["Plaintext"]
        return plain.decode()

    def _named(self) -> str:
        if not self._key:
            raise Unavailable("no key for secrets is set: YOROZU_SECRETS_KMS_KEY")
        return self._key
