"""A small tenant for object and bucket tests: some callers, one bucket that everybody may use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from chalicelib.core.access.acl import Acl
from chalicelib.core.access.caller import Caller
from chalicelib.core.buckets.model import BucketContents, BucketKind
from chalicelib.core.core import Core
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.tenants.model import Tenant

OPEN = Acl(r=("g:anonymous",), w=("g:anonymous",))
BUCKET = "scores"


@dataclass
class World:
    """One tenant of a core. Callers are made anew at each use, as each request makes its own."""

    core: Core
    tenant_id: str

    @property
    def tenant(self) -> Tenant:
        return self.core.tenants.get(self.tenant_id)

    @property
    def guest(self) -> Caller:
        return Caller(self.tenant)

    @property
    def master(self) -> Caller:
        return Caller(self.tenant, is_master=True)

    def user(self, name: str, *groups: str) -> Caller:
        return Caller(self.tenant, user=name, groups=frozenset(groups))

    def bucket(self, name: str, content_acl: Acl = OPEN, acl: Acl | None = None) -> str:
        self.core.buckets.put(self.master, BucketKind.OBJECTS, name, BucketContents("", acl, content_acl))
        return name

    def stored(self, bucket: str = BUCKET) -> list[dict[str, Any]]:
        """Everything in a bucket, marked or not."""
        return list(self.core.transfer.read(self.master, bucket))


def where(condition: dict[str, Any]) -> Any:
    return parse_filter(condition)
