"""`yorozu backup`: a copy of all that the embedded engine keeps, taken while the server runs."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from yorozu.operate import CannotRun, operator
from yorozu.output import say

_CONTENTS = "files"
_MAIL = "outbox"
_NOT_KEPT = (".lock", ".unfinished", ".partial")
"""Endings of what only means something to the processes that run now."""


def backup(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(help="A new folder; a server started on it has everything.")],
) -> None:
    """Copy all data into a new folder; the server may run meanwhile.

    Each tenant's copy is of one moment, with all that was acknowledged before. To restore: yorozu serve --data FOLDER.
    """
    who = operator(context)
    if who.settings.engine != "embedded":
        raise CannotRun("the aws engine is backed up by AWS: see infra/README.md, Backup and restore")
    who.check_place()
    source = who.settings.data_folder.resolve()
    if folder.exists() or folder.resolve().is_relative_to(source):
        raise CannotRun(f"{folder} must be new, and outside of the data folder")
    # Under another name until it is whole: a backup that was cut off must not look like one.
    partial = folder.with_name(f"{folder.name}.partial")
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700, parents=True)
    # Contents before and after: those that the databases name were there before them, or have come meanwhile.
    _copy_new(source / _CONTENTS, partial / _CONTENTS)
    databases = [path for path in _databases(source) if _copy_database(path, partial / path.relative_to(source))]
    _copy_new(source / _CONTENTS, partial / _CONTENTS)
    _copy_new(source / _MAIL, partial / _MAIL)
    for path in source.iterdir():
        if path.is_file() and ".db" not in path.suffix and not path.name.endswith(_NOT_KEPT):
            shutil.copy2(path, partial / path.name)
    os.sync()
    partial.rename(folder)
    say(f"Copied {len(databases)} databases and all files to {folder}.")


def _databases(source: Path) -> Iterator[Path]:
    """The list of tenants first: who is in it has a database already. The queues last, for they name notifications."""
    yield source / "_system.db"
    yield from sorted(path for path in source.glob("*.db") if path.name != "_system.db")
    yield source / "jobs" / "jobs.db"


def _copy_database(path: Path, target: Path) -> bool:
    """Copies one moment of a database, whoever writes to it; False when it is gone."""
    if not path.exists():
        return False
    target.parent.mkdir(mode=0o700, exist_ok=True)
    try:
        with (
            closing(sqlite3.connect(f"file:{quote(str(path))}?mode=rw", uri=True, timeout=60)) as original,
            closing(sqlite3.connect(target)) as copy,
        ):
            original.backup(copy)
    except sqlite3.Error as error:
        target.unlink(missing_ok=True)
        if not path.exists():
            return False
        raise CannotRun(f"{path} cannot be copied ({error}): see yorozu doctor") from error
    return True


def _copy_new(source: Path, target: Path) -> None:
    """Copies the files that are not in the target yet: a content never changes under its name."""
    for path in source.rglob("*"):
        copy = target / path.relative_to(source)
        if path.is_dir():
            copy.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif not copy.exists() and not path.name.endswith(_NOT_KEPT):
            copy.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                shutil.copy2(path, copy)
            except FileNotFoundError:
                continue  # deleted meanwhile, and its metadata with it
