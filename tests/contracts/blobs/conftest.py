"""The file stores that the contract holds."""

from __future__ import annotations

import urllib.request
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from chalicelib.core.clock import SystemClock
from chalicelib.core.files.ports import Blobs, SignedRequest
from chalicelib.engines.aws.s3_blobs import Place, S3Blobs
from chalicelib.engines.embedded.disk_blobs import DiskBlobs
from tests.aws_server import AwsServer
from tests.contracts.blobs.memory import MemoryBlobs

STORES = ("disk", "memory", "s3")
"""Every store."""

PARTED = ("memory", "s3")
"""The stores that take parts and sign requests."""


@dataclass(frozen=True)
class PartedStore:
    """A store that takes parts, and what a client does with the request for one."""

    blobs: Blobs
    send: Callable[[SignedRequest, bytes], None]


def _disk(request: pytest.FixtureRequest) -> PartedStore:
    folder: Path = request.getfixturevalue("tmp_path")
    return PartedStore(DiskBlobs(folder / "files"), lambda signed, content: None)


def _memory(request: pytest.FixtureRequest) -> PartedStore:
    memory = MemoryBlobs()
    return PartedStore(memory, memory.send)


def _s3(request: pytest.FixtureRequest) -> PartedStore:
    aws: AwsServer = request.getfixturevalue("aws")
    bucket = f"yorozu-test-{uuid.uuid4().hex[:12]}"
    aws.make_bucket(bucket)
    return PartedStore(S3Blobs(aws.clients, Place(bucket, "stage/"), SystemClock()), _send_over_http)


def _send_over_http(signed: SignedRequest, content: bytes) -> None:
    # urllib would say that a form comes, and moto would read one.
    headers = {"Content-Type": "application/octet-stream"} | signed.headers
    request = urllib.request.Request(signed.url, data=content, headers=headers, method=signed.method)
    with urllib.request.urlopen(request, timeout=10) as answer:
        assert answer.status == 200


MADE_BY = {"disk": _disk, "memory": _memory, "s3": _s3}


@pytest.fixture(params=STORES)
def blobs(request: pytest.FixtureRequest) -> Blobs:
    return MADE_BY[request.param](request).blobs


@pytest.fixture(params=PARTED)
def parted(request: pytest.FixtureRequest) -> PartedStore:
    return MADE_BY[request.param](request)


@pytest.fixture
def tenant() -> str:
    """A tenant id that no other test uses, for stores that outlive a test."""
    return f"t{uuid.uuid4().hex[:23]}"
