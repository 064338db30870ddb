"""Cross-origin resource sharing: a tenant's policy as headers. Which names an API uses is the dialect's to say.

Spec: nec-clients, 0.10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.core.access.caller import Caller
from chalicelib.core.errors import TenantNotFound
from chalicelib.core.tenants.model import CorsPolicy
from chalicelib.web.call import Request
from chalicelib.web.routing import TENANT

if TYPE_CHECKING:
    from chalicelib.core.core import Core

MAX_AGE_SECONDS = 7 * 24 * 60 * 60
"""How long a browser may remember a preflight. Spec: nec-clients, 0.10."""

HeaderPairs = tuple[tuple[str, str], ...]


def policy_of(core: Core, request: Request, caller: Caller | None) -> CorsPolicy:
    """The policy of the caller's tenant, or else of the tenant in the path; the default where there is no tenant."""
    if caller is not None:
        return caller.tenant.settings.cors
    tenant = request.path_parameters.get(TENANT)
    if tenant is None:
        return CorsPolicy()
    try:
        return core.authentication.tenant(tenant).settings.cors
    except TenantNotFound:
        return CorsPolicy()


def cors_headers(
    policy: CorsPolicy, request: Request, *, methods: str, headers: tuple[str, ...], exposed: str = ""
) -> HeaderPairs:
    """The answer's headers for a browser of another origin; none that let it in when the policy keeps it out.

    `methods` and `headers` are what it may send, told to a preflight; `exposed` is what its scripts may read beside
    the body. `Vary` keeps shared caches from handing one origin's answer to another.
    """
    origin = request.headers.get("origin") or ""
    if not policy.enabled:
        return ()
    if policy.origins and origin not in policy.origins:
        return (("Vary", "Origin"),)
    if policy.origins or policy.credentials:
        allowed = [("Access-Control-Allow-Origin", origin), ("Vary", "Origin")]
    else:
        allowed = [("Access-Control-Allow-Origin", "*")]
    if policy.credentials:
        allowed.append(("Access-Control-Allow-Credentials", "true"))
    if request.method == "OPTIONS":
        allowed.append(("Access-Control-Allow-Methods", methods))
        allowed.append(("Access-Control-Allow-Headers", ", ".join(headers)))
        allowed.append(("Access-Control-Max-Age", str(MAX_AGE_SECONDS)))
    elif exposed:
        allowed.append(("Access-Control-Expose-Headers", exposed))
    return tuple(allowed)
