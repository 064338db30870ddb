"""A client's partial update made ready to run: stamped, with the server's fields protected and ACL changes noticed.

Spec: nec-rest, 8.5.1; nec-clients, 5.1 to 5.6.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chalicelib.core import ids
from chalicelib.core.access.acl import ACL_KEYS, Acl, parse_acl
from chalicelib.core.errors import ImmutableField, InvalidAcl, InvalidUpdate
from chalicelib.core.objects.stored import ACL, CREATED_AT, DELETED, ETAG, ID, STAMPS, UPDATED_AT, check_created_at
from chalicelib.core.query.update import Update
from chalicelib.core.query.update.mixed import as_operators, parse_update_by_id
from chalicelib.core.query.values import Document

_LIST_OPERATORS = frozenset({"$set", "$push", "$addToSet", "$pull", "$pullAll"})
_DROPPED_STAMPS = frozenset({"$set", "$currentDate", "$setOnInsert"})
_SET_WHOLE = {CREATED_AT: ("$set",), DELETED: ("$set", "$unset")}
"""The server's fields that a client may change, only as a whole, and the operators for it."""


@dataclass(frozen=True, slots=True)
class PartialChange:
    """An update to run, and the condition under which it leaves the ACL as it is.

    `keeps_acl` is the condition that the given ACL equals the stored one; None when no whole ACL is given.
    `changes_acl` says that parts of the ACL are changed, which always counts as a change.
    """

    update: Update
    keeps_acl: Document | None
    changes_acl: bool


def partial_change(object_id: str, source: Document, now: datetime) -> PartialChange:
    """The update that a client's body means: plain fields are `$set`, operators are MongoDB's.

    Raises: ImmutableField when `_id` would change; InvalidUpdate, InvalidAcl, InvalidDocument.
    """
    operators = as_operators(source)
    fields = operators["$set"]
    _check_id(object_id, fields)
    whole_acl = fields.pop(ACL, None)
    for name, operand in operators.items():
        _protect(name, operand)
    if CREATED_AT in fields:
        check_created_at(fields[CREATED_AT])
    if DELETED in fields and not isinstance(fields[DELETED], bool):
        raise InvalidUpdate(f"{DELETED} is true or false")
    changes_acl = any(path.startswith(f"{ACL}.") for operand in operators.values() for path in operand)
    keeps_acl: Document | None = None
    if whole_acl is not None:
        if changes_acl:
            raise InvalidUpdate("the ACL is changed as a whole or in parts, not both")
        keeps_acl = _set_whole_acl(fields, parse_acl(whole_acl), "owner" in whole_acl)
    fields[UPDATED_AT] = now
    fields[ETAG] = ids.new_etag()
    return PartialChange(parse_update_by_id(operators), keeps_acl, changes_acl)


def _check_id(object_id: str, fields: Document) -> None:
    """A client may send back the id it got; it cannot change it. Spec: nec-clients, 5.1 and 5.2."""
    if fields.pop(ID, object_id) != object_id:
        raise ImmutableField(ID)


def _protect(operator: str, operand: Document) -> None:
    """Drops the stamps from an operand and refuses what the server's fields do not allow."""
    for path in list(operand):
        targets = [path, operand[path]] if operator == "$rename" and isinstance(operand[path], str) else [path]
        for target in targets:
            root = target.split(".", 1)[0]
            if root == ID:
                raise ImmutableField(ID)
            if root in STAMPS and operator in _DROPPED_STAMPS:
                del operand[path]
            elif root in STAMPS or (root in _SET_WHOLE and (target != root or operator not in _SET_WHOLE[root])):
                raise InvalidUpdate(f"{operator} cannot be used on {target}")
            elif root == ACL:
                _check_acl_part(operator, target, operand[path])


def _check_acl_part(operator: str, path: str, operand: Any) -> None:
    """Raises: InvalidUpdate, InvalidAcl for a change that might leave something that is not an ACL."""
    part = path.removeprefix(f"{ACL}.")
    if operator == "$set" and part == "owner" and isinstance(operand, str):
        return
    if operator not in _LIST_OPERATORS or part not in ACL_KEYS:
        raise InvalidUpdate(f"{operator} cannot be used on {path}")
    names = operand.get("$each", []) if isinstance(operand, dict) and operator in ("$push", "$addToSet") else operand
    if isinstance(names, str) and operator not in ("$set", "$pullAll"):
        return
    is_one = operator in ("$push", "$addToSet", "$pull") and names is operand
    if is_one or not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise InvalidAcl(f"{path} is a list of user ids and group names")


def _set_whole_acl(fields: Document, acl: Acl, names_owner: bool) -> Document:
    """Adds the ACL to what is set, list by list, so that a missing owner stays; returns the condition for no change."""
    lists: Document = {f"{ACL}.{key}": list(getattr(acl, key)) for key in ACL_KEYS}
    if names_owner and acl.owner is not None:
        lists[f"{ACL}.owner"] = acl.owner
    fields.update(lists)
    return {path: {"$eq": value} for path, value in lists.items()}
