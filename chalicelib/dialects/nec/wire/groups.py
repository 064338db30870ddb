"""Groups as JSON. Spec: nec-rest, 6; nec-clients, 3."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from chalicelib.core.accounts.model import Group, GroupContents
from chalicelib.dialects.nec.acl import acl_json, optional_acl
from chalicelib.dialects.nec.wire.body import optional_names
from chalicelib.dialects.nec.wire.values import date_text


def group_contents(body: dict[str, Any]) -> GroupContents:
    """What a body says about a group; what it leaves out is None. Raises: InvalidInput, InvalidAcl."""
    return GroupContents(optional_names(body, "users"), optional_names(body, "groups"), optional_acl(body))


def members(body: dict[str, Any]) -> tuple[list[str], list[str]]:
    """User ids and group names to add or remove. Raises: InvalidInput."""
    return optional_names(body, "users") or [], optional_names(body, "groups") or []


def group_json(group: Group) -> dict[str, Any]:
    """One group, with all its lists, empty ones too."""
    return {
        "_id": group.id,
        "name": group.name,
        "users": list(group.users),
        "groups": list(group.groups),
        "ACL": acl_json(group.acl),
        "createdAt": date_text(group.created_at),
        "updatedAt": date_text(group.updated_at),
        "etag": group.etag,
    }


def groups_json(groups: Iterable[Group]) -> dict[str, Any]:
    """`{"results": [...]}`."""
    return {"results": [group_json(group) for group in groups]}
