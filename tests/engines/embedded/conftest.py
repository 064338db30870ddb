from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments


@pytest.fixture
def documents() -> Iterator[SqliteDocuments]:
    engine = SqliteDocuments.temporary()
    yield engine
    engine.close()
