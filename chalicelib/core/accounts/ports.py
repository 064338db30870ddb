"""What accounts need of other features."""

from __future__ import annotations

from typing import Protocol

from chalicelib.core.access.acl import Acl
from chalicelib.core.tenants.model import Tenant


class ContentAcls(Protocol):
    """Knows the rules for users and groups as a whole: the content ACLs of the special buckets."""

    def content_acl(self, tenant: Tenant, name: str) -> Acl:
        """The content ACL of the special bucket of that name."""
