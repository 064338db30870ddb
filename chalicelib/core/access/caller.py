"""Who is calling: the first argument of every service operation."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from chalicelib.core.access.acl import ANONYMOUS, AUTHENTICATED
from chalicelib.core.tenants.model import App, Tenant


@dataclass(frozen=True)
class Caller:
    """A request's authority: a tenant's app, perhaps a signed-in user, perhaps the master key.

    `groups` are the names, without `g:`, of every group the user belongs to, directly or through other groups.
    """

    tenant: Tenant
    app: App | None = None
    user: str | None = None
    groups: frozenset[str] = frozenset()
    is_master: bool = False
    session: str | None = None
    """The stored id of the session that named the user, so that logout can end it."""

    @cached_property
    def principals(self) -> frozenset[str]:
        """Every name by which an ACL may admit this caller."""
        names = {f"g:{group}" for group in self.groups} | {ANONYMOUS}
        if self.user is not None:
            names |= {self.user, AUTHENTICATED}
        return frozenset(names)
