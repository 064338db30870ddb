"""What an ID token says, once it has been checked. Spec: oidc-core, 2 and 3.1.3.7.

The signature is not checked: the token comes straight from the provider's token endpoint over TLS, which proves the
same (3.1.3.7, point 6). Decision: 0106-openid-connect.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import json
from datetime import datetime, timedelta
from typing import Any

from chalicelib.core.errors import NotAuthenticated

CLOCK_SKEW = timedelta(seconds=60)
"""How far a provider's clock may be from ours. Our choice."""

_ENDLESS = 1e15
"""Seconds that no clock will show, and fewer than a number can hold."""

MAX_SUBJECT_LENGTH = 255
"""Characters of `sub`, included. Spec: oidc-core, 2."""


def checked_claims(id_token: str, *, issuer: str, client_id: str, nonce: str, now: datetime) -> dict[str, Any]:
    """The claims of a token that this provider made for this client and this login.

    Raises: NotAuthenticated for any other.
    """
    claims = _claims(id_token)
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    party = claims.get("azp")
    told = claims.get("nonce")
    _require(claims.get("iss") == issuer, "another issuer")
    _require(client_id in audiences, "another audience")
    _require(party == client_id or (party is None and len(audiences) == 1), "another authorized party")
    _require(isinstance(told, str) and hmac.compare_digest(told.encode(), nonce.encode()), "another login")
    _require(_seconds(claims, "exp") > (now - CLOCK_SKEW).timestamp(), "the token has expired")
    _require(_seconds(claims, "iat") < (now + CLOCK_SKEW).timestamp(), "the token is of the future")
    subject = claims.get("sub")
    _require(isinstance(subject, str) and 0 < len(subject) <= MAX_SUBJECT_LENGTH, "no subject")
    return claims


def _claims(id_token: str) -> dict[str, Any]:
    parts = id_token.split(".")
    _require(len(parts) == 3, "not three parts")
    try:
        padded = parts[1].encode("ascii") + b"=" * (-len(parts[1]) % 4)
        claims = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, binascii.Error, RecursionError) as error:
        raise NotAuthenticated("the ID token cannot be read") from error
    _require(isinstance(claims, dict), "no claims")
    found: dict[str, Any] = claims
    return found


def _seconds(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    _require(isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _ENDLESS, f"no {name}")
    return float(value)  # type: ignore[arg-type]


def _require(holds: bool, why: str) -> None:
    if not holds:
        raise NotAuthenticated(f"the ID token is not for this login: {why}")
