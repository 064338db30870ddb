from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from chalice.test import Client

from chalicelib.bootstrap import assemble, embedded_engines
from chalicelib.core.accounts.passwords import Passwords
from chalicelib.core.core import Core
from chalicelib.core.documents import Documents
from chalicelib.dialects.nec import dialect
from chalicelib.engines.aws.documentdb_documents import MongoDocuments
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from chalicelib.settings import Settings
from chalicelib.web.chalice_bridge import YorozuApp, mount
from chalicelib.web.log import set_log_level
from tests.core.site import CHEAP, FixedClock
from tests.dialects.nec.world import Nec

CERTIFICATE_TOKEN = "what only the proxy knows"
SYSTEM_KEY = "what only the operator knows"


@pytest.fixture(scope="session")
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("data")


@pytest.fixture(scope="session")
def mails(folder: Path) -> Path:
    """Where the mails of all tests are; links tell for which tenant."""
    return folder / "outbox"


@pytest.fixture(scope="session")
def core(folder: Path, clock: FixedClock) -> Iterator[Core]:
    """One core for all tests; each test has tenants of its own."""
    documents = _documents(folder, clock)
    settings = Settings(
        data_folder=folder,
        client_certificate_token=CERTIFICATE_TOKEN,
        system_key=SYSTEM_KEY,
        mail_link_base_url="https://api.example.com/api",
        build_time="2026-11-21T00:00:00Z",
    )
    engines = embedded_engines(settings, documents, clock)
    made = assemble(replace(engines, passwords=Passwords(CHEAP)), settings)
    yield made
    made.close()


def _documents(folder: Path, clock: FixedClock) -> Documents:
    """The embedded engine; MongoDB's when the contract's server is there, to see that no answer depends on which."""
    uri = os.environ.get("YOROZU_CONTRACT_MONGO_URI")
    return MongoDocuments(uri, clock=clock) if uri else SqliteDocuments(folder, durability="none", clock=clock)


@pytest.fixture(scope="session")
def app(core: Core) -> YorozuApp:
    app = YorozuApp("nec")
    mount(app, dialect, lambda: core)
    return app


@pytest.fixture(scope="session")
def client(app: YorozuApp) -> Iterator[Any]:
    set_log_level("ERROR")
    yield Client(app).http
    set_log_level("INFO")


@pytest.fixture
def nec(core: Core, client: Any) -> Nec:
    """A new tenant."""
    return _tenant(core, client)


@pytest.fixture
def other(core: Core, client: Any) -> Nec:
    """Another new tenant, which has nothing to do with `nec`."""
    return _tenant(core, client)


def _tenant(core: Core, client: Any) -> Nec:
    tenant = core.tenants.create(f"tenant {uuid4()}")
    return Nec(core, client, tenant.id, core.tenants.create_app(tenant.id, "app"))
