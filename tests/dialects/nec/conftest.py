from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from chalice.test import Client

from chalicelib.bootstrap import assemble
from chalicelib.core.accounts.memberships import Memberships
from chalicelib.core.accounts.passwords import Passwords
from chalicelib.core.accounts.users import AccountsService
from chalicelib.core.buckets.directory import BucketDirectory
from chalicelib.core.core import Core
from chalicelib.dialects.nec import dialect
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from chalicelib.settings import Settings
from chalicelib.web.chalice_bridge import YorozuApp, mount
from chalicelib.web.log import set_log_level
from tests.core.site import CHEAP, FixedClock
from tests.dialects.nec.world import Nec

CERTIFICATE_TOKEN = "what only the proxy knows"

_numbers = count(1)


@pytest.fixture(scope="session")
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture(scope="session")
def core(tmp_path_factory: pytest.TempPathFactory, clock: FixedClock) -> Iterator[Core]:
    """One core for all tests; each test has tenants of its own."""
    folder: Path = tmp_path_factory.mktemp("data")
    documents = SqliteDocuments(folder, durability="none", clock=clock)
    settings = Settings(client_certificate_token=CERTIFICATE_TOKEN, build_time="2026-11-21T00:00:00Z")
    made = assemble(documents, clock, settings)
    accounts = AccountsService(
        documents, clock, BucketDirectory(documents), Memberships(documents), made.tenants, Passwords(CHEAP)
    )
    yield replace(made, accounts=accounts)
    made.close()


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
    tenant = core.tenants.create(f"tenant{next(_numbers)}")
    return Nec(core, client, tenant.id, core.tenants.create_app(tenant.id, "app"))
