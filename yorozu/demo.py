"""The demo tenant: something to call within a minute of the first start.

Its keys are in plain text in `demo.json` in the data folder, readable by the owner only, so that they can be shown
again. No other tenant's keys are kept in plain text.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from chalicelib.core.access.caller import Caller
from chalicelib.core.buckets.model import BucketContents, BucketKind
from chalicelib.core.core import Core
from chalicelib.core.errors import DuplicateTenant, TenantNotFound

DEMO_TENANT = "demo"
DEMO_BUCKET = "scores"
DEFAULT_BASE_URL = "http://127.0.0.1:8080/api"


@dataclass(frozen=True, slots=True)
class Demo:
    """Where the demo tenant is, and its keys."""

    base_url: str
    tenant_id: str
    app_id: str
    app_key: str
    master_key: str

    def facts(self) -> dict[str, str]:
        """{base_url, tenant_id, app_id, app_key, master_key}."""
        return asdict(self)

    def curl_lines(self) -> list[str]:
        """Three commands that work when pasted into a shell: sign up, log in, store and query an object."""
        headers = f"-H 'X-Application-Id: {self.app_id}' -H 'X-Application-Key: {self.app_key}'"
        call = f"curl -sS {headers} -H 'Content-Type: application/json'"
        url = f"{self.base_url}/1/{self.tenant_id}"
        password = "Passw0rd"  # noqa: S105 - an example to paste, nobody's secret
        user = json.dumps({"username": "tarou", "email": "tarou@example.com", "password": password})
        login = json.dumps({"username": "tarou", "password": password})
        score = json.dumps({"name": "Foo", "score": 80})
        where = "where=" + json.dumps({"score": {"$gt": 70}})
        session = f'{call} -H "X-Session-Token: $TOKEN"'
        extract = 'sed \'s/.*"sessionToken":"\\([^"]*\\)".*/\\1/\''
        return [
            f"{call} '{url}/users' -d '{user}'; echo",
            f"TOKEN=$({call} '{url}/login' -d '{login}' | {extract}); echo \"$TOKEN\"",
            f"{session} '{url}/objects/{DEMO_BUCKET}' -d '{score}'; echo; "
            f"{session} -G '{url}/objects/{DEMO_BUCKET}' --data-urlencode '{where}'; echo",
        ]


def ensure_demo(core: Core, data_folder: Path, base_url: str | None) -> Demo:
    """The demo tenant, created by the first call; `base_url`, when given, is remembered for later calls."""
    file = data_folder / "demo.json"
    found = _read(core, file)
    if found is None:
        found = _make(core, base_url or DEFAULT_BASE_URL)
        _write(file, found)
    elif base_url is not None and base_url != found.base_url:
        found = replace(found, base_url=base_url)
        _write(file, found)
    return found


def _read(core: Core, file: Path) -> Demo | None:
    """What was noted, unless it is torn or names a tenant or an app that is gone."""
    try:
        found = Demo(**json.loads(file.read_text()))
        apps = core.tenants.get(found.tenant_id).apps
    except (FileNotFoundError, ValueError, TypeError, TenantNotFound):
        return None
    return found if any(app.id == found.app_id for app in apps) else None


def _make(core: Core, base_url: str) -> Demo:
    try:
        tenant = core.tenants.create(DEMO_TENANT)
    except DuplicateTenant:
        tenant = core.tenants.get(DEMO_TENANT)
    app = core.tenants.create_app(tenant.id, "demo app")
    operator = Caller(core.tenants.get(tenant.id), is_master=True)
    if all(bucket.name != DEMO_BUCKET for bucket in core.buckets.list(operator, BucketKind.OBJECTS)):
        core.buckets.put(operator, BucketKind.OBJECTS, DEMO_BUCKET, BucketContents("Scores of the demo"))
    return Demo(base_url, tenant.id, app.app.id, app.key, app.master_key)


def _write(file: Path, demo: Demo) -> None:
    """Whole or not at all, and for the owner's eyes only."""
    file.parent.mkdir(parents=True, exist_ok=True)
    partial = file.with_suffix(".partial")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as target:
        json.dump(demo.facts(), target)
        target.flush()
        os.fsync(target.fileno())
    partial.replace(file)
