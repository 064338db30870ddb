"""`yorozu buckets`, and `yorozu purge`: object and file buckets, their ACLs, and what was marked deleted."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import typer

from chalicelib.core.access.acl import Acl, parse_acl
from chalicelib.core.buckets.model import Bucket, BucketContents, BucketKind
from yorozu.operate import BucketName, TenantRef, Yes, confirm, json_text, operator
from yorozu.output import AsJson, say, show_record, show_rows

commands = typer.Typer(help="Places for objects and files, and who may do what in them.", no_args_is_help=True)

Kind = Annotated[BucketKind, typer.Option("--kind", help="What the bucket holds.")]
AclText = Annotated[
    str | None, typer.Option("--acl", help='Rights on the bucket itself, e.g. \'{"r":["g:authenticated"]}\'.')
]
ContentAclText = Annotated[
    str | None, typer.Option("--content-acl", help='Rights on its contents, e.g. \'{"r":["g:anonymous"],"w":[]}\'.')
]
Description = Annotated[str | None, typer.Option("--description", help="What it is for.")]


@commands.command("list")
def list_(context: typer.Context, tenant: TenantRef, kind: Kind = BucketKind.OBJECTS, as_json: AsJson = False) -> None:
    """List a tenant's buckets by name."""
    who = operator(context)
    rows = [_facts(bucket) for bucket in who.core.buckets.list(who.caller(tenant), kind)]
    show_rows("Buckets", rows, as_json, empty=f"No buckets yet: yorozu buckets create {tenant} NAME")


@commands.command("create")
def create(
    context: typer.Context,
    tenant: TenantRef,
    bucket: BucketName,
    kind: Kind = BucketKind.OBJECTS,
    description: Description = None,
    acl: AclText = None,
    content_acl: ContentAclText = None,
    as_json: AsJson = False,
) -> None:
    """Create a bucket; without ACLs, everybody with the app key may read and write."""
    who = operator(context)
    contents = BucketContents(description, _acl(acl), _acl(content_acl))
    show_record(_facts(who.core.buckets.put(who.caller(tenant), kind, bucket, contents)), as_json)


@commands.command("show")
def show(
    context: typer.Context,
    tenant: TenantRef,
    bucket: BucketName,
    kind: Kind = BucketKind.OBJECTS,
    as_json: AsJson = False,
) -> None:
    """Show a bucket; also _ROOT, _USERS and _GROUPS, which say who may create buckets, users and groups."""
    who = operator(context)
    show_record(_facts(who.core.buckets.get(who.caller(tenant), kind, bucket)), as_json)


@commands.command("change")
def change(
    context: typer.Context,
    tenant: TenantRef,
    bucket: BucketName,
    kind: Kind = BucketKind.OBJECTS,
    description: Description = None,
    acl: AclText = None,
    content_acl: ContentAclText = None,
    as_json: AsJson = False,
) -> None:
    """Change a bucket's description or ACLs; what is left out stays as it is."""
    who = operator(context)
    caller = who.caller(tenant)
    before = who.core.buckets.get(caller, kind, bucket)
    contents = BucketContents(
        before.description if description is None else description,
        _acl(acl) or before.acl,
        _acl(content_acl) or before.content_acl,
    )
    show_record(_facts(who.core.buckets.put(caller, kind, bucket, contents)), as_json)


@commands.command("delete")
def delete(
    context: typer.Context, tenant: TenantRef, bucket: BucketName, kind: Kind = BucketKind.OBJECTS, yes: Yes = False
) -> None:
    """Delete a bucket with everything in it. This cannot be undone."""
    confirm(f"Delete the bucket {bucket} and all that it holds?", yes)
    who = operator(context)
    who.core.buckets.delete(who.caller(tenant), kind, bucket)
    say(f"Deleted {bucket}.")


def purge(context: typer.Context) -> None:
    """Delete for good what is past its tenant's retention, and what has expired."""
    gone = operator(context).core.purge.run()
    say(f"Purged {gone} documents.")


def _acl(text: str | None) -> Acl | None:
    return None if text is None else parse_acl(json_text(text))


def _facts(bucket: Bucket) -> dict[str, Any]:
    content_acl = replace(bucket.content_acl, owner=None).to_content_document()
    return {
        "name": bucket.name,
        "kind": bucket.kind.value,
        "description": bucket.description,
        "acl": bucket.acl.to_document(),
        "content_acl": content_acl,
    }
