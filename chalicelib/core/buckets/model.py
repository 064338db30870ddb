"""What a bucket is. Special buckets hold the rules for users, for groups and for creating buckets."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from chalicelib.core.access.acl import ANONYMOUS, AUTHENTICATED, Acl


class BucketKind(Enum):
    """What a bucket holds; each kind has its own names. See docs/decisions/0003-bucket-names.md."""

    OBJECTS = "object"
    FILES = "file"


ROOT = "_ROOT"
USERS = "_USERS"
GROUPS = "_GROUPS"


@dataclass(frozen=True, slots=True)
class Bucket:
    """A named place for objects or files: who may see and change it, and who may do what with its contents."""

    kind: BucketKind
    name: str
    description: str = ""
    acl: Acl = field(default_factory=Acl)
    content_acl: Acl = field(default_factory=Acl)


@dataclass(frozen=True, slots=True)
class BucketContents:
    """What a caller says about a bucket; None is what they left out."""

    description: str | None = None
    acl: Acl | None = None
    content_acl: Acl | None = None


_FOR_USERS = Acl(r=(AUTHENTICATED,))

SPECIAL_BUCKETS: dict[str, Bucket] = {
    ROOT: Bucket(BucketKind.OBJECTS, ROOT, acl=_FOR_USERS, content_acl=Acl(c=(AUTHENTICATED,))),
    USERS: Bucket(BucketKind.OBJECTS, USERS, acl=_FOR_USERS, content_acl=Acl(r=(AUTHENTICATED,), c=(ANONYMOUS,))),
    GROUPS: Bucket(BucketKind.OBJECTS, GROUPS, acl=_FOR_USERS, content_acl=Acl(r=(AUTHENTICATED,), c=(AUTHENTICATED,))),
}
"""The special buckets of a new tenant, until somebody changes them. Spec: nec-clients, 1.1; nec-rest, 2.3."""


@dataclass(frozen=True, slots=True)
class ShardKey:
    """The key that spreads a bucket's objects over shards: pairs of a dotted path and 1 or -1. Spec: nec-rest, 7.6."""

    keys: tuple[tuple[str, int], ...]
    unique: bool = False
