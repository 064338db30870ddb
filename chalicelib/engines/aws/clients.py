"""The clients of AWS services: boto3 is imported when the first one is needed, and each is made once.

Importing boto3 and making a first client takes half a second, which requests that touch only the database must not
pay. Keys and region come from where AWS provides them (a role, AWS_* variables), unless the settings name a region.
"""

from __future__ import annotations

import threading
from typing import Any

CONNECT_SECONDS = 2.0
READ_SECONDS = 6.0
ATTEMPTS = 3
"""Three attempts that all time out end before API Gateway gives up at 29 seconds. Our choice."""

CONNECTIONS = 50
"""Kept open to each service: a container downloads for many clients at once. Our choice."""

LONG_POLL_SECONDS = 20
"""How long SQS lets a taker wait. Spec: aws-sqs, "ReceiveMessage"."""


class Clients:
    """Clients by service, for all threads of a process: boto3's clients may be shared, its sessions may not.

    `endpoint_url` stands in for AWS, as in tests; empty means AWS.
    """

    def __init__(
        self,
        *,
        region: str = "",
        endpoint_url: str = "",
        connect_seconds: float = CONNECT_SECONDS,
        read_seconds: float = READ_SECONDS,
        attempts: int = ATTEMPTS,
    ) -> None:
        self._region = region
        self._endpoint_url = endpoint_url
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._attempts = attempts
        self._lock = threading.Lock()
        self._session: Any = None
        self._made: dict[str, Any] = {}

    @property
    def s3(self) -> Any:
        """Signs with version 4, which keys of KMS and newer regions insist on, and for the host of the region: signed
        requests to the global one are redirected, and the signature breaks. Checksums only where S3 asks for them: an
        upload in parts that begins with one would refuse the parts that clients send by signed requests."""
        return self._client(
            "s3",
            signature_version="s3v4",
            # A stand-in has no names below its own.
            s3={"addressing_style": "path" if self._endpoint_url else "virtual"},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
        )

    @property
    def sqs(self) -> Any:
        """Waits for an answer for as long as SQS waits for a message."""
        return self._client("sqs", read_timeout=LONG_POLL_SECONDS + self._read_seconds)

    @property
    def sns(self) -> Any:
        return self._client("sns")

    @property
    def ses(self) -> Any:
        return self._client("sesv2")

    @property
    def kms(self) -> Any:
        return self._client("kms")

    def close(self) -> None:
        """Closes the connections of all clients; they would be made anew."""
        with self._lock:
            for client in self._made.values():
                client.close()
            self._made.clear()

    def _client(self, service: str, **options: Any) -> Any:
        # A present key is read without the lock: dictionaries of CPython allow it.
        return self._made.get(service) or self._make(service, options)

    def _make(self, service: str, options: dict[str, Any]) -> Any:
        import boto3
        from botocore.config import Config

        defaults = {
            "connect_timeout": self._connect_seconds,
            "read_timeout": self._read_seconds,
            "max_pool_connections": CONNECTIONS,
            "retries": {"mode": "standard", "total_max_attempts": self._attempts},
        }
        with self._lock:
            if self._session is None:
                self._session = boto3.session.Session(region_name=self._region or None)
            if service not in self._made:
                self._made[service] = self._session.client(
                    service, endpoint_url=self._endpoint_url or None, config=Config(**(defaults | options))
                )
            return self._made[service]
