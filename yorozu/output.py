"""How commands print: tables and records for people, JSON lines for scripts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, one line a thing, for scripts.")]

console = Console()
problems = Console(stderr=True)

_CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f]")


def show_rows(title: str, rows: Sequence[Mapping[str, Any]], as_json: bool, *, empty: str) -> None:
    """Prints rows as a table, as lines of tab-separated values into a pipe or a file, or as JSON lines.

    All rows have the same keys; `empty` is said when there is none.
    """
    if as_json:
        for row in rows:
            print_json(row)
    elif not rows:
        say(empty)
    elif console.is_terminal:
        table = Table(title=title, title_justify="left", header_style="bold")
        for name in rows[0]:
            table.add_column(name.replace("_", " "), overflow="fold")
        for row in rows:
            table.add_row(*(Text(plain(value)) for value in row.values()))
        console.print(table)
    else:
        print("\t".join(rows[0]))
        for row in rows:
            print("\t".join(plain(value) for value in row.values()))


def show_record(record: Mapping[str, Any], as_json: bool) -> None:
    """Prints one thing: its facts one below the other, or as one JSON line."""
    if as_json:
        print_json(record)
        return
    if not console.is_terminal:
        for name, value in record.items():
            print(f"{name}\t{plain(value)}")
        return
    grid = Table.grid(padding=(0, 2))
    for name, value in record.items():
        grid.add_row(Text(name.replace("_", " "), style="bold"), Text(plain(value)))
    console.print(grid)


def say(text: str) -> None:
    """Tells a person what was done, on one line; scripts read the exit status."""
    problems.print(Text(visible(text)), soft_wrap=True)


def complain(text: str) -> None:
    """Tells a person what went wrong, on one line."""
    problems.print(Text.assemble(("Error:", "red"), " ", visible(text)), soft_wrap=True)


def print_json(value: Mapping[str, Any]) -> None:
    """One line of JSON on standard output, never wrapped or coloured."""
    print(json.dumps(value, default=_jsonable, ensure_ascii=False))


def visible(text: str) -> str:
    """The text with control characters spelled out: a name that an app chose must not steer the terminal."""
    return _CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", text)


def plain(value: Any) -> str:
    """A fact as one line of text: no brackets around lists, nothing for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%SZ")
    if isinstance(value, list | tuple):
        return ", ".join(plain(item) for item in value)
    if isinstance(value, Mapping):
        return visible(json.dumps(value, default=_jsonable, ensure_ascii=False))
    return visible(str(value))


def _jsonable(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if isinstance(value, tuple | frozenset | set):
        return list(value)
    return asdict(value)
