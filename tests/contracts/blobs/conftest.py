"""The file stores that the contract holds. Another one joins by a name here and a branch in `_store`."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from chalicelib.core.files.ports import Blobs, SignedRequest
from chalicelib.engines.embedded.disk_blobs import DiskBlobs
from tests.contracts.blobs.memory import MemoryBlobs

STORES = ["disk", "memory"]
"""Every store."""

PARTED = ["memory"]
"""The stores that take parts and sign requests."""


@dataclass(frozen=True)
class PartedStore:
    """A store that takes parts, and what a client does with the request for one."""

    blobs: Blobs
    send: Callable[[SignedRequest, bytes], None]


@contextmanager
def _store(name: str, folder: Path) -> Iterator[PartedStore]:
    memory = MemoryBlobs()
    yield PartedStore(DiskBlobs(folder / "files") if name == "disk" else memory, memory.send)


@pytest.fixture(params=STORES)
def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Blobs]:
    with _store(request.param, tmp_path) as store:
        yield store.blobs


@pytest.fixture(params=PARTED)
def parted(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PartedStore]:
    with _store(request.param, tmp_path) as store:
        yield store


@pytest.fixture
def tenant() -> str:
    """A tenant id that no other test uses, for stores that outlive a test."""
    return f"t{uuid.uuid4().hex[:23]}"
