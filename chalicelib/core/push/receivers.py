"""Whose installations a notification may reach, when its sender limits it to users and groups. Spec: nec-rest, 10.6."""

from __future__ import annotations

from collections.abc import Iterable

from chalicelib.core.access.acl import GROUP_PREFIX
from chalicelib.core.accounts.memberships import MAX_LEVELS
from chalicelib.core.accounts.names import EVERYBODY
from chalicelib.core.accounts.stored import GROUPS
from chalicelib.core.documents import Documents
from chalicelib.core.errors import InvalidInput
from chalicelib.core.push.stored import OWNER
from chalicelib.core.query.filter import Filter, parse_filter
from chalicelib.core.query.projection import parse_projection
from chalicelib.core.query.query import Query

PART_USERS = 1_000
"""Users in one part of a notification's receivers, and so in one query. Source: our choice."""

HAS_OWNER = parse_filter({OWNER: {"$exists": True}})
"""The installations that a signed-in user registered."""

_MEMBERS = parse_projection({"name": 1, "users": 1, "groups": 1})


def receiving_users(documents: Documents, tenant: str, receivers: Iterable[str]) -> list[str] | None:
    """The sorted ids of the named users and of all members of the named groups; None for all users.

    Members of groups within groups are members too, as in ACLs. A group that contains `authenticated` or `anonymous`
    contains everybody. Takes one query per level of groups.
    Raises: InvalidInput for `g:authenticated` and `g:anonymous`. Spec: nec-clients, 7.4.
    """
    users = {name for name in receivers if not name.startswith(GROUP_PREFIX)}
    pending = {name.removeprefix(GROUP_PREFIX) for name in receivers if name.startswith(GROUP_PREFIX)}
    if pending & EVERYBODY:
        raise InvalidInput("receivers are users and groups, not g:authenticated or g:anonymous")
    seen: set[str] = set()
    for _ in range(MAX_LEVELS):
        if not pending:
            break
        seen |= pending
        asked = Query(filter=parse_filter({"name": {"$in": sorted(pending)}}), projection=_MEMBERS)
        inner: set[str] = set()
        for group in documents.find(tenant, GROUPS, asked):
            users.update(group["users"])
            inner.update(group["groups"])
        if inner & EVERYBODY:
            return None
        pending = inner - seen
    return sorted(users)


def parts_of(users: list[str]) -> list[list[str]]:
    """The users in parts of at most PART_USERS."""
    return [users[start : start + PART_USERS] for start in range(0, len(users), PART_USERS)]


def owned_by(users: list[str]) -> Filter:
    """The installations that one of these users registered."""
    return parse_filter({OWNER: {"$in": users}})
