"""How a command gets at the core: settings from the environment and options, built once, closed at the end."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated

import typer

from chalicelib.bootstrap import build_core
from chalicelib.core.access.caller import Caller
from chalicelib.core.core import Core
from chalicelib.settings import Settings

TenantRef = Annotated[str, typer.Argument(metavar="TENANT", help="The tenant's id or name.")]
BucketName = Annotated[str, typer.Argument(metavar="BUCKET", help="The name of an object bucket.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask.")]


@dataclass
class Operator:
    """Whoever sits at the command line: may do everything, as the master key may."""

    settings: Settings
    _core: Core | None = field(default=None, init=False)

    @property
    def core(self) -> Core:
        """The core, built at the first use, so that `--help` and mistakes stay quick."""
        if self._core is None:
            self._core = build_core(self.settings)
        return self._core

    def caller(self, tenant: str) -> Caller:
        """The caller with all rights in a tenant. Raises: TenantNotFound."""
        return Caller(self.core.tenants.get(tenant), is_master=True)

    def close(self) -> None:
        if self._core is not None:
            self._core.close()


def operator(context: typer.Context) -> Operator:
    """The operator of this run."""
    found = context.find_object(Operator)
    if found is None:
        raise RuntimeError("no operator: the command was called without its app")
    return found


def confirm(question: str, yes: bool) -> None:
    """Asks before what cannot be undone; `--yes` answers. Ends the run at a no."""
    if not yes:
        typer.confirm(question, abort=True)
