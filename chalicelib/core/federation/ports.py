"""The port to OpenID providers: three requests over HTTPS. Spec: oidc-core, 3.1.3 and 5.3; oidc-discovery, 4."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class ProviderMetadata:
    """What a provider says about itself. `scopes` and `token_auth_methods` are empty when it does not say.

    With `names_itself` it promises to say in each answer by a browser whose it is. Spec: rfc9207, 3.
    """

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    userinfo_endpoint: str | None = None
    scopes: tuple[str, ...] = ()
    token_auth_methods: tuple[str, ...] = ()
    names_itself: bool = False


@dataclass(frozen=True, slots=True)
class CodeGrant:
    """A code to be exchanged, and who we are."""

    client_id: str
    client_secret: str = field(repr=False)
    code: str = field(repr=False)
    verifier: str = field(repr=False)
    landing: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a code was exchanged for."""

    id_token: str = field(repr=False)
    access_token: str = field(repr=False)


class OpenIdClient(Protocol):
    """Speaks with providers, over TLS only: what comes back is known to be theirs.

    Every call may raise Unavailable, and TimedOut; answers are limited in size, and redirects are not followed.
    """

    def metadata(self, issuer: str) -> ProviderMetadata:
        """What the provider says about itself; it may be remembered for an hour."""

    def redeem(self, metadata: ProviderMetadata, grant: CodeGrant) -> Tokens:
        """Exchanges a code. Raises: NotAuthenticated when the provider refuses it."""

    def userinfo(self, endpoint: str, access_token: str) -> dict[str, Any]:
        """The claims about the user. Raises: NotAuthenticated when the provider refuses the token."""


def is_provider_url(url: str) -> bool:
    """Whether a provider may be reached there: by https, or by http on this very machine, as in tests."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    is_here = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost", "::1")
    return bool(parts.hostname) and (parts.scheme == "https" or is_here)
