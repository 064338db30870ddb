from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from chalicelib.bootstrap import assemble, embedded_engines
from chalicelib.core.accounts.passwords import Passwords
from chalicelib.core.core import Core
from chalicelib.core.documents import Documents
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from chalicelib.settings import Settings
from tests.core.site import CHEAP, FixedClock, Site, WatchedDocuments


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
def documents(tmp_path: Path, clock: FixedClock) -> Iterator[WatchedDocuments]:
    engine = SqliteDocuments(tmp_path, durability="none", clock=clock)
    yield WatchedDocuments(engine)
    engine.close()


@pytest.fixture
def core(documents: WatchedDocuments, clock: FixedClock, tmp_path: Path) -> Core:
    settings = Settings(data_folder=tmp_path, mail_link_base_url="https://api.example.com/api")
    engines = embedded_engines(settings, cast("Documents", documents), clock)
    return assemble(replace(engines, passwords=Passwords(CHEAP)), settings)


@pytest.fixture
def site(core: Core, documents: WatchedDocuments) -> Site:
    tenant = core.tenants.create("acme")
    app = core.tenants.create_app(tenant.id, "app")
    return Site(core, documents, app, tenant.id)
