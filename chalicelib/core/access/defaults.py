"""The ACL that a new thing gets, and what its maker may leave out of it."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.core.access.acl import ANONYMOUS, AUTHENTICATED, Acl
from chalicelib.core.access.caller import Caller


def acl_for_new(caller: Caller, given: Acl | None) -> Acl:
    """The ACL of a new object, file or group.

    Left out: only the owner may do anything; without a signed-in user everybody may read and write.
    Given without an owner: the signed-in user becomes owner. Spec: nec-rest, 6.1 and 8.1; nec-clients, 1.3 and 1.4.
    """
    if given is not None:
        return owned(caller, given)
    if caller.user is not None:
        return Acl(owner=caller.user)
    return Acl(r=(ANONYMOUS,), w=(ANONYMOUS,))


def acl_for_new_bucket(caller: Caller, given: Acl | None) -> Acl:
    """The ACL of a new bucket: readable by every signed-in user, or by everybody. Spec: nec-rest, 7.1."""
    if given is not None:
        return owned(caller, given)
    return Acl(owner=caller.user, r=(_maker_kind(caller),))


def content_acl_for_new_bucket(caller: Caller, given: Acl | None) -> Acl:
    """The content ACL of a new bucket: all who are like its maker may read and write. Spec: nec-rest, 7.1."""
    if given is not None:
        return given
    return Acl(r=(_maker_kind(caller),), w=(_maker_kind(caller),))


def owned(caller: Caller, acl: Acl) -> Acl:
    """The ACL with the signed-in user as owner, unless it names one."""
    return replace(acl, owner=caller.user) if acl.owner is None else acl


def _maker_kind(caller: Caller) -> str:
    return ANONYMOUS if caller.user is None else AUTHENTICATED
