from __future__ import annotations

import pytest

from chalicelib.core.errors import InvalidInput, InvalidName, ProviderNotFound
from tests.core.site import Site

ISSUER = "https://op.example.com"


def test_providers_are_put_changed_listed_and_removed(site: Site) -> None:
    providers = site.core.openid_providers
    assert not providers.in_use(site.tenant_id)
    providers.put(site.tenant_id, "other", ISSUER, "id", "one")
    providers.put(site.tenant_id, "google", "https://accounts.google.com", "id", "secret")
    put = providers.put(site.tenant_id, "other", f"{ISSUER}/realm", "id2", "two")
    assert [provider.name for provider in providers.list(site.tenant_id)] == ["google", "other"]
    assert providers.get(site.tenant_id, "other") == put
    assert providers.client_secret(site.tenant_id, put) == "two"
    assert providers.in_use(site.tenant_id)
    providers.remove(site.tenant_id, "other")
    with pytest.raises(ProviderNotFound):
        providers.remove(site.tenant_id, "other")
    assert providers.get(site.tenant_id, "other") is None


def test_redirects_are_no_provider(site: Site) -> None:
    providers = site.core.openid_providers
    assert providers.redirects(site.tenant_id) == ()
    urls = ("https://app.example.com/", "myapp://login", "com.example.app:/login?a=b")
    providers.set_redirects(site.tenant_id, urls)
    assert providers.redirects(site.tenant_id) == urls
    assert providers.list(site.tenant_id) == []
    assert not providers.in_use(site.tenant_id)


@pytest.mark.parametrize("name", ["", "Google", "a b", "@redirects", "x" * 41, "-a", "\ud800"])
def test_a_provider_has_a_plain_name(site: Site, name: str) -> None:
    with pytest.raises(InvalidName):
        site.core.openid_providers.put(site.tenant_id, name, ISSUER, "id", "secret")


@pytest.mark.parametrize(
    "issuer", ["", "op.example.com", "http://op.example.com", "https://", "ftp://op.example.com", "http://[x"]
)
def test_a_provider_is_reached_by_tls(site: Site, issuer: str) -> None:
    with pytest.raises(InvalidInput):
        site.core.openid_providers.put(site.tenant_id, "other", issuer, "id", "secret")


@pytest.mark.parametrize(("client_id", "secret"), [("", "secret"), ("id", "")])
def test_a_provider_needs_both_halves_of_its_credentials(site: Site, client_id: str, secret: str) -> None:
    with pytest.raises(InvalidInput):
        site.core.openid_providers.put(site.tenant_id, "other", ISSUER, client_id, secret)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "/path",
        "app.example.com",
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "https://app/#part",
        "https://a b",
        "https://[a",
        "https://a\nb",
    ],
)
def test_browsers_are_sent_only_to_where_they_can_go(site: Site, url: str) -> None:
    with pytest.raises(InvalidInput):
        site.core.openid_providers.set_redirects(site.tenant_id, ["https://app.example.com/", url])
    assert site.core.openid_providers.redirects(site.tenant_id) == ()
