"""Names and sizes that keep the house easy to find one's way in."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

SOURCES = sorted(
    path for folder in ("chalicelib", "yorozu", "scripts", "bench") for path in (ROOT / folder).rglob("*.py")
)

TESTS = sorted((ROOT / "tests").rglob("*.py"))

MAX_LINES = 420
"""Beyond this a file becomes a folder of the same name. The house says about 400."""

MAX_FUNCTION_LINES = 45
"""Beyond this a function becomes two, its docstring not counted. The house says about 40."""

NAMELESS = {"utils", "util", "helpers", "helper", "common", "misc", "manager", "base_service", "data", "info", "base"}
"""Names that say nothing: what has no better name has no clear job yet."""


def name_of(path: object) -> str:
    return str(path.relative_to(ROOT)) if isinstance(path, Path) else str(path)


@pytest.mark.parametrize("path", SOURCES + TESTS, ids=name_of)
def test_a_file_has_a_telling_name_and_can_be_read_in_one_sitting(path: Path) -> None:
    assert path.stem not in NAMELESS
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_module_says_what_lives_in_it(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not tree.body or ast.get_docstring(tree)


@pytest.mark.parametrize("path", SOURCES, ids=name_of)
def test_a_function_fits_on_a_screen(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [f"{one.name}: {lines(one)}" for one in functions if lines(one) > MAX_FUNCTION_LINES] == []


def lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0
