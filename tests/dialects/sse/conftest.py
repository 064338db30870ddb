from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chalice.test import Client

from chalicelib.bootstrap import assemble, embedded_engines
from chalicelib.core.access.caller import Caller
from chalicelib.core.clock import SystemClock
from chalicelib.core.core import Core
from chalicelib.dialects.sse import dialect
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from chalicelib.settings import Settings
from chalicelib.web.chalice_bridge import YorozuApp, mount
from chalicelib.web.log import set_log_level
from tests.dialects.sse.listeners import Listener, listener, new_tenant


@pytest.fixture(autouse=True)
def _quiet() -> None:
    set_log_level("ERROR")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_folder=tmp_path, sse_heartbeat_seconds=1)


@pytest.fixture
def core(settings: Settings) -> Iterator[Core]:
    clock = SystemClock()
    documents = SqliteDocuments(settings.data_folder, durability="none", clock=clock)
    made = assemble(embedded_engines(settings, documents, clock), settings)
    yield made
    made.close()


@pytest.fixture
def app(core: Core) -> YorozuApp:
    app = YorozuApp("sse")
    mount(app, dialect, lambda: core)
    return app


@pytest.fixture
def client(app: YorozuApp) -> Iterator[Any]:
    with Client(app) as made:
        yield made.http


@pytest.fixture
def acme(core: Core) -> Caller:
    return new_tenant(core, "acme")


@pytest.fixture
def phone(core: Core, acme: Caller) -> Listener:
    return listener(core, acme)
