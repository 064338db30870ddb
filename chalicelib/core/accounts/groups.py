"""Groups: made, read, changed and deleted, within the rights of `_GROUPS` and of each group's own ACL."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from chalicelib.core import ids
from chalicelib.core.access.acl import ACL_KEYS, Acl, Action
from chalicelib.core.access.caller import Caller
from chalicelib.core.access.defaults import acl_for_new
from chalicelib.core.access.rules import may, may_in_bucket, permitted_to, require
from chalicelib.core.accounts.memberships import withdraw_group
from chalicelib.core.accounts.model import Group, GroupContents
from chalicelib.core.accounts.names import EVERYBODY, check_group_name, is_group_name, is_user_id
from chalicelib.core.accounts.ports import ContentAcls
from chalicelib.core.accounts.stored import GROUPS, group_from_document, group_to_document
from chalicelib.core.buckets.model import GROUPS as GROUPS_BUCKET
from chalicelib.core.clock import Clock
from chalicelib.core.documents import Documents
from chalicelib.core.errors import (
    AccessDenied,
    CoreError,
    DuplicateGroup,
    DuplicateKey,
    GroupNotFound,
    InvalidAcl,
    RequestConflict,
    UnknownMember,
    VersionMismatch,
)
from chalicelib.core.query.filter import Filter, parse_filter
from chalicelib.core.query.order import parse_order
from chalicelib.core.query.projection import parse_projection
from chalicelib.core.query.query import Query
from chalicelib.core.query.stored_form import bson_size, check_document
from chalicelib.core.query.update import parse_update
from chalicelib.core.query.values import Document
from chalicelib.core.tenants.service import TenantsService
from chalicelib.core.tenants.stored import ACCOUNTS

MAX_ACL_BYTES = 262_144
"""Bytes of BSON of a group's ACL, included. Our choice: what an object may have, for lists show all groups at once."""

_BY_NAME = parse_order([("name", 1)])


class GroupsService:
    """What a caller may do with groups."""

    def __init__(
        self,
        documents: Documents,
        clock: Clock,
        content_acls: ContentAcls,
        tenants: TenantsService,
    ) -> None:
        self._documents = documents
        self._clock = clock
        self._content_acls = content_acls
        self._tenants = tenants

    def create(self, caller: Caller, name: str, contents: GroupContents) -> Group:
        """A new group. Needs the create right of `_GROUPS`.

        Raises: InvalidName, AccessDenied, UnknownMember, InvalidAcl, InvalidDocument, DuplicateGroup.
        Spec: nec-rest, 6.1.
        """
        check_group_name(name)
        require(self._may(caller, Action.CREATE), "make groups")
        self._check(caller, contents)
        if self._find(caller, name) is not None:
            raise DuplicateGroup(f"a group named {name} exists")
        return self._insert(caller, name, contents)

    def put(self, caller: Caller, name: str, contents: GroupContents, etag: str | None = None) -> Group:
        """Changes a group, or creates it; None leaves a field as it is.

        A change needs the update right of `_GROUPS` and of the group, and the group's admin right when the given
        ACL differs from the stored one; an ACL without an owner keeps the stored owner. Raises: as `create`, except
        DuplicateGroup; VersionMismatch, RequestConflict. Spec: nec-rest, 6.2; nec-clients, 1.5 and 3.6.
        """
        check_group_name(name)
        may_update, may_create = self._may(caller, Action.UPDATE), self._may(caller, Action.CREATE)
        require(may_update or may_create, "change groups")
        self._check(caller, contents)
        changed = self._replace(caller, name, contents, etag) if may_update else None
        if changed is not None:
            return changed
        current = self._find(caller, name)
        if current is not None:
            require(may_update, "change groups")
            raise _refusal(caller, Action.UPDATE, current, etag, contents.acl)
        require(may_create, "make groups")
        if etag is not None:
            raise RequestConflict  # An etag was given, so there was a group: somebody has deleted it.
        try:
            return self._insert(caller, name, contents)
        except DuplicateGroup as error:
            raise RequestConflict from error  # Somebody has just created it.

    def get(self, caller: Caller, name: str) -> Group:
        """One group. Needs the read right of `_GROUPS` and of the group.

        Raises: AccessDenied, GroupNotFound. Spec: nec-rest, 6.4.
        """
        require(self._may(caller, Action.READ), "read groups")
        group = self._get(caller, name)
        require(may(caller, Action.READ, group.acl), "read the group")
        return group

    def delete(self, caller: Caller, name: str, etag: str | None = None) -> None:
        """Deletes a group and takes it out of all others. Needs the delete right of `_GROUPS` and of the group.

        The group is deleted before its memberships: if the process dies in between, other groups list a name that
        grants nothing, and creating a group of that name clears those away first. Raises: AccessDenied,
        GroupNotFound, VersionMismatch, RequestConflict. Spec: nec-rest, 6.5.
        """
        require(self._may(caller, Action.DELETE), "delete groups")
        condition = parse_filter(_named(name, etag)) & permitted_to(caller, Action.DELETE)
        if self._documents.delete_one(caller.tenant.id, GROUPS, condition) is None:
            raise _refusal(caller, Action.DELETE, self._get(caller, name), etag, None)
        withdraw_group(self._documents, caller.tenant.id, name, self._clock.now())
        self._tenants.count_group_change(caller.tenant.id)

    def add_members(self, caller: Caller, name: str, users: list[str], groups: list[str]) -> Group:
        """Adds users and child groups; those that are members already stay.

        Needs the update right of `_GROUPS` and of the group. Raises: AccessDenied, GroupNotFound, UnknownMember,
        RequestConflict. Spec: nec-rest, 6.6.
        """
        require(self._may(caller, Action.UPDATE), "change groups")
        self._check(caller, GroupContents(users, groups))
        additions = {"users": {"$each": users}, "groups": {"$each": groups}}
        return self._change_members(caller, name, {"$addToSet": additions})

    def remove_members(self, caller: Caller, name: str, users: list[str], groups: list[str]) -> Group:
        """Takes out users and child groups; those that are not members are ignored.

        Needs the update right of `_GROUPS` and of the group. Raises: AccessDenied, GroupNotFound, InvalidDocument,
        RequestConflict. Spec: nec-rest, 6.7.
        """
        require(self._may(caller, Action.UPDATE), "change groups")
        check_document({"users": users, "groups": groups})
        return self._change_members(caller, name, {"$pullAll": {"users": users, "groups": groups}})

    def list(self, caller: Caller) -> list[Group]:
        """The groups that the caller may read, by name. Needs the read right of `_GROUPS`. Spec: nec-rest, 6.3."""
        require(self._may(caller, Action.READ), "read groups")
        query = Query(filter=permitted_to(caller, Action.READ), order=_BY_NAME)
        return [group_from_document(record) for record in self._documents.find(caller.tenant.id, GROUPS, query)]

    # --- inside ---

    def _may(self, caller: Caller, action: Action) -> bool:
        return may_in_bucket(caller, action, self._content_acls.content_acl(caller.tenant, GROUPS_BUCKET))

    def _find(self, caller: Caller, name: str) -> Group | None:
        if not is_group_name(name):
            return None
        record = self._documents.find_one(caller.tenant.id, GROUPS, parse_filter({"name": name}))
        return None if record is None else group_from_document(record)

    def _get(self, caller: Caller, name: str) -> Group:
        group = self._find(caller, name)
        if group is None:
            raise GroupNotFound(name)
        return group

    def _insert(self, caller: Caller, name: str, contents: GroupContents) -> Group:
        now = self._clock.now()
        group = Group(
            id=ids.new_id(),
            name=name,
            users=_once(contents.users or []),
            groups=_once(contents.groups or []),
            acl=acl_for_new(caller, contents.acl),
            created_at=now,
            updated_at=now,
            etag=ids.new_etag(),
        )
        # No group has this name, so lists that hold it mean a deleted one: see `delete`.
        withdraw_group(self._documents, caller.tenant.id, name, now)
        try:
            self._documents.insert(caller.tenant.id, GROUPS, group_to_document(group))
        except DuplicateKey as error:
            raise DuplicateGroup(f"a group named {name} exists") from error
        self._tenants.count_group_change(caller.tenant.id)
        return group

    def _replace(self, caller: Caller, name: str, contents: GroupContents, etag: str | None) -> Group | None:
        """The changed group; None when there is none, or none that the caller may change like this."""
        condition = parse_filter(_named(name, etag)) & permitted_to(caller, Action.UPDATE)
        fields: Document = {}
        if contents.users is not None:
            fields["users"] = list(_once(contents.users))
        if contents.groups is not None:
            fields["groups"] = list(_once(contents.groups))
        if contents.acl is not None:
            parts = _acl_parts(contents.acl)
            fields |= parts
            if not caller.is_master:
                unchanged: Document = {path: {"$eq": value} for path, value in parts.items()}
                condition &= parse_filter({"$or": [unchanged, permitted_to(caller, Action.ADMIN).source]})
        return self._write(caller, condition, {"$set": fields})

    def _change_members(self, caller: Caller, name: str, update: Document) -> Group:
        condition = parse_filter(_named(name, None)) & permitted_to(caller, Action.UPDATE)
        group = self._write(caller, condition, update | {"$set": {}})
        if group is None:
            raise _refusal(caller, Action.UPDATE, self._get(caller, name), None, None)
        return group

    def _write(self, caller: Caller, condition: Filter, update: Document) -> Group | None:
        update["$set"] |= {"etag": ids.new_etag(), "updatedAt": self._clock.now()}
        record = self._documents.update_one(caller.tenant.id, GROUPS, condition, parse_update(update))
        if record is None:
            return None
        self._tenants.count_group_change(caller.tenant.id)
        return group_from_document(record)

    def _check(self, caller: Caller, contents: GroupContents) -> None:
        """Raises: InvalidDocument for text that cannot be stored; InvalidAcl for an ACL that is too large;
        UnknownMember for members that do not exist."""
        if contents.acl is not None:
            _check_acl(contents.acl.to_document())
        users, groups = _once(contents.users or []), _once(contents.groups or [])
        known_users = self._known(caller, ACCOUNTS, "_id", [user for user in users if is_user_id(user)])
        known_groups = self._known(caller, GROUPS, "name", [group for group in groups if is_group_name(group)])
        unknown = [user for user in users if user not in known_users]
        unknown += [group for group in groups if group not in known_groups | EVERYBODY]
        if unknown:
            raise UnknownMember(unknown)

    def _known(self, caller: Caller, collection: str, field: str, asked: Sequence[str]) -> frozenset[str]:
        """Those of `asked` that exist. Takes no round trip for none."""
        if not asked:
            return frozenset()
        query = Query(filter=parse_filter({field: {"$in": asked}}), projection=parse_projection({field: 1}))
        return frozenset(record[field] for record in self._documents.find(caller.tenant.id, collection, query))


def _check_acl(document: Document) -> None:
    check_document(document)
    if bson_size(document) > MAX_ACL_BYTES:
        raise InvalidAcl(f"a group's ACL takes at most {MAX_ACL_BYTES} bytes")


def _named(name: str, etag: str | None) -> Document:
    """The condition on the group with this name, and with this etag if one is given."""
    condition: Document = {"name": name if is_group_name(name) else ""}
    return condition if etag is None else condition | {"etag": etag}


def _acl_parts(acl: Acl) -> Document:
    """The ACL path by path, so that a missing owner is neither changed nor compared."""
    parts: Document = {f"ACL.{key}": list(getattr(acl, key)) for key in ACL_KEYS}
    return parts if acl.owner is None else parts | {"ACL.owner": acl.owner}


def _refusal(caller: Caller, action: Action, group: Group, etag: str | None, acl: Acl | None) -> CoreError:
    """Why a write found no group to change, although there is one."""
    if not may(caller, action, group.acl):
        return AccessDenied("no permission to change the group")
    if etag is not None and group.etag != etag:
        return VersionMismatch(group)
    stored = _acl_parts(group.acl)
    changes_acl = acl is not None and any(stored.get(path) != part for path, part in _acl_parts(acl).items())
    if changes_acl and not may(caller, Action.ADMIN, group.acl):
        return AccessDenied("no permission to change the group's ACL")
    return RequestConflict("Deleting" if action is Action.DELETE else "Updating")


def _once(names: Iterable[str]) -> tuple[str, ...]:
    """The names in their order, each once."""
    return tuple(dict.fromkeys(names))
