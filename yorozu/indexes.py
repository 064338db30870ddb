"""`yorozu indexes`: what makes queries fast and values unique."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from chalicelib.core.documents import Index
from yorozu.operate import BucketName, TenantRef, operator
from yorozu.output import AsJson, say, show_record, show_rows

commands = typer.Typer(help="Indexes of an object bucket: fast queries, unique values.", no_args_is_help=True)

Keys = Annotated[
    list[str], typer.Argument(metavar="KEY...", help="Fields, most important first: `score`, `profile.age:desc`.")
]


@commands.command("create")
def create(
    context: typer.Context,
    tenant: TenantRef,
    bucket: BucketName,
    keys: Keys,
    unique: Annotated[bool, typer.Option("--unique", help="Refuse a value that another object has.")] = False,
    sparse: Annotated[bool, typer.Option("--sparse", help="Leave out objects without the fields.")] = False,
    name: Annotated[str | None, typer.Option(help="Its name; made of the keys unless given.")] = None,
    as_json: AsJson = False,
) -> None:
    """Create an index over one or several fields; it returns once all stored objects are indexed."""
    who = operator(context)
    pairs = tuple(parse_key(key) for key in keys)
    index = Index(name or "_".join(path for path, _ in pairs), pairs, unique, sparse)
    who.core.buckets.create_index(who.caller(tenant), bucket, index)
    show_record(_facts(index), as_json)


@commands.command("list")
def list_(context: typer.Context, tenant: TenantRef, bucket: BucketName, as_json: AsJson = False) -> None:
    """List the indexes of a bucket, without those on id, ACL and updatedAt that every bucket has."""
    who = operator(context)
    rows = [_facts(index) for index in who.core.buckets.indexes(who.caller(tenant), bucket)]
    show_rows("Indexes", rows, as_json, empty=f"None yet: yorozu indexes create {tenant} {bucket} FIELD")


@commands.command("drop")
def drop(
    context: typer.Context,
    tenant: TenantRef,
    bucket: BucketName,
    name: Annotated[str, typer.Argument(help="Its name.")],
) -> None:
    """Drop an index; no data is lost, queries may get slower."""
    who = operator(context)
    who.core.buckets.drop_index(who.caller(tenant), bucket, name)
    say(f"Dropped {name}.")


def parse_key(text: str) -> tuple[str, int]:
    """A dotted path and 1 or -1, of `path`, `path:asc` or `path:desc`."""
    path, colon, way = text.rpartition(":")
    if not colon:
        return text, 1
    if way not in ("asc", "desc"):
        raise typer.BadParameter(f"{text}: a key is FIELD, FIELD:asc or FIELD:desc")
    return path, 1 if way == "asc" else -1


def _facts(index: Index) -> dict[str, Any]:
    keys = [f"{path}:{'asc' if way == 1 else 'desc'}" for path, way in index.keys]
    return {"name": index.name, "keys": keys, "unique": index.unique, "sparse": index.sparse}
