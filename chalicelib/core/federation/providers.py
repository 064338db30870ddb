"""The OpenID providers that a tenant trusts, and where browsers may end: what an operator sets."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from chalicelib.core.documents import Documents
from chalicelib.core.errors import InvalidInput, InvalidName, ProviderNotFound
from chalicelib.core.federation.model import Provider
from chalicelib.core.federation.ports import is_provider_url
from chalicelib.core.federation.stored import (
    PROVIDERS,
    REDIRECTS_RECORD,
    provider_from_document,
    provider_to_document,
)
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.order import parse_order
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import parse_update
from chalicelib.core.sealing import Sealer

_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_ONE_BY_ONE = parse_order([("_id", 1)])
_EXECUTED = ("javascript", "data", "vbscript", "file", "about", "blob")
"""Schemes that a browser does not go to but run or read."""


class OpenIdProviders:
    """Providers and redirect URLs of tenants. Nothing here checks rights: only the operator calls it."""

    def __init__(self, documents: Documents, sealer: Sealer) -> None:
        self._documents = documents
        self._sealer = sealer

    def put(self, tenant_id: str, name: str, issuer: str, client_id: str, client_secret: str) -> Provider:
        """Trusts a provider, or changes one. Raises: InvalidName, InvalidInput."""
        if not _NAME.fullmatch(name):
            raise InvalidName("a provider's name has 1 to 40 small letters, digits, hyphens and underscores")
        if not is_provider_url(issuer):
            raise InvalidInput(f"a provider is reached by https: {issuer}")
        if not client_id or not client_secret:
            raise InvalidInput("a provider needs a client id and a client secret")
        provider = Provider(name, issuer, client_id, self._sealer.seal(tenant_id, client_secret))
        fields = {key: value for key, value in provider_to_document(provider).items() if key != "_id"}
        self._documents.upsert_one(tenant_id, PROVIDERS, name, parse_update({"$set": fields}))
        return provider

    def list(self, tenant_id: str) -> list[Provider]:
        """All providers, by name."""
        query = Query(filter=parse_filter({"_id": {"$ne": REDIRECTS_RECORD}}), order=_ONE_BY_ONE)
        return [provider_from_document(found) for found in self._documents.find(tenant_id, PROVIDERS, query)]

    def get(self, tenant_id: str, name: str) -> Provider | None:
        """The provider of this name, if the tenant trusts one."""
        if not _NAME.fullmatch(name):
            return None
        found = self._documents.find_one(tenant_id, PROVIDERS, parse_filter({"_id": name}))
        return None if found is None else provider_from_document(found)

    def client_secret(self, tenant_id: str, provider: Provider) -> str:
        """The secret that proves us to a provider. Raises: Unavailable."""
        return self._sealer.unseal(tenant_id, provider.sealed_secret)

    def remove(self, tenant_id: str, name: str) -> None:
        """Stops trusting a provider; links to it stay in case it is trusted again. Raises: ProviderNotFound."""
        if self._documents.delete_one(tenant_id, PROVIDERS, parse_filter({"_id": name})) is None:
            raise ProviderNotFound(name)

    def in_use(self, tenant_id: str) -> bool:
        """Whether the tenant trusts any provider."""
        wanted = parse_filter({"_id": {"$ne": REDIRECTS_RECORD}})
        return self._documents.find_one(tenant_id, PROVIDERS, wanted) is not None

    def redirects(self, tenant_id: str) -> tuple[str, ...]:
        """The URLs that browsers may be sent to in the end."""
        found = self._documents.find_one(tenant_id, PROVIDERS, parse_filter({"_id": REDIRECTS_RECORD}))
        return () if found is None else tuple(found["urls"])

    def set_redirects(self, tenant_id: str, urls: Sequence[str]) -> None:
        """Puts these URLs in the place of those before. Apps' own schemes are welcome. Raises: InvalidInput."""
        for url in urls:
            if not _leads_somewhere(url):
                raise InvalidInput(f"not a URL that a browser can be sent to: {url}")
        update = parse_update({"$set": {"urls": list(urls)}})
        self._documents.upsert_one(tenant_id, PROVIDERS, REDIRECTS_RECORD, update)


def _leads_somewhere(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_plain = url.isprintable() and " " not in url and "#" not in url
    return is_plain and bool(parts.scheme) and parts.scheme not in _EXECUTED
