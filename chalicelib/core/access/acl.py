"""What an access control list says. Who asks is in caller.py; how lists become queries is in rules.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from chalicelib.core.errors import InvalidAcl

AUTHENTICATED = "g:authenticated"
"""The principal of everybody who is signed in."""

ANONYMOUS = "g:anonymous"
"""The principal of everybody, signed in or not."""

GROUP_PREFIX = "g:"

ACL_KEYS = ("r", "w", "c", "u", "d", "admin")


class Action(Enum):
    """What a caller wants to do; the value is the key of the list that grants it."""

    READ = "r"
    CREATE = "c"
    UPDATE = "u"
    DELETE = "d"
    ADMIN = "admin"


GRANTED_BY: dict[Action, tuple[str, ...]] = {
    Action.READ: ("r",),
    Action.CREATE: ("w", "c"),
    Action.UPDATE: ("w", "u"),
    Action.DELETE: ("w", "d"),
    Action.ADMIN: ("admin",),
}
"""Which lists grant an action: `w` includes c, u and d. Spec: nec-rest, 2.2.1."""


@dataclass(frozen=True, slots=True)
class Acl:
    """Who may do what with one thing: user ids and `g:` group names per action, and an owner.

    Spec: nec-rest, 2.2.
    """

    owner: str | None = None
    r: tuple[str, ...] = ()
    w: tuple[str, ...] = ()
    c: tuple[str, ...] = ()
    u: tuple[str, ...] = ()
    d: tuple[str, ...] = ()
    admin: tuple[str, ...] = ()

    def granted(self, action: Action) -> frozenset[str]:
        """The principals whom the lists allow an action; the owner is not among them."""
        return frozenset(name for key in GRANTED_BY[action] for name in getattr(self, key))

    def to_document(self) -> dict[str, Any]:
        """The stored form: every list present, `owner` only when there is one."""
        document: dict[str, Any] = {} if self.owner is None else {"owner": self.owner}
        return document | {key: list(getattr(self, key)) for key in ACL_KEYS}

    def to_content_document(self) -> dict[str, Any]:
        """The stored form of a bucket's content ACL: neither owner nor admin. Spec: nec-rest, 2.2.3."""
        return {key: list(getattr(self, key)) for key in ("r", "w", "c", "u", "d")}


def parse_acl(source: Any) -> Acl:
    """The ACL in a document or request body: an absent list is empty, an unknown key is ignored.

    Raises: InvalidAcl when it is not an object, a list is not a list of strings, or owner is not a string.
    """
    if not isinstance(source, Mapping):
        raise InvalidAcl("an ACL must be an object")
    owner = source.get("owner")
    if owner is not None and not isinstance(owner, str):
        raise InvalidAcl("the owner of an ACL must be a user id")
    return Acl(owner=owner, **{key: _principals(key, source.get(key)) for key in ACL_KEYS})


def _principals(key: str, names: Any) -> tuple[str, ...]:
    if names is None:
        return ()
    if not isinstance(names, list | tuple) or not all(isinstance(name, str) for name in names):
        raise InvalidAcl(f"{key} in an ACL must be a list of user ids and group names")
    return tuple(names)
