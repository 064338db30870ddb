"""Tenants with installations that listen for events."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any

from chalicelib.core.access.caller import Caller
from chalicelib.core.core import Core


@dataclass(frozen=True)
class Listener:
    """An installation of the technology `sse`, its credentials, and what is sent to it."""

    core: Core
    tenant: str
    id: str
    password: str = field(repr=False)

    @property
    def path(self) -> str:
        return f"/events/{self.tenant}/{self.id}"

    def headers(self, **more: str) -> dict[str, str]:
        return {"Authorization": basic(self.id, self.password)} | {
            name.replace("_", "-"): value for name, value in more.items()
        }

    def receive(self, text: str, event_id: str | None = None, event_type: str | None = None) -> None:
        self.core.push.events.append(self.tenant, self.id, event_id, event_type, text, self.core.clock.now())


def basic(username: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{username}:{password}".encode()).decode()


def form(token: str, technology: str = "sse") -> dict[str, Any]:
    return {
        "_osType": "js",
        "_osVersion": "Unknown",
        "_deviceToken": token,
        "_pushType": technology,
        "_channels": [],
        "_appVersionCode": -1,
        "_appVersionString": "1.0",
        "_allowedSenders": ["g:anonymous"],
    }


def new_tenant(core: Core, name: str) -> Caller:
    """A caller with an app of a new tenant."""
    tenant = core.tenants.create(name)
    app = core.tenants.create_app(tenant.id, "app").app
    return Caller(core.tenants.get(tenant.id), app)


def listener(core: Core, caller: Caller, token: str = "uuid") -> Listener:
    installation = core.push.installations.register(caller, form(token))
    assert installation.credentials is not None
    return Listener(core, caller.tenant.id, installation.id, installation.credentials.password)
