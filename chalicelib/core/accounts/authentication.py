"""Opens every request: proves the app, counts the request, and finds out who is calling."""

from __future__ import annotations

import hmac
from functools import lru_cache

from chalicelib.core import ids
from chalicelib.core.access.caller import Caller
from chalicelib.core.accounts.memberships import Memberships
from chalicelib.core.accounts.model import ClientCertificate
from chalicelib.core.accounts.names import is_username
from chalicelib.core.accounts.stored import RATE, has_session, named
from chalicelib.core.accounts.tokens import SessionToken, parse_token
from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.errors import (
    AccessDenied,
    InvalidSession,
    NotAuthenticated,
    RateLimited,
    TenantNotFound,
    WrongAppKey,
)
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.projection import parse_projection
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import parse_update
from chalicelib.core.tenants.model import App, Tenant
from chalicelib.core.tenants.service import TenantsService
from chalicelib.core.tenants.stored import ACCOUNTS, TENANT_RECORD, tenant_from_document

REMEMBERED_OPENINGS = 1024
"""Users whose opening query a process keeps parsed; each is a few kilobytes. Our choice."""

_PAGES = " pages"
"""What a minute's count of browsers is called after it."""

_NO_HASH = ids.hash_secret("")
_OPENING = parse_projection({"password": 0, "options": 0})


class Authentication:
    """Turns what a request sends to identify itself into a `Caller`."""

    def __init__(self, documents: Documents, tenants: TenantsService, memberships: Memberships, clock: Clock) -> None:
        self._documents = documents
        self._tenants = tenants
        self._memberships = memberships
        self._clock = clock

    def tenant(self, tenant_reference: str) -> Tenant:
        """The tenant, without proof of an app: for its CORS settings. Raises: TenantNotFound."""
        return self._tenants.get(tenant_reference)

    def open_page(self, tenant_reference: str) -> Tenant:
        """The tenant, for a browser that proves nothing. Such visits count by themselves, against the same limit: so
        strangers cannot use up what the apps may do. Raises: TenantNotFound, AccessDenied for a disabled tenant,
        RateLimited.
        """
        tenant = self.tenant(tenant_reference)
        if not tenant.enabled:
            raise AccessDenied("the tenant is disabled")
        self._count_request(tenant, _PAGES)
        return tenant

    def open(self, tenant_reference: str, app_id: str | None, app_key: str | None, session_token: str | None) -> Caller:
        """The caller that an app key and perhaps a session token prove.

        One round trip when the process is warm: tenant, session and user come in one read. A master-key caller
        gets no groups, as nothing depends on them. Raises: TenantNotFound, WrongAppKey,
        AccessDenied for a disabled tenant, RateLimited, InvalidSession. Spec: nec-rest, 3.1, 3.2 and 4.5.
        """
        token = None if session_token is None else parse_token(session_token)
        tenant, is_live = self._read(tenant_reference, token)
        app, is_master = self._admit(tenant, app_id, app_key)
        if session_token is None:
            return self._caller(tenant, app, None, is_master, None)
        if token is None or not is_live:
            raise InvalidSession("the session token is unknown or has expired")
        return self._caller(tenant, app, token.user_id, is_master, token.session_id)

    def open_with_certificate(
        self, tenant_reference: str, app_id: str | None, app_key: str | None, certificate: ClientCertificate
    ) -> Caller:
        """The caller whom a client certificate names, where the tenant allows it; no session is begun.

        The proxy in front has checked that the certificate is genuine. Raises: as `open`; NotAuthenticated when the
        certificate is of another issuer or names no user made for certificates. Spec: nec-rest, 3.3.
        """
        tenant, _ = self._read(tenant_reference, None)
        app, is_master = self._admit(tenant, app_id, app_key)
        policy = tenant.settings.client_certificate
        if not policy.enabled:
            raise NotAuthenticated("the tenant does not admit client certificates")
        if policy.issuer_dns and certificate.issuer_dn not in policy.issuer_dns:
            # Said, because its spelling is the proxy's, and the operator must write it down just so.
            raise NotAuthenticated(f"the client certificate has another issuer: {certificate.issuer_dn}")
        parts = {"serial": certificate.serial, "cn": certificate.cn, "uid": certificate.uid}
        chosen = [parts.get(part) or "" for part in policy.username_from]
        username = "-".join(chosen)
        if not all(chosen) or not is_username(username):
            raise NotAuthenticated("the client certificate names no user")
        condition = named("username", username) | {"clientCertificate": True, "enabled": True}
        user = self._documents.find_one(tenant.id, ACCOUNTS, parse_filter(condition))
        if user is None:
            raise NotAuthenticated("the client certificate names no user")
        return self._caller(tenant, app, user["_id"], is_master, None)

    # --- inside ---

    def _read(self, reference: str, token: SessionToken | None) -> tuple[Tenant, bool]:
        """The tenant, and whether the token's session is good.

        The session is checked here and not in the query: that would need a new condition, and a parse, per token.
        """
        tenant_id = self._tenants.id_of(reference)
        query = _opening(None if token is None else token.user_id)
        records = {record["_id"]: record for record in self._documents.find(tenant_id, ACCOUNTS, query)}
        if TENANT_RECORD not in records:
            raise TenantNotFound(reference)
        user = None if token is None else records.get(token.user_id)
        is_live = token is not None and user is not None and has_session(user, token.session_id, self._clock.now())
        return tenant_from_document(records[TENANT_RECORD]), is_live

    def _admit(self, tenant: Tenant, app_id: str | None, app_key: str | None) -> tuple[App, bool]:
        app, is_master = _prove(tenant, app_id, app_key)
        if not tenant.enabled:
            raise AccessDenied("the tenant is disabled")
        self._count_request(tenant)
        return app, is_master

    def _count_request(self, tenant: Tenant, kind: str = "") -> None:
        """Counts by clock minute. Requests that failed to prove their app are not counted."""
        limit = tenant.settings.rate_limit_per_minute
        if not limit:
            return
        now = self._clock.now()
        window = now.strftime("%Y-%m-%dT%H:%M")
        counted = self._documents.upsert_one(tenant.id, RATE, window + kind, parse_update({"$inc": {"requests": 1}}))
        if counted["requests"] == 1:
            self._documents.delete_many(tenant.id, RATE, parse_filter({"_id": {"$lt": window}}))
        if counted["requests"] > limit:
            raise RateLimited(limit, 60 - now.second)

    def _caller(self, tenant: Tenant, app: App, user: str | None, is_master: bool, session: str | None) -> Caller:
        groups = frozenset[str]() if is_master else self._memberships.of(tenant, user)
        return Caller(tenant, app, user, groups, is_master, session)


@lru_cache(maxsize=REMEMBERED_OPENINGS)
def _opening(user: str | None) -> Query:
    """The read that opens a request, parsed once for each user: the same people call again and again."""
    wanted = [TENANT_RECORD] if user is None else [TENANT_RECORD, user]
    return Query(filter=parse_filter({"_id": {"$in": wanted}}), projection=_OPENING)


def _prove(tenant: Tenant, app_id: str | None, app_key: str | None) -> tuple[App, bool]:
    """The app, and whether the key is its master key. Unknown apps cost the same comparisons."""
    app = next((app for app in tenant.apps if app.id == app_id), None)
    key_hash = ids.hash_secret(app_key or "")
    is_app_key = hmac.compare_digest(key_hash, _NO_HASH if app is None else app.key_hash)
    is_master = hmac.compare_digest(key_hash, _NO_HASH if app is None else app.master_key_hash)
    if app is None or not app_key or not app.enabled or not (is_app_key or is_master):
        raise WrongAppKey("unknown app, or wrong app key")
    return app, is_master
