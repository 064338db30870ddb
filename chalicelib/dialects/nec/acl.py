"""This API's ACL JSON and the core's Acl. Objects hold theirs as it is written here. Spec: nec-rest, 2.2."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.core.access.acl import Acl, parse_acl


def acl_json(acl: Acl) -> dict[str, Any]:
    """Every list, empty ones too; `owner` only when there is one. Spec: nec-clients, 1.3."""
    return acl.to_document()


def content_acl_json(acl: Acl) -> dict[str, Any]:
    """Every list but `admin`; a content ACL has no owner. Spec: nec-rest, 2.2.3."""
    return acl.to_content_document()


def optional_acl(body: dict[str, Any], name: str = "ACL") -> Acl | None:
    """The ACL in a body, None when absent or null. Raises: InvalidAcl."""
    source = body.get(name)
    return None if source is None else parse_acl(source)


def optional_content_acl(body: dict[str, Any]) -> Acl | None:
    """The content ACL in a body; an owner or admin list in it is ignored. Raises: InvalidAcl."""
    acl = optional_acl(body, "contentACL")
    return None if acl is None else replace(acl, owner=None, admin=())
