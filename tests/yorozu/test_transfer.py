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


def test_an_import_that_was_cut_off_begins_anew_in_another_bucket_or_an_emptied_one(data: Path, tmp_path: Path) -> None:
    source = tmp_path / "source.ndjson"
    good = "".join(line(number) for number in range(600))
    source.write_text(good + "{broken\n")
    refused(data, "import", "acme", "scores", str(source))
    source.write_text(good)

    assert "Imported 600 objects; 0 were" in run(data, "import", "acme", "copy", str(source)).output

    source.write_text(good + "{broken\n")
    refused(data, "import", "acme", "scores", str(source))
    run(data, "buckets", "delete", "acme", "scores", "--yes")
    told(data, "buckets", "create", "acme", "scores")
    source.write_text(good)
    assert "Imported 600 objects; 0 were" in run(data, "import", "acme", "scores", str(source)).output


def test_objects_without_ids_come_in_once_although_the_import_was_cut_off(data: Path, tmp_path: Path) -> None:
    source = tmp_path / "source.ndjson"
    lines = [json.dumps({"n": number}) + "\n" for number in range(100)]
    source.write_text("".join(lines[:60]) + "{broken\n" + "".join(lines[61:]))
    assert str(refused(data, "import", "acme", "scores", str(source))).startswith("line 61: ")
    source.write_text("".join(lines))

    assert "Imported 40 objects; 60 were" in run(data, "import", "acme", "scores", str(source)).output

    out = tmp_path / "out.ndjson"
    run(data, "export", "acme", "scores", str(out))
    assert [json.loads(text)["n"]["$numberInt"] for text in out.read_text().splitlines()] == [*map(str, range(100))]
    assert "Imported 100 objects; 0 were" in run(data, "import", "acme", "scores", str(source)).output


def test_a_note_that_was_torn_means_the_beginning(data: Path, tmp_path: Path) -> None:
    source = tmp_path / "source.ndjson"
    source.write_text(line(1))
    for torn in ("", "12", '{"tenant": "x"}', "[1]"):
        (tmp_path / "source.ndjson.position").write_text(torn)
        assert run(data, "import", "acme", "scores", str(source)).exit_code == 0


NO_OBJECTS = [
    "[1]",
    "5",
    "{",
    "\xff",
    '{"a": {"$date": "never"}}',
    '{"a": {"$oid": "zz"}}',
    '{"a": {"$numberDecimal": "much"}}',
    '{"a": {"$numberLong": "many"}}',
    '{"a": {"$date": {"$numberLong": "999999999999999999"}}}',
    '{"a": ' + "[" * 5000 + "]" * 5000 + "}",
    '{"a": ' + "[" * 150 + "]" * 150 + "}",
    '{"ACL": {"r": 5}}',
    '{"createdAt": 5}',
    '{"etag": 5}',
    '{"a": "' + "x" * 300_000 + '"}',
]


def test_a_line_that_cannot_be_imported_is_named_and_nothing_of_it_is_stored(data: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "source.ndjson", tmp_path / "out.ndjson"
    for text in NO_OBJECTS:
        source.write_bytes(line(1).encode() + b"\n" + text.encode("latin-1") + b"\n")
        assert str(refused(data, "import", "acme", "scores", str(source))).startswith("line 3: "), text

    run(data, "export", "acme", "scores", str(out))
    assert len(out.read_text().splitlines()) == 1


def test_every_type_comes_back_as_it_went(data: Path, tmp_path: Path) -> None:
    values = {
        "date": {"$date": {"$numberLong": "1480000000123"}},
        "before 1970": {"$date": {"$numberLong": "-1"}},
        "long": {"$numberLong": "5"},
        "largest": {"$numberLong": "9223372036854775807"},
        "int": {"$numberInt": "5"},
        "double": {"$numberDouble": "5.0"},
        "nan": {"$numberDouble": "NaN"},
        "infinite": {"$numberDouble": "-Infinity"},
        "decimal": {"$numberDecimal": "1.10"},
        "id": {"$oid": "5a1000000000000000000001"},
        "bytes": {"$binary": {"base64": "AAH/", "subType": "80"}},
        "uuid": {"$binary": {"base64": "c//SZESzTGmQ6OfR38A11A==", "subType": "04"}},
        "pattern": {"$regularExpression": {"pattern": "^a", "options": "i"}},
        "stamp": {"$timestamp": {"t": 4294967295, "i": 1}},
        "least": {"$minKey": 1},
        "most": {"$maxKey": 1},
        "null": None,
        "empty": [{}, [], ""],
        "line\nbreak \u2028": "\u2028 \U0001f600",
    }
    source, out = tmp_path / "source.ndjson", tmp_path / "out.ndjson"
    acl = {"owner": "someone", "r": ["g:anonymous"]}
    source.write_text(json.dumps({"_id": "0" * 24, "ACL": acl, "_deleted": True, **values}) + "\n")

    assert run(data, "import", "acme", "scores", str(source)).exit_code == 0
    assert run(data, "export", "acme", "scores", str(out)).exit_code == 0

    back = json.loads(out.read_bytes().split(b"\n")[0])
    assert {name: back[name] for name in values} == values
    assert (back["ACL"]["owner"], back["ACL"]["r"], back["_deleted"]) == ("someone", ["g:anonymous"], True)


def test_an_export_of_nothing_leaves_no_file(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.ndjson"

    assert "nowhere" in str(refused(data, "export", "acme", "nowhere", str(out)))
    assert not out.exists()
