"""`yorozu shard-key`: the key that spreads a bucket's objects over a sharded database."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from chalicelib.core.buckets.model import ShardKey
from yorozu.indexes import Keys, parse_key
from yorozu.operate import BucketName, TenantRef, operator
from yorozu.output import AsJson, say, show_record

commands = typer.Typer(help="How a sharded database spreads a bucket's objects.", no_args_is_help=True)


@commands.command("show")
def show(context: typer.Context, tenant: TenantRef, bucket: BucketName, as_json: AsJson = False) -> None:
    """Show a bucket's shard key; an engine without shards says so."""
    who = operator(context)
    key = who.core.buckets.shard_key(who.caller(tenant), bucket)
    if key is None:
        say("No shard key is set.")
        return
    show_record(_facts(key), as_json)


@commands.command("set")
def set_(
    context: typer.Context,
    tenant: TenantRef,
    bucket: BucketName,
    keys: Keys,
    unique: Annotated[bool, typer.Option("--unique", help="Whether the key is unique.")] = False,
    as_json: AsJson = False,
) -> None:
    """Record the shard key that you have set in the database, so that the API can report it."""
    who = operator(context)
    key = ShardKey(tuple(map(parse_key, keys)), unique)
    who.core.buckets.set_shard_key(who.caller(tenant), bucket, key)
    show_record(_facts(key), as_json)


def _facts(key: ShardKey) -> dict[str, Any]:
    return {"keys": [f"{path}:{'asc' if way == 1 else 'desc'}" for path, way in key.keys], "unique": key.unique}
