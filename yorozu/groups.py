"""`yorozu groups`: groups of users, and of other groups."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from chalicelib.core.accounts.model import Group, GroupContents
from yorozu.operate import TenantRef, Yes, confirm, operator
from yorozu.output import AsJson, say, show_record, show_rows

commands = typer.Typer(help="Groups of users and of groups, as ACLs name them.", no_args_is_help=True)

GroupName = Annotated[str, typer.Argument(metavar="GROUP", help="The group's name.")]
Users = Annotated[list[str] | None, typer.Option("--user", help="A user's id; repeat for several.")]
Groups = Annotated[list[str] | None, typer.Option("--group", help="A group's name; repeat for several.")]


@commands.command("list")
def list_(context: typer.Context, tenant: TenantRef, as_json: AsJson = False) -> None:
    """List a tenant's groups by name."""
    who = operator(context)
    rows = [_facts(group) for group in who.core.groups.list(who.caller(tenant))]
    show_rows("Groups", rows, as_json, empty=f"No groups yet: yorozu groups create {tenant} NAME")


@commands.command("create")
def create(
    context: typer.Context,
    tenant: TenantRef,
    group: GroupName,
    users: Users = None,
    groups: Groups = None,
    as_json: AsJson = False,
) -> None:
    """Create a group, perhaps with members."""
    who = operator(context)
    contents = GroupContents(users=users or [], groups=groups or [])
    show_record(_facts(who.core.groups.create(who.caller(tenant), group, contents)), as_json)


@commands.command("show")
def show(context: typer.Context, tenant: TenantRef, group: GroupName, as_json: AsJson = False) -> None:
    """Show a group with its members and ACL."""
    who = operator(context)
    found = who.core.groups.get(who.caller(tenant), group)
    show_record(_facts(found) | {"acl": found.acl.to_document()}, as_json)


@commands.command("add")
def add(
    context: typer.Context,
    tenant: TenantRef,
    group: GroupName,
    users: Users = None,
    groups: Groups = None,
    as_json: AsJson = False,
) -> None:
    """Add members to a group; this takes effect from their next request on."""
    who = operator(context)
    changed = who.core.groups.add_members(who.caller(tenant), group, users or [], groups or [])
    show_record(_facts(changed), as_json)


@commands.command("remove")
def remove(
    context: typer.Context,
    tenant: TenantRef,
    group: GroupName,
    users: Users = None,
    groups: Groups = None,
    as_json: AsJson = False,
) -> None:
    """Remove members from a group; this takes effect from their next request on."""
    who = operator(context)
    changed = who.core.groups.remove_members(who.caller(tenant), group, users or [], groups or [])
    show_record(_facts(changed), as_json)


@commands.command("delete")
def delete(context: typer.Context, tenant: TenantRef, group: GroupName, yes: Yes = False) -> None:
    """Delete a group; its members stay, its rights end."""
    confirm(f"Delete the group {group}?", yes)
    who = operator(context)
    who.core.groups.delete(who.caller(tenant), group)
    say(f"Deleted {group}.")


def _facts(group: Group) -> dict[str, Any]:
    return {
        "name": group.name,
        "users": list(group.users),
        "groups": list(group.groups),
        "created_at": group.created_at,
    }
