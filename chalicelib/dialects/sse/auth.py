"""Who listens: basic authentication with an installation's credentials; and which browsers may.

Spec: nec-rest, 10.1.1; nec-clients, 0.10 and 7.20.
"""

from __future__ import annotations

import base64
import binascii

from chalicelib.core.access.caller import Caller
from chalicelib.core.core import Core
from chalicelib.core.errors import AccessDenied, NotAuthenticated, TenantNotFound, WrongPassword
from chalicelib.web.call import Headers, Request
from chalicelib.web.cors import HeaderPairs, cors_headers, policy_of

CORS_METHODS = "GET, OPTIONS"
CORS_HEADERS = ("Authorization", "Last-Event-ID", "Cache-Control", "Accept", "Origin", "X-Requested-With")


def listener(core: Core, request: Request) -> Caller:
    """A caller of the tenant who has proved nothing yet: the stream checks the credentials.

    An unknown tenant is answered like wrong credentials. Raises: WrongPassword; AccessDenied when the tenant
    is disabled.
    """
    credentials(request.headers)
    try:
        tenant = core.authentication.tenant(request.path_parameters["tenant"])
    except TenantNotFound as error:
        raise WrongPassword("no such installation, or wrong credentials") from error
    if not tenant.enabled:
        raise AccessDenied("the tenant is disabled")
    return Caller(tenant)


def credentials(headers: Headers) -> tuple[str, str]:
    """Username and password. Raises: NotAuthenticated without a readable `Authorization: Basic`."""
    scheme, _, encoded = (headers.get("authorization") or "").partition(" ")
    if scheme.lower() != "basic":
        raise NotAuthenticated("the installation's username and password are needed")
    try:
        username, colon, password = base64.b64decode(encoded.strip(), validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError) as error:
        raise NotAuthenticated("the Authorization header cannot be read") from error
    if not colon:
        raise NotAuthenticated("the Authorization header has no password")
    return username, password


def kind_of(path: str) -> str:
    """Listening belongs to no app, so it is not counted; if it were, it would be as push."""
    return "push"


def cors(core: Core, request: Request, caller: Caller | None) -> HeaderPairs:
    """The headers for a browser of another origin, by the tenant's policy. Spec: nec-clients, 0.10."""
    return cors_headers(policy_of(core, request, caller), request, methods=CORS_METHODS, headers=CORS_HEADERS)
