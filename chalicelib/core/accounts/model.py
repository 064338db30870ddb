"""What users, logins and groups are: plain values. No value here knows a password's hash."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from chalicelib.core.access.acl import Acl


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who can sign in. `options` is an object of the app's own; None when it never gave one."""

    id: str
    username: str
    email: str | None
    options: dict[str, Any] | None
    created_at: datetime
    updated_at: datetime
    last_login_at: datetime | None
    etag: str
    is_federated: bool = False
    primary_link: str | None = None
    uses_client_certificate: bool = False
    enabled: bool = True


@dataclass(frozen=True, slots=True)
class UserView:
    """A user with the names, sorted and without `g:`, of all groups they belong to, directly or through others."""

    user: User
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UserPage:
    """Users found; `count` is how many there are in all, None when a name or mail address was asked for."""

    users: list[User]
    count: int | None


@dataclass(frozen=True, slots=True)
class SignUp:
    """What a new user gives. `id` is set by dialects whose ids have a form of their own, never by clients.

    `needs_email` says whether the API that is called demands a mail address.
    """

    username: str | None = None
    email: str | None = None
    password: str | None = field(default=None, repr=False)
    options: dict[str, Any] | None = None
    uses_client_certificate: bool = False
    id: str | None = None
    needs_email: bool = True


@dataclass(frozen=True, slots=True)
class UserChange:
    """The fields of a user to change; None leaves one as it is."""

    username: str | None = None
    email: str | None = None
    password: str | None = field(default=None, repr=False)
    options: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Login:
    """A session just begun. `previous_login_at` is the login before this one, None the first time."""

    user: User
    groups: tuple[str, ...]
    token: str = field(repr=False)
    expires_at: datetime
    previous_login_at: datetime | None


@dataclass(frozen=True, slots=True)
class ClientCertificate:
    """What the proxy in front says about a client certificate that it has checked. Spec: nec-rest, 3.3."""

    serial: str | None = None
    cn: str | None = None
    uid: str | None = None
    issuer_dn: str | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """A named set of users and of other groups, whose members are members too."""

    id: str
    name: str
    users: tuple[str, ...]
    groups: tuple[str, ...]
    acl: Acl
    created_at: datetime
    updated_at: datetime
    etag: str


@dataclass(frozen=True, slots=True)
class GroupContents:
    """What a caller says about a group; None is what they left out."""

    users: list[str] | None = None
    groups: list[str] | None = None
    acl: Acl | None = None
