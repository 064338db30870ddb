"""`yorozu export` and `yorozu import`: a bucket as newline-delimited Extended JSON, streaming, resumable."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from bson import json_util
from bson.errors import BSONError
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from chalicelib.core import ids
from chalicelib.core.errors import CoreError, InvalidDocument, Unavailable
from chalicelib.core.query.values import Document
from yorozu.operate import BucketName, TenantRef, operator
from yorozu.output import problems, say

NOTED_EVERY = 500
"""Lines between two notes of how far an import has come."""

_CANONICAL = json_util.JSONOptions(json_mode=json_util.JSONMode.CANONICAL, tz_aware=True)


def export(
    context: typer.Context,
    tenant: TenantRef,
    bucket: BucketName,
    file: Annotated[Path, typer.Argument(help="Where to write; one object a line.")],
    resume: Annotated[bool, typer.Option("--resume", help="Go on after the last whole line of the file.")] = False,
) -> None:
    """Write a bucket's objects to a file, as canonical Extended JSON, one per line, in the order of their ids.

    Types, ACLs, times, etags and delete marks are kept.
    """
    who = operator(context)
    caller = who.caller(tenant)
    if file.exists() and not resume:
        raise typer.BadParameter(f"{file} exists: remove it, or go on with --resume")
    total = who.core.transfer.count(caller, bucket)
    written, after = _last_line(file) if resume and file.exists() else (0, None)
    with file.open("ab") as target, _progress() as progress:
        task = progress.add_task(f"exporting {bucket}", total=total, completed=written)
        for document in who.core.transfer.read(caller, bucket, after=after):
            target.write(json_util.dumps(document, json_options=_CANONICAL, ensure_ascii=False).encode() + b"\n")
            written += 1
            progress.update(task, completed=written)
        target.flush()
        os.fsync(target.fileno())
    say(f"Exported {written} objects to {file}.")


def import_(
    context: typer.Context,
    tenant: TenantRef,
    bucket: BucketName,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="What `yorozu export` wrote.")],
) -> None:
    """Read objects from a file into a bucket; objects whose id exists already are left as they are.

    An import that was cut off resumes where it stopped when it is started again: FILE.position records how far it got.
    It stops at the first line that cannot be imported and names it: correct the line and start it again.
    """
    who = operator(context)
    caller = who.caller(tenant)
    write = partial(who.core.transfer.write, caller, bucket)
    position = _position(file, caller.tenant.id, bucket, who.core.transfer.count(caller, bucket))
    made = passed = 0
    with file.open("rb") as source, _progress() as progress:
        task = progress.add_task(f"importing {bucket}", total=file.stat().st_size, completed=position.byte)
        source.seek(position.byte)
        position.note(file)
        for line in iter(source.readline, b""):
            if line.strip():
                stored = _import_line(write, line, position)
                made, passed = made + stored, passed + (not stored)
            position = replace(position, byte=source.tell(), line=position.line + 1)
            if position.line % NOTED_EVERY == 0:
                position.note(file)
            progress.update(task, completed=position.byte)
    _notes_of(file).unlink(missing_ok=True)
    say(f"Imported {made} objects; {passed} were there already.")


@dataclass(frozen=True, slots=True)
class Position:
    """How far the import of a file into a bucket has come: the bytes and lines that are done with.

    `first_id` and the place of a line make the id of an object that has none, so that a line which was imported just
    before an import was cut off is known again.
    """

    tenant: str
    bucket: str
    first_id: str
    byte: int = 0
    line: int = 0

    def note(self, file: Path) -> None:
        """Writes it down beside the file, whole or not at all."""
        partial = _notes_of(file).with_suffix(".partial")
        partial.write_text(json.dumps(asdict(self)))
        partial.replace(_notes_of(file))

    def id_here(self) -> str:
        """The id for an object without one in the next line."""
        return f"{(int(self.first_id, 16) + self.line) % 16**24:024x}"


def _notes_of(file: Path) -> Path:
    return file.with_name(file.name + ".position")


def _position(file: Path, tenant: str, bucket: str, count: int) -> Position:
    """Where an import into this bucket was cut off; the beginning for another bucket, or one that is empty again."""
    start = Position(tenant, bucket, ids.new_id())
    try:
        noted = Position(**json.loads(_notes_of(file).read_text()))
    except (FileNotFoundError, ValueError, TypeError):
        return start
    is_same = (noted.tenant, noted.bucket) == (tenant, bucket) and noted.byte <= file.stat().st_size
    return noted if is_same and count else start


def _import_line(write: Callable[[Document], bool], line: bytes, position: Position) -> bool:
    """Whether the object of a line was new. Raises: InvalidDocument naming the line and what is wrong with it."""
    try:
        document = _document(line)
        return write({"_id": position.id_here()} | document)
    except Unavailable:
        raise
    except CoreError as error:
        raise InvalidDocument(f"line {position.line + 1}: {error}") from error


def _document(line: bytes) -> Document:
    """The object that a line spells. Raises: InvalidDocument."""
    try:
        document = json_util.loads(line.decode(), json_options=_CANONICAL)
    except (ValueError, TypeError, ArithmeticError, RecursionError, BSONError) as error:
        raise InvalidDocument(f"no Extended JSON: {error}") from error
    if not isinstance(document, dict):
        raise InvalidDocument("no object")
    return document


def _last_line(file: Path) -> tuple[int, str | None]:
    """How many whole lines a file has and the id in the last one; a torn line at its end is cut off."""
    count, end, last = 0, 0, b""
    with file.open("r+b") as source:
        while line := source.readline():
            if not line.endswith(b"\n"):
                break
            count, end, last = count + 1, source.tell(), line
        source.truncate(end)
    return count, _document(last)["_id"] if last else None


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=problems
    )
