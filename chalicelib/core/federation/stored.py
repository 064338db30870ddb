"""How providers, links and logins under way are kept, and where."""

from __future__ import annotations

import hashlib
from datetime import datetime

from chalicelib.core.accounts.tokens import SessionToken
from chalicelib.core.documents import Index
from chalicelib.core.federation.model import Link, LoginStart, Provider
from chalicelib.core.query.values import Document

PROVIDERS = "_openid_providers"
"""The collection of a tenant's providers, by name, and of the URLs that browsers may be sent to in the end."""

REDIRECTS_RECORD = "@redirects"
"""The id of the record of URLs; no provider has this name."""

LINKS = "_openid_links"
"""The collection of users' outside accounts. An id is made of issuer and subject, so no account is linked twice."""

LOGINS = "_openid_logins"
"""What is good once: logins under way, by the hash of their state, and one-time tokens, by their hash."""

FEDERATION_INDEXES: tuple[tuple[str, Index], ...] = (
    (LINKS, Index("user", (("userId", 1),))),
    (LOGINS, Index("expiry", (("expiresAt", 1),))),
)


def provider_to_document(provider: Provider) -> Document:
    """The stored form of a provider."""
    return {
        "_id": provider.name,
        "issuer": provider.issuer,
        "clientId": provider.client_id,
        "secret": provider.sealed_secret,
    }


def provider_from_document(document: Document) -> Provider:
    """The provider that a stored document describes."""
    return Provider(document["_id"], document["issuer"], document["clientId"], bytes(document["secret"]))


def link_id(issuer: str, subject: str) -> str:
    """24 hex digits, the same for the same outside account."""
    return hashlib.sha256(f"{issuer}\0{subject}".encode("utf-8", "surrogatepass")).hexdigest()[:24]


def link_to_document(link: Link, claims: str) -> Document:
    """The stored form of a link; `claims` is what the provider told of the user last, as JSON."""
    return {
        "_id": link.id,
        "userId": link.user_id,
        "iss": link.issuer,
        "sub": link.subject,
        "op": link.provider,
        "claims": claims,
    }


def link_from_document(document: Document) -> Link:
    """The link that a stored document describes."""
    return Link(document["_id"], document["userId"], document["iss"], document["sub"], document["op"])


def login_to_document(
    start: LoginStart, session: SessionToken | None, secrets: Document, expires_at: datetime
) -> Document:
    """The stored form of a login under way; `secrets` are `_id`, `nonce` and `verifier`, `session` is of who links."""
    return {
        **secrets,
        "kind": "login",
        "expiresAt": expires_at,
        "op": start.provider,
        "redirect": start.redirect,
        "landing": start.landing,
        "createsUser": start.creates_user,
        "userId": None if session is None else session.user_id,
        "sessionId": None if session is None else session.session_id,
    }
