"""Who belongs to which groups, directly or through other groups; and how users and groups leave all groups."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from threading import Lock

from chalicelib.core import ids
from chalicelib.core.access.acl import ANONYMOUS, GROUP_PREFIX
from chalicelib.core.accounts.names import EVERYBODY
from chalicelib.core.accounts.stored import GROUPS
from chalicelib.core.documents import Documents
from chalicelib.core.query.filter import parse_filter
from chalicelib.core.query.projection import parse_projection
from chalicelib.core.query.query import Query
from chalicelib.core.query.update import parse_update
from chalicelib.core.query.values import Document
from chalicelib.core.tenants.model import Tenant

MAX_LEVELS = 32
"""Levels of groups within groups that count, from the user upward; what lies higher grants nothing.

Bounded because a chain of thousands of groups would slow down every request of its members. The reference
allows 3. Spec: nec-clients, 1.7.
"""

REMEMBERED_CALLERS = 10_000
"""Users whose groups a process remembers; beyond that, it forgets those it has not seen for longest."""

REMEMBERED_SECONDS = 60.0
"""How long a process trusts what it remembers although nothing seems to have changed.

Matters only when a process died after it had changed a group and before it noted that in the tenant's record.
"""

_ANONYMOUS_NAME = ANONYMOUS.removeprefix(GROUP_PREFIX)


class Memberships:
    """Answers from memory as long as the tenant's record says that no group changed."""

    def __init__(self, documents: Documents, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._documents = documents
        self._monotonic = monotonic
        self._lock = Lock()
        self._known: OrderedDict[tuple[str, int, str | None], tuple[frozenset[str], float]] = OrderedDict()

    def of(self, tenant: Tenant, user: str | None) -> frozenset[str]:
        """The names of the groups that a user belongs to; None is somebody who is not signed in.

        Takes one round trip per level of groups when nothing is remembered, else none, however many groups the
        tenant has. Spec: nec-clients, 1.7.
        """
        key = (tenant.id, tenant.groups_version, user)
        with self._lock:
            known = self._known.get(key)
            if known is not None and known[1] > self._monotonic():
                self._known.move_to_end(key)
                return known[0]
        groups = self._climb(tenant.id, user)
        with self._lock:
            self._known[key] = (groups, self._monotonic() + REMEMBERED_SECONDS)
            self._known.move_to_end(key)
            if len(self._known) > REMEMBERED_CALLERS:
                self._known.popitem(last=False)
        return groups

    def _climb(self, tenant_id: str, user: str | None) -> frozenset[str]:
        everybody = [_ANONYMOUS_NAME] if user is None else sorted(EVERYBODY)
        condition: Document = {"groups": {"$in": everybody}}
        if user is not None:
            condition = {"$or": [{"users": user}, condition]}
        found: set[str] = set()
        for _ in range(MAX_LEVELS):
            higher = self._names(tenant_id, condition) - found
            if not higher:
                break
            found |= higher
            condition = {"groups": {"$in": sorted(higher)}}
        return frozenset(found)

    def _names(self, tenant_id: str, condition: Document) -> set[str]:
        names_only = parse_projection({"name": 1})
        query = Query(filter=parse_filter(condition), projection=names_only)
        return {group["name"] for group in self._documents.find(tenant_id, GROUPS, query)}


def withdraw_user(documents: Documents, tenant_id: str, user: str, now: datetime) -> bool:
    """Takes a user out of every group; whether any group changed."""
    return _withdraw(documents, tenant_id, "users", user, now)


def withdraw_group(documents: Documents, tenant_id: str, name: str, now: datetime) -> bool:
    """Takes a group out of every other group; whether any group changed."""
    return _withdraw(documents, tenant_id, "groups", name, now)


def _withdraw(documents: Documents, tenant_id: str, members: str, name: str, now: datetime) -> bool:
    update = parse_update({"$pull": {members: name}, "$set": {"etag": ids.new_etag(), "updatedAt": now}})
    return documents.update_many(tenant_id, GROUPS, parse_filter({members: name}), update) > 0
