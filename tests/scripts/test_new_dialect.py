from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from scripts.new_dialect import write
from scripts.routes import ROOT
from tests.live import PATIENCE_SECONDS


def test_a_new_dialect_works_at_once_and_the_rules_say_what_is_missing(tmp_path: Path) -> None:
    for name in ("chalicelib", "scripts"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("tests/rules", "tests/dialects"):
        (tmp_path / name).mkdir(parents=True)
    shutil.copy(ROOT / "tests/rules/test_errors.py", tmp_path / "tests/rules")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for folder in ("tests", "tests/rules", "tests/dialects"):
        (tmp_path / folder / "__init__.py").touch()
    write("parrot", "/parrot", tmp_path)
    assert run_pytest(tmp_path, "tests/dialects").returncode == 0
    rules = run_pytest(tmp_path, "tests/rules/test_errors.py", "-k", "parrot")
    assert "parrot-UserNotFound" in rules.stdout
    assert "parrot-InternalError" not in rules.stdout


def run_pytest(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=PATIENCE_SECONDS)


@pytest.mark.parametrize(
    ("name", "prefix"), [("", "/x"), ("X", "/x"), ("a-b", "/x"), ("a", "x"), ("a", "/"), ("a", "/x/y"), ("nec", "/x")]
)
def test_a_bad_or_taken_name_writes_nothing(tmp_path: Path, name: str, prefix: str) -> None:
    (tmp_path / "chalicelib/dialects/nec").mkdir(parents=True)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ValueError, match=r"NAME|PREFIX|already"):
        write(name, prefix, tmp_path)
    assert sorted(tmp_path.rglob("*")) == before
