from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import pytest

from chalicelib.bootstrap import assemble, embedded_engines
from chalicelib.core.accounts.passwords import Passwords
from chalicelib.core.core import Core
from chalicelib.core.documents import Documents
from chalicelib.core.errors import CoreError
from chalicelib.core.federation.model import Landing, LoginStart
from chalicelib.core.federation.ports import CodeGrant, ProviderMetadata, Tokens
from chalicelib.settings import Settings
from tests.core.site import CHEAP, FixedClock, Site, WatchedDocuments
from tests.openid_server import id_token

ISSUER = "https://op.example.com"
REDIRECT = "myapp://login?from=openid"
LANDING = "https://api.example.com/api/1/t/auth/oidc/auth_resp"


@dataclass
class FakeProvider:
    """A provider that says what it is told to, or fails. It remembers what it was asked."""

    clock: FixedClock
    claims: dict[str, Any] = field(default_factory=lambda: {"sub": "outside-1", "email": "ann@example.com"})
    told: dict[str, Any] | None = field(default_factory=lambda: {"sub": "outside-1", "name": "Ann", "email": "other"})
    scopes: tuple[str, ...] = ()
    login_page: str = f"{ISSUER}/login"
    fails: CoreError | None = None
    names_itself: bool = False
    nonce: str = ""
    grants: list[CodeGrant] = field(default_factory=list)

    def metadata(self, issuer: str) -> ProviderMetadata:
        userinfo = None if self.told is None else f"{issuer}/userinfo"
        return ProviderMetadata(
            issuer, self.login_page, f"{issuer}/token", userinfo, self.scopes, names_itself=self.names_itself
        )

    def redeem(self, metadata: ProviderMetadata, grant: CodeGrant) -> Tokens:
        self.grants.append(grant)
        if self.fails is not None:
            raise self.fails
        now = self.clock.now().timestamp()
        claims = {"iss": metadata.issuer, "aud": grant.client_id, "nonce": self.nonce, "iat": now, "exp": now + 60}
        return Tokens(id_token(claims | self.claims), "access")

    def userinfo(self, endpoint: str, access_token: str) -> dict[str, Any]:
        return self.told or {}


@dataclass
class Openid:
    """A tenant that trusts a provider, and browsers that log in through it."""

    site: Site
    provider: FakeProvider

    def start(self, **change: Any) -> dict[str, str]:
        """What the browser is sent to the provider with, and the state that it keeps."""
        start = replace(LoginStart("google", REDIRECT, LANDING), **change)
        departure = self.site.core.federation.start(self.site.tenant, start)
        asked = {name: values[0] for name, values in parse_qs(urlsplit(departure.url).query).items()}
        self.provider.nonce = asked["nonce"]
        return asked | {"kept": departure.state}

    def finish(self, asked: dict[str, str], **change: Any) -> dict[str, str]:
        """What the app is told in the end."""
        landing = replace(Landing(asked["state"], asked["kept"], "the code"), **change)
        url = self.site.core.federation.finish(self.site.tenant, landing).url
        assert url.startswith(f"{REDIRECT}&")
        told = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert told.pop("from") == "openid"
        return told

    def come(self, **change: Any) -> dict[str, str]:
        """All the way through the provider."""
        return self.finish(self.start(**change))

    def token(self, **change: Any) -> str:
        return self.come(**change)["token"]

    def log_in(self, **change: Any) -> Any:
        """A session, by way of the provider."""
        login = self.site.core.federation.log_in(self.site.guest, self.token(**change))
        assert login is not None
        return login


@pytest.fixture
def provider(clock: FixedClock) -> FakeProvider:
    return FakeProvider(clock)


@pytest.fixture
def core(documents: WatchedDocuments, clock: FixedClock, tmp_path: Path, provider: FakeProvider) -> Core:
    settings = Settings(data_folder=tmp_path)
    engines = embedded_engines(settings, cast("Documents", documents), clock)
    return assemble(replace(engines, passwords=Passwords(CHEAP), openid=provider), settings)


@pytest.fixture
def openid(site: Site, provider: FakeProvider) -> Openid:
    providers = site.core.openid_providers
    providers.put(site.tenant_id, "google", ISSUER, "our id", "our secret")
    providers.set_redirects(site.tenant_id, ["https://app.example.com/", REDIRECT])
    return Openid(site, provider)
