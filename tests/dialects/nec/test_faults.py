"""The database fails at any step of any route: the answer says so in this API's form, and all goes on after."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from chalice.test import Client

from chalicelib.bootstrap import assemble, embedded_engines
from chalicelib.core.accounts.passwords import Passwords
from chalicelib.core.documents import Documents
from chalicelib.core.errors import CoreError, TimedOut, Unavailable
from chalicelib.dialects.nec import dialect
from chalicelib.dialects.nec.auth import browser
from chalicelib.engines.embedded.sqlite_documents import SqliteDocuments
from chalicelib.settings import Settings
from chalicelib.web.chalice_bridge import YorozuApp, mount
from chalicelib.web.log import set_log_level
from chalicelib.web.routing import Route
from tests.core.site import CHEAP, FixedClock
from tests.dialects.nec.test_isolation import ROUTES, Things, furnish, name_of, send
from tests.dialects.nec.world import Nec

GO_ON = {"GET /1/{tenant}/management/apistats", "POST /1/{tenant}/objects/{bucket}/_batch"}
"""Routes that answer all the same: counters keep what they could not write, a batch tells of the entry that failed."""

STEPS = range(1, 7)
"""At which call to the database it fails; no route makes many more."""


class FaultyDocuments:
    """Fails at one call of the thread that set the fault."""

    def __init__(self, inner: Documents) -> None:
        self._inner = inner
        self._thread = 0
        self._left = 0
        self._error: CoreError | None = None

    def fail_at(self, step: int, error: CoreError) -> None:
        self._thread, self._left, self._error = threading.get_ident(), step, error

    def heal(self) -> bool:
        """Ends the fault; whether it has come to it."""
        came = self._error is None
        self._error = None
        return came

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)

        def call(*args: Any, **kwargs: Any) -> Any:
            if self._error is not None and threading.get_ident() == self._thread:
                self._left -= 1
                if self._left == 0:
                    error, self._error = self._error, None
                    raise error
            return method(*args, **kwargs)

        return call


@pytest.fixture(scope="module")
def faulty(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[FaultyDocuments, Nec, Things]]:
    folder: Path = tmp_path_factory.mktemp("faults")
    clock = FixedClock()
    documents = FaultyDocuments(SqliteDocuments(folder, durability="none", clock=clock))
    settings = Settings(data_folder=folder, mail_link_base_url="https://api.example.com")
    engines = embedded_engines(settings, cast("Documents", documents), clock)
    core = assemble(replace(engines, passwords=Passwords(CHEAP)), settings)
    app = YorozuApp("nec")
    mount(app, dialect, lambda: core)
    set_log_level("ERROR")
    tenant = core.tenants.create("acme")
    nec = Nec(core, Client(app).http, tenant.id, core.tenants.create_app(tenant.id, "app"))
    yield documents, nec, furnish(nec)
    set_log_level("INFO")
    core.close()


@pytest.mark.parametrize(("error", "status"), [(Unavailable("gone"), 503), (TimedOut("slow"), 504)])
@pytest.mark.parametrize("route", [route for route in ROUTES if route.authenticate is not browser], ids=name_of)
def test_a_failing_database_is_told_as_such_wherever_it_fails(
    faulty: tuple[FaultyDocuments, Nec, Things], route: Route, error: CoreError, status: int
) -> None:
    documents, nec, things = faulty
    for step in STEPS:
        documents.fail_at(step, error)
        answer = send(nec, route, things, nec.master)
        if not documents.heal():
            return
        if name_of(route) in GO_ON and answer.status == 200:
            continue
        assert answer.status == status
        assert answer.json["error"]
        assert "Traceback" not in answer.text
