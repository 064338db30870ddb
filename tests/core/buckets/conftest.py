from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.bootstrap import assemble, embedded_engines
from chalicelib.core.clock import SystemClock
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from chalicelib.settings import Settings
from tests.core.objects.world import BUCKET, World


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = SystemClock()
    settings = Settings(data_folder=tmp_path)
    documents = SqliteDocuments(tmp_path, durability="none", clock=clock)
    core = assemble(embedded_engines(settings, documents, clock), settings)
    made = World(core, core.tenants.create("acme").id)
    made.bucket(BUCKET)
    yield made
    core.close()
