"""`yorozu export` and `yorozu import`: a bucket as newline-delimited Extended JSON, streaming, resumable."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from bson import json_util
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from chalicelib.core.errors import CoreError, InvalidDocument
from yorozu.operate import BucketName, TenantRef, operator
from yorozu.output import problems, say

BOOKMARK_EVERY = 500
"""Lines between two notes of how far an import has come."""

_CANONICAL = json_util.JSONOptions(json_mode=json_util.JSONMode.CANONICAL, tz_aware=True)


def export(
    context: typer.Context,
    tenant: TenantRef,
    bucket: BucketName,
    file: Annotated[Path, typer.Argument(help="Where to write; one object a line.")],
    resume: Annotated[bool, typer.Option("--resume", help="Go on after the last whole line of the file.")] = False,
) -> None:
    """Write a bucket's objects to a file, as canonical Extended JSON, one a line, in the order of their ids.

    Nothing is lost on the way: types, ACLs, times, etags and delete marks are kept.
    """
    who = operator(context)
    caller = who.caller(tenant)
    if file.exists() and not resume:
        raise typer.BadParameter(f"{file} exists: remove it, or go on with --resume")
    written, after = _last_line(file) if resume and file.exists() else (0, None)
    with file.open("ab") as target, _progress() as progress:
        task = progress.add_task(
            f"exporting {bucket}", total=who.core.transfer.count(caller, bucket), completed=written
        )
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
    """Read objects from a file into a bucket; objects whose id is there already are left as they are.

    An import that was cut off goes on where it stopped when it is started again: FILE.position notes how far it came.
    """
    who = operator(context)
    caller = who.caller(tenant)
    bookmark = file.with_name(file.name + ".position")
    start = int(bookmark.read_text()) if bookmark.exists() else 0
    made = passed = 0
    with file.open("rb") as source, _progress() as progress:
        task = progress.add_task(f"importing {bucket}", total=file.stat().st_size, completed=start)
        source.seek(start)
        for number, line in enumerate(_lines(source), 1):
            if who.core.transfer.write(caller, bucket, _document(line, source.tell())):
                made += 1
            else:
                passed += 1
            if number % BOOKMARK_EVERY == 0:
                bookmark.write_text(str(source.tell()))
            progress.update(task, completed=source.tell())
    bookmark.unlink(missing_ok=True)
    say(f"Imported {made} objects; {passed} were there already.")


def _lines(source: Any) -> Iterator[bytes]:
    # readline, not iteration: iteration reads ahead, and tell() would not know where a line ended.
    while line := source.readline():
        if line.strip():
            yield line


def _document(line: bytes, end: int) -> dict[str, Any]:
    try:
        document = json_util.loads(line.decode(), json_options=_CANONICAL)
    except (ValueError, TypeError, CoreError) as error:
        raise InvalidDocument(f"the line that ends at byte {end} is no Extended JSON: {error}") from error
    if not isinstance(document, dict):
        raise InvalidDocument(f"the line that ends at byte {end} is no object")
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
    return count, _document(last, end)["_id"] if last else None


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), console=problems
    )
