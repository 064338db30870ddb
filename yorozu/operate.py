"""How a command gets the core: settings from the environment and options, built once, closed at the end."""

from __future__ import annotations

import json
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any

import typer

from chalicelib.bootstrap import build_core
from chalicelib.core.access.caller import Caller
from chalicelib.core.core import Core
from chalicelib.settings import Settings

TenantRef = Annotated[str, typer.Argument(metavar="TENANT", help="The tenant's id or name.")]
BucketName = Annotated[str, typer.Argument(metavar="BUCKET", help="The name of an object bucket.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


class CannotRun(Exception):
    """A command cannot do its work here; the message says why and how to fix it, in one sentence."""


@dataclass
class Operator:
    """The person at the command line, who may do everything that the master key may."""

    settings: Settings
    _core: Core | None = field(default=None, init=False)

    @property
    def core(self) -> Core:
        """The core, built at the first use, so that `--help` and mistakes stay quick."""
        if self._core is None:
            self.check_place()
            self._core = build_core(self.settings)
        return self._core

    def check_place(self) -> None:
        """Raises: CannotRun when the engine keeps its data here and cannot."""
        if self.settings.engine == "embedded":
            check_data_folder(self.settings.data_folder)

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


def check_data_folder(folder: Path) -> None:
    """Creates the folder unless it exists. Raises: CannotRun when it cannot hold data."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise CannotRun(
            f"the data folder {folder} cannot be used ({error.strerror}): make it a folder that you may write to, "
            "or choose another one with --data (make serve: DATA=)"
        ) from error


def json_text(text: str) -> Any:
    """The value of JSON on the command line. Raises: BadParameter when it is not JSON."""
    try:
        return json.loads(text)
    except ValueError as error:
        raise typer.BadParameter(f"not JSON: {error}") from error


def confirm(question: str, yes: bool) -> None:
    """Asks before what cannot be undone; `--yes` answers. Ends the run at a no, and where nobody can be asked."""
    if yes:
        return
    try:
        agreed = typer.confirm(question)
    except typer.Abort:
        if sys.stdin.isatty():
            raise
        raise CannotRun("nobody is there to be asked: --yes goes on without") from None
    if not agreed:
        raise typer.Abort


def secret(name: str, option: str, given: str | None, *, twice: bool = False) -> str:
    """A secret: as given by its option, or asked for at a terminal, or else one line of standard input.

    Raises: CannotRun when there is none.
    """
    if given is None and sys.stdin.isatty():
        return str(typer.prompt(name, hide_input=True, confirmation_prompt=twice))
    found = sys.stdin.readline().rstrip("\r\n") if given is None else given
    if not found:
        raise CannotRun(f"a {name.lower()} is needed: give it with {option}, or as a line of standard input")
    return found
