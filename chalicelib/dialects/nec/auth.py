"""Headers to callers: application keys, session tokens, client certificates; and which browsers may read answers.

Spec: nec-rest, 3 and 4.5; nec-clients, 0.7 to 0.11.
"""

from __future__ import annotations

import hmac
import re

from chalicelib.core.access.caller import Caller
from chalicelib.core.accounts.model import ClientCertificate
from chalicelib.core.core import Core
from chalicelib.core.errors import NotAuthenticated, WrongAppKey
from chalicelib.core.tenants.model import Tenant
from chalicelib.web.call import Call, Headers, Request
from chalicelib.web.cors import HeaderPairs, cors_headers, policy_of
from chalicelib.web.routing import TENANT

CORS_METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS"
CORS_HEADERS = (
    "Origin",
    "Content-Type",
    "Accept",
    "X-Requested-With",
    "X-Application-Id",
    "X-Application-Key",
    "X-Session-Token",
    "X-ACL",
)
CORS_EXPOSED = (
    "Accept-Ranges, Content-Disposition, Content-Range, ETag, Retry-After, X-Content-Length, X-Notification-Id, "
    "X-Request-Id"
)
"""The headers that scripts may read, besides the body: those that answers of this API use."""

_KINDS = {"login": "users", "auth": "users", "request_password_reset": "users"}

_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}")


# --- who is calling ---


def session(core: Core, request: Request) -> Caller:
    """The caller that the application's key and the session token or client certificate prove.

    A dead token is refused even where none is needed. Raises: TenantNotFound, WrongAppKey, InvalidSession,
    AccessDenied, RateLimited, NotAuthenticated. Spec: nec-rest, 3; nec-clients, 0.8.
    """
    tenant, headers = request.path_parameters["tenant"], request.headers
    app_id, app_key = headers.get("x-application-id"), headers.get("x-application-key")
    token = headers.get("x-session-token") or None
    certificate = _certificate(core, headers) if token is None else None
    if certificate is not None:
        return core.authentication.open_with_certificate(tenant, app_id, app_key, certificate)
    return core.authentication.open(tenant, app_id, app_key, token)


def application(core: Core, request: Request) -> Caller:
    """The caller that the application's key proves, for calls that ignore the session token: when signing up or logging
    in, clients may still send a dead one. Raises: as `session`. Spec: nec-rest, 4.5.2."""
    headers = request.headers
    return core.authentication.open(
        request.path_parameters["tenant"], headers.get("x-application-id"), headers.get("x-application-key"), None
    )


def master(core: Core, request: Request) -> Caller:
    """The caller that the master key proves. Raises: as `application`; WrongAppKey for the application key."""
    caller = application(core, request)
    if not caller.is_master:
        raise WrongAppKey("the master key is needed")
    return caller


def browser(core: Core, request: Request) -> None:
    """Lets in anybody on the way to a login page of an existing tenant. Raises: TenantNotFound, AccessDenied,
    RateLimited."""
    core.authentication.open_page(request.path_parameters["tenant"])


def system(core: Core, request: Request) -> None:
    """Lets in callers with the installation's system key. Raises: WrongAppKey. Spec: nec-rest, 11.3."""
    expected = core.installation.system_key
    given = request.headers.get("x-application-key") or ""
    if not expected or not hmac.compare_digest(given.encode("utf-8", "surrogatepass"), expected.encode()):
        raise WrongAppKey("the system key is needed")


def named_tenant(call: Call) -> Tenant:
    """The tenant in the path, for routes that authenticate nobody. Raises: TenantNotFound."""
    return call.core.authentication.tenant(call.request.path_parameters[TENANT])


def kind_of(path: str) -> str:
    """The kind as which statistics count a call, by the first noun of its path. Spec: nec-clients, 8."""
    noun = path.split("/")[3]
    return _KINDS.get(noun, noun)


def _certificate(core: Core, headers: Headers) -> ClientCertificate | None:
    """The certificate that a proxy vouches for, None if there is none.

    A wrong proof is refused rather than ignored: otherwise a slip in the proxy's settings would let every device go on
    as a guest, and write what everybody may read. Where no proof is set, the headers are never believed.
    Raises: NotAuthenticated. Spec: nec-rest, 3.3. Decision: 0090-client-certificates.
    """
    expected = core.installation.client_certificate_token
    if not expected or headers.get("x-ssl-client-certauth-validated") != "1":
        return None
    proof = headers.get("x-ssl-validate-token") or ""
    if not hmac.compare_digest(proof.encode("utf-8", "surrogatepass"), expected.encode()):
        raise NotAuthenticated("X-SSL-Validate-Token does not prove the proxy")
    return ClientCertificate(
        serial=headers.get("x-ssl-client-serial"),
        cn=headers.get("x-ssl-client-cn"),
        uid=headers.get("x-ssl-client-uid"),
        issuer_dn=headers.get("x-ssl-issuer-dn"),
    )


# --- which browsers may read ---


def cors(core: Core, request: Request, caller: Caller | None) -> HeaderPairs:
    """The headers for a browser of another origin, by the tenant's policy. Spec: nec-clients, 0.10."""
    return cors_headers(
        policy_of(core, request, caller),
        request,
        methods=CORS_METHODS,
        headers=(*CORS_HEADERS, *_asked_headers(request.headers)),
        exposed=CORS_EXPOSED,
    )


def _asked_headers(headers: Headers) -> list[str]:
    """The names that the browser asks for, besides those that are always allowed."""
    known = {name.lower() for name in CORS_HEADERS}
    asked = [name.strip() for name in (headers.get("access-control-request-headers") or "").split(",")]
    return [name for name in asked if _HEADER_NAME.fullmatch(name) and name.lower() not in known]
