from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from chalicelib.bootstrap import assemble, embedded_engines
from chalicelib.core.documents import Documents
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from chalicelib.settings import Settings
from tests.contracts.blobs.memory import MemoryBlobs
from tests.core.files.world import FileWorld
from tests.core.site import FixedClock, WatchedDocuments


@pytest.fixture
def world(tmp_path: Path) -> Iterator[FileWorld]:
    clock, blobs = FixedClock(), MemoryBlobs()
    engine = SqliteDocuments(tmp_path, durability="none", clock=clock)
    documents = WatchedDocuments(engine)
    settings = Settings(
        data_folder=tmp_path, max_file_bytes=1000, max_upload_bytes=50 * 1024 * 1024, max_inline_bytes=100
    )
    engines = embedded_engines(settings, cast("Documents", documents), clock)
    core = assemble(replace(engines, blobs=blobs), settings)
    made = FileWorld(core, documents, blobs, clock, core.tenants.create("acme").id)
    made.bucket()
    yield made
    engine.close()
