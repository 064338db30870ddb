"""Readers while files are replaced under them: each sees one content, whole."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from chalicelib.bootstrap import assemble, embedded_engines
from chalicelib.core.access.caller import Caller
from chalicelib.core.buckets.model import BucketContents, BucketKind
from chalicelib.core.clock import SystemClock
from chalicelib.core.core import Core
from chalicelib.core.files.model import NewFile
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from chalicelib.settings import Settings
from tests.core.files.world import ANYTHING, OPEN
from tests.live import eventually

READERS = 4
VERSIONS = 60


@pytest.fixture
def core(tmp_path: Path) -> Iterator[Core]:
    clock = SystemClock()
    documents = SqliteDocuments(tmp_path, durability="none", clock=clock)
    settings = Settings(data_folder=tmp_path)
    made = assemble(embedded_engines(settings, documents, clock), settings)
    yield made
    made.close()


def content(version: int) -> bytes:
    return bytes([version % 251]) * (300_000 + version)


def test_a_reader_sees_one_content_whole_while_others_replace_it(core: Core) -> None:
    caller = Caller(core.tenants.create("acme"), is_master=True)
    core.buckets.put(caller, BucketKind.FILES, "box", BucketContents("", OPEN, OPEN))
    caller = Caller(core.tenants.get("acme"), is_master=True)
    core.files.create(caller, "box", "a", io.BytesIO(content(0)), NewFile("a/b", OPEN))
    done = threading.Event()
    wrong: list[str] = []
    seen: set[int] = set()

    def read() -> None:
        while not done.is_set():
            download = core.downloads.open(caller, "box", "a", ANYTHING)
            assert download.chunks is not None
            found = b"".join(download.chunks)
            download.chunks.close()
            version = len(found) - 300_000
            if found != content(version) or download.length != len(found):
                wrong.append(f"{len(found)} bytes of {download.length}")
            seen.add(version)

    readers = [threading.Thread(target=read) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    eventually(lambda: seen == {0})
    for version in range(1, VERSIONS):
        core.files.replace(caller, "box", "a", io.BytesIO(content(version)), None)
    eventually(lambda: len(seen) > 1)
    done.set()
    for reader in readers:
        reader.join()
    assert wrong == []
