"""Groups: create, change, list, read, delete; add and remove members. Spec: nec-rest, 6."""

from __future__ import annotations

from chalicelib.dialects.nec.wire import groups as wire
from chalicelib.dialects.nec.wire.body import object_body, object_body_or_none
from chalicelib.web.call import Call, Reply
from chalicelib.web.routing import RouteTable

routes = RouteTable()


@routes.post("/1/{tenant}/groups/{group}")
def create_group(call: Call, group: str) -> Reply:
    """Create a group.

    Replies: 200 with the group.
    Raises: InvalidName; AccessDenied without the create right of `_GROUPS`; UnknownMember; DuplicateGroup.
    Spec: nec-rest, 6.1.
    """
    contents = wire.group_contents(object_body(call))
    made = call.core.groups.create(call.caller, group, contents)
    return Reply(200, wire.group_json(made))


@routes.put("/1/{tenant}/groups/{group}")
def put_group(call: Call, group: str) -> Reply:
    """Change a group, or create it; what is left out stays as it is.

    Replies: 200 with the group, also without the right to read it.
    Raises: InvalidName; AccessDenied; UnknownMember; VersionMismatch; RequestConflict.
    Spec: nec-rest, 6.2; nec-clients, 3.1 and 3.6.
    """
    contents = wire.group_contents(object_body(call))
    changed = call.core.groups.put(call.caller, group, contents, call.query.get("etag"))
    return Reply(200, wire.group_json(changed))


@routes.get("/1/{tenant}/groups")
def list_groups(call: Call) -> Reply:
    """The groups that the caller may read, by name.

    Replies: 200 with `results`.
    Raises: AccessDenied without the read right of `_GROUPS`.
    Spec: nec-rest, 6.3; nec-clients, 3.2.
    """
    found = call.core.groups.list(call.caller)
    return Reply(200, wire.groups_json(found))


@routes.get("/1/{tenant}/groups/{group}")
def get_group(call: Call, group: str) -> Reply:
    """One group.

    Replies: 200 with the group.
    Raises: AccessDenied without the read right of `_GROUPS` and of the group; GroupNotFound.
    Spec: nec-rest, 6.4.
    """
    found = call.core.groups.get(call.caller, group)
    return Reply(200, wire.group_json(found))


@routes.delete("/1/{tenant}/groups/{group}")
def delete_group(call: Call, group: str) -> Reply:
    """Delete a group and take it out of all others.

    Replies: 200 with `{"result": "ok"}`.
    Raises: AccessDenied; GroupNotFound; VersionMismatch.
    Spec: nec-rest, 6.5; nec-clients, 3.3.
    """
    call.core.groups.delete(call.caller, group, call.query.get("etag"))
    return Reply(200, {"result": "ok"})


@routes.put("/1/{tenant}/groups/{group}/addMembers")
def add_members(call: Call, group: str) -> Reply:
    """Add users and groups to a group; the etag is new even if that changes nothing.

    Replies: 200 with the group, also without the right to read it.
    Raises: AccessDenied; GroupNotFound; UnknownMember.
    Spec: nec-rest, 6.6; nec-clients, 3.5.
    """
    users, groups = wire.members(object_body_or_none(call))
    changed = call.core.groups.add_members(call.caller, group, users, groups)
    return Reply(200, wire.group_json(changed))


@routes.put("/1/{tenant}/groups/{group}/removeMembers")
def remove_members(call: Call, group: str) -> Reply:
    """Remove users and groups from a group; those that are not members are ignored.

    Replies: 200 with the group, also without the right to read it.
    Raises: AccessDenied; GroupNotFound.
    Spec: nec-rest, 6.7; nec-clients, 3.4.
    """
    users, groups = wire.members(object_body_or_none(call))
    changed = call.core.groups.remove_members(call.caller, group, users, groups)
    return Reply(200, wire.group_json(changed))
