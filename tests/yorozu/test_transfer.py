"""Export and import, as an operator runs them, interruptions included."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from bson import json_util

from tests.yorozu.test_commands import refused, run, told


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    told(folder, "tenants", "create", "acme")
    for bucket in ("scores", "copy"):
        told(folder, "buckets", "create", "acme", bucket)
    return folder


def line(number: int, **fields: Any) -> str:
    return json_util.dumps({"_id": f"{number:024x}", "n": number, **fields}) + "\n"


def fill(data: Path, folder: Path, count: int) -> None:
    source = folder / "source.ndjson"
    source.write_text("".join(line(number, text="日本") for number in range(count)))
    assert run(data, "import", "acme", "scores", str(source)).exit_code == 0


def test_a_bucket_goes_out_and_comes_back_the_same(data: Path, tmp_path: Path) -> None:
    fill(data, tmp_path, 700)
    first, second = tmp_path / "first.ndjson", tmp_path / "second.ndjson"

    assert run(data, "export", "acme", "scores", str(first)).exit_code == 0
    assert run(data, "import", "acme", "copy", str(first)).exit_code == 0
    assert run(data, "export", "acme", "copy", str(second)).exit_code == 0

    assert first.read_bytes() == second.read_bytes()
    assert len(first.read_text().splitlines()) == 700
    assert json.loads(first.read_text().splitlines()[5])["n"] == {"$numberInt": "5"}


def test_an_export_goes_on_behind_the_last_whole_line(data: Path, tmp_path: Path) -> None:
    fill(data, tmp_path, 50)
    whole, cut = tmp_path / "whole.ndjson", tmp_path / "cut.ndjson"
    run(data, "export", "acme", "scores", str(whole))
    lines = whole.read_bytes().splitlines(keepends=True)
    cut.write_bytes(b"".join(lines[:20]) + lines[20][:30])

    assert run(data, "export", "acme", "scores", str(cut)).exit_code == 2
    assert run(data, "export", "acme", "scores", str(cut), "--resume").exit_code == 0

    assert cut.read_bytes() == whole.read_bytes()


def test_an_import_that_was_cut_off_goes_on_where_it_was(data: Path, tmp_path: Path) -> None:
    source = tmp_path / "source.ndjson"
    good = "".join(line(number) for number in range(600))
    source.write_text(good + "{broken\n")

    assert "no Extended JSON" in str(refused(data, "import", "acme", "scores", str(source)))
    assert (tmp_path / "source.ndjson.position").exists()
    source.write_text(good + line(600))
    done = run(data, "import", "acme", "scores", str(source))

    assert done.exit_code == 0
    assert "100 were there already" in done.output
    assert not (tmp_path / "source.ndjson.position").exists()


def test_lines_that_are_no_objects_are_refused_with_their_place(data: Path, tmp_path: Path) -> None:
    source = tmp_path / "source.ndjson"
    for text in ("[1]\n", "5\n", '{"a": {"$date": "never"}}\n'):
        source.write_text(text)
        assert "byte" in str(refused(data, "import", "acme", "scores", str(source)))
