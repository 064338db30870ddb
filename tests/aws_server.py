"""A stand-in for AWS on loopback: moto's server in a thread, and clients of it.

It proves what is asked and how answers are read. It checks no signatures, rights or expiry: infra/README.md,
"What the tests cannot prove".
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from moto.server import ThreadedMotoServer

from chalicelib.engines.aws.clients import Clients

REGION = "ap-northeast-1"
ACCOUNT = "123456789012"
"""The account that moto plays."""


@dataclass(frozen=True)
class AwsServer:
    """Where the server is."""

    endpoint_url: str

    def clients(self) -> Clients:
        """Clients that speak to the server instead of AWS; keys and region must be in the environment."""
        return Clients(region=REGION, endpoint_url=self.endpoint_url)


@contextmanager
def aws_server() -> Iterator[AwsServer]:
    """The server on a free port; everything in it is gone afterwards."""
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield AwsServer(f"http://{host}:{port}")
    finally:
        server.stop()
