"""What logging in through an OpenID provider consists of: plain values. Spec: oidc-core; nec-rest, 5.11 to 5.13."""

from __future__ import annotations

from dataclasses import dataclass, field

from chalicelib.core.errors import CoreError


@dataclass(frozen=True, slots=True)
class Provider:
    """An OpenID provider that a tenant trusts, under the short name that apps call it by."""

    name: str
    issuer: str
    client_id: str
    sealed_secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class LoginStart:
    """What an app asks when it sends a browser to log in.

    `redirect` is where the browser goes in the end, `landing` where the provider sends it back to us. `scope` None
    asks for everything about the user. With `session_token` its user is linked to the outside account.
    """

    provider: str
    redirect: str
    landing: str
    scope: str | None = None
    creates_user: bool = False
    session_token: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser goes to log in, and the secret that it has to bring back."""

    url: str
    state: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Landing:
    """What a browser brings back from a provider; `kept_state` is what it kept itself meanwhile, in a cookie.

    `issuer` is who says to answer. Spec: rfc9207, 2.
    """

    state: str | None = field(repr=False)
    kept_state: str | None = field(repr=False)
    code: str | None = field(repr=False)
    error: str | None = None
    issuer: str | None = None


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where the browser goes in the end. `failure` is what kept us from finishing, for the operator's log."""

    url: str = field(repr=False)
    failure: CoreError | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A user's account at a provider. `id` is ours; `subject` is theirs, unique within `issuer`."""

    id: str
    user_id: str
    issuer: str
    subject: str
    provider: str
