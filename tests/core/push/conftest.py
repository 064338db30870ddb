from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from chalicelib.bootstrap import assemble, embedded_engines
from chalicelib.core.documents import Documents
from chalicelib.settings import Settings
from tests.core.push.devices import Gateway, MemoryJobs, Site
from tests.core.site import FixedClock, WatchedDocuments


@pytest.fixture
def site(documents: WatchedDocuments, clock: FixedClock, tmp_path: Path) -> Site:
    jobs, gateway = MemoryJobs(clock), Gateway()
    settings = Settings(data_folder=tmp_path)
    engines = embedded_engines(settings, cast("Documents", documents), clock)
    core = assemble(replace(engines, jobs=jobs, gateways=[gateway]), settings)
    tenant = core.tenants.create("acme")
    first, second = (core.tenants.create_app(tenant.id, name).app for name in ("first", "second"))
    return Site(core, documents, clock, jobs, gateway, tenant.id, first, second)
