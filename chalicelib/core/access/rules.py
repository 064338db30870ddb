"""Who may do what: one question about one thing, and the same question as a condition inside a query."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from chalicelib.core.access.acl import GRANTED_BY, Acl, Action
from chalicelib.core.access.caller import Caller
from chalicelib.core.errors import AccessDenied
from chalicelib.core.query.filter import EVERYTHING, Filter, parse_filter

REMEMBERED_PERMISSIONS = 4096
"""Access conditions a process keeps parsed; each is a few kilobytes. Our choice."""


def may(caller: Caller, action: Action, acl: Acl) -> bool:
    """Whether the caller may act on a thing with this ACL. The owner of a thing may do everything with it."""
    if caller.is_master or (caller.user is not None and acl.owner == caller.user):
        return True
    return not caller.principals.isdisjoint(acl.granted(action))


def may_with_bucket(caller: Caller, action: Action, acl: Acl) -> bool:
    """Whether the caller may act on a bucket itself: its owner has only the admin right. Spec: nec-rest, 2.2.1."""
    if action is Action.ADMIN:
        return may(caller, action, acl)
    return caller.is_master or not caller.principals.isdisjoint(acl.granted(action))


def may_in_bucket(caller: Caller, action: Action, content_acl: Acl) -> bool:
    """Whether the caller may act on what a bucket holds: a content ACL has no owner."""
    return caller.is_master or not caller.principals.isdisjoint(content_acl.granted(action))


def require(allowed: bool, doing: str) -> None:
    """Raises: AccessDenied, naming what was refused, unless allowed."""
    if not allowed:
        raise AccessDenied(f"no permission to {doing}")


def permitted_to(caller: Caller, action: Action) -> Filter:
    """The condition on stored documents with an `ACL` that holds exactly where `may` does.

    It becomes part of the query, so that counts, pages and bulk writes stay right. The master key may do everything.
    """
    return EVERYTHING if caller.is_master else _permission(caller.user, caller.principals, action)


@lru_cache(maxsize=REMEMBERED_PERMISSIONS)
def _permission(user: str | None, principals: frozenset[str], action: Action) -> Filter:
    """Parsed once for each set of principals: the same people ask again and again."""
    names = sorted(principals)
    rules: list[dict[str, Any]] = [{f"ACL.{key}": {"$in": names}} for key in GRANTED_BY[action]]
    if user is not None:
        rules.insert(0, {"ACL.owner": user})
    return parse_filter(rules[0] if len(rules) == 1 else {"$or": rules})
