from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from chalice.test import Client

from chalicelib.bootstrap import assemble, embedded_engines
from chalicelib.dialects.nec import dialect
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from chalicelib.settings import Settings
from chalicelib.web.chalice_bridge import YorozuApp, mount
from tests.contracts.blobs.memory import MemoryBlobs
from tests.core.site import FixedClock
from tests.dialects.nec.files import Files
from tests.dialects.nec.world import Nec

MAX_INLINE_BYTES = 100


@dataclass
class StoredFiles(Files):
    """A file bucket over a store that takes parts, signs requests, and fails when it is told to."""

    blobs: MemoryBlobs


@pytest.fixture
def files(nec: Nec) -> Files:
    """A file bucket that everybody may use."""
    nec.bucket("box", kind="file")
    return Files(nec)


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[StoredFiles]:
    clock, blobs = FixedClock(), MemoryBlobs()
    settings = Settings(
        data_folder=tmp_path, max_inline_bytes=MAX_INLINE_BYTES, public_base_url="https://files.example/api/"
    )
    engines = embedded_engines(settings, SqliteDocuments(tmp_path, durability="none", clock=clock), clock)
    core = assemble(replace(engines, blobs=blobs), settings)
    app = YorozuApp("nec")
    mount(app, dialect, lambda: core)
    tenant = core.tenants.create("acme").id
    nec = Nec(core, Client(app).http, tenant, core.tenants.create_app(tenant, "app"))
    nec.bucket("box", kind="file")
    yield StoredFiles(nec=nec, blobs=blobs)
    core.close()
