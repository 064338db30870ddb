"""`yorozu`: the commands, one file per noun, and how their errors are shown."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Annotated

import typer

from chalicelib.core.errors import CoreError
from chalicelib.settings import InvalidSetting, Settings
from yorozu import (
    apps,
    backup,
    buckets,
    doctor,
    groups,
    indexes,
    openid,
    push,
    shardkey,
    start,
    stats,
    tenants,
    transfer,
    users,
)
from yorozu.operate import CannotRun, Operator
from yorozu.output import complain

cli = typer.Typer(
    name="yorozu",
    help="Run and operate a Yorozu backend: tenants, apps, buckets, indexes, users, and the server itself.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
cli.command()(start.serve)
cli.command()(start.demo)
cli.command()(doctor.doctor)
cli.command()(backup.backup)
cli.command("export")(transfer.export)
cli.command("import")(transfer.import_)
cli.command()(buckets.purge)
cli.command()(stats.stats)
cli.add_typer(tenants.commands, name="tenants")
cli.add_typer(apps.commands, name="apps")
cli.add_typer(buckets.commands, name="buckets")
cli.add_typer(indexes.commands, name="indexes")
cli.add_typer(shardkey.commands, name="shard-key")
cli.add_typer(users.commands, name="users")
cli.add_typer(groups.commands, name="groups")
cli.add_typer(openid.commands, name="openid")
cli.add_typer(push.commands, name="push")


def _show_version(wanted: bool) -> None:
    if wanted:
        print(f"yorozu {version_of('yorozu')}")
        raise typer.Exit


@cli.callback()
def options(
    context: typer.Context,
    data: Annotated[
        Path | None,
        typer.Option(
            help="The folder of the embedded engine's data, instead of YOROZU_DATA_FOLDER.", show_default=False
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Run and operate a Yorozu backend: tenants, apps, buckets, indexes, users, and the server itself."""
    environment = dict(os.environ)
    if data is not None:
        environment["YOROZU_DATA_FOLDER"] = str(data)
    context.obj = Operator(Settings.from_environment(environment))
    context.call_on_close(context.obj.close)


def main() -> None:
    """Runs a command; what goes wrong is one line on standard error and exit status 1."""
    try:
        cli()
    except (CoreError, InvalidSetting, CannotRun) as error:
        complain(str(error))
        sys.exit(1)
    except OSError as error:
        complain(f"{error.filename}: {error.strerror}" if error.filename else str(error))
        sys.exit(1)


if __name__ == "__main__":
    main()
