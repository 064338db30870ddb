"""What goes wrong at the command line: one clear sentence and a status, never a stack trace."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import pytest
from rich.console import Console

from chalicelib.settings import Settings
from tests.live import reserved_port
from tests.yorozu.test_commands import run, told
from yorozu import output, start
from yorozu.main import main


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    told(folder, "tenants", "create", "acme")
    return folder


def complaint(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, data: Path, *arguments: str) -> str:
    """The only line that `yorozu` leaves on standard error when it fails."""
    monkeypatch.setattr(sys, "argv", ["yorozu", "--data", str(data), *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 1
    (line,) = capfd.readouterr().err.splitlines()
    return line


def test_what_looks_like_markup_is_shown_as_it_is(
    data: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert complaint(capfd, monkeypatch, data, "tenants", "show", "[/red]") == "Error: no such tenant: [/red]"


def test_an_error_is_one_line_however_long_it_is(
    data: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(complaint(capfd, monkeypatch, data, "tenants", "create", "_" * 20)) > 80


@pytest.mark.parametrize("place", ["a file", "below nothing"])
def test_a_data_folder_that_cannot_be_used_is_named_with_what_helps(
    place: str, tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "file" if place == "a file" else Path("/proc/nowhere/data")
    if place == "a file":
        folder.write_text("not a folder")

    for command in (["tenants", "list"], ["demo"], ["serve", "--no-demo"]):
        line = complaint(capfd, monkeypatch, folder, *command)
        assert line.startswith(f"Error: the data folder {folder} cannot be used (")
        assert "--data" in line


def test_a_taken_port_is_told_before_anything_is_made(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        line = complaint(capfd, monkeypatch, tmp_path / "data", "serve", "--port", str(port))

    assert line.startswith(f"Error: port {port} of 127.0.0.1 is taken: ")
    assert "--port" in line
    assert not (tmp_path / "data" / "demo.json").exists()


def test_an_address_of_another_machine_is_refused(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    line = complaint(capfd, monkeypatch, tmp_path / "data", "serve", "--host", "192.0.2.1")

    assert line.startswith("Error: nobody can listen at 192.0.2.1 port 8080: ")


def test_where_nobody_can_be_asked_the_way_out_is_named(data: Path) -> None:
    done = run(data, "tenants", "delete", "acme")

    assert "--yes" in str(done.exception)
    assert [row["name"] for row in told(data, "tenants", "list")] == ["acme"]


@pytest.mark.parametrize(
    "arguments",
    [
        ("users", "add", "acme", "a@example.com", "--password", "Passw0rd", "--options", "{no"),
        ("users", "add-certificate", "acme", "tarou", "--options", "{no"),
        ("buckets", "create", "acme", "scores", "--acl", "{no"),
        ("tenants", "settings", "acme", "--mail-words", "WORDS"),
    ],
)
def test_what_is_no_json_is_a_mistake_of_usage(data: Path, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    words = tmp_path / "words.json"
    words.write_text("{no")

    done = run(data, *(str(words) if word == "WORDS" else word for word in arguments))

    assert done.exit_code == 2
    assert "not JSON" in done.stderr


def test_a_file_that_cannot_be_written_is_named(
    data: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    told(data, "buckets", "create", "acme", "scores")

    line = complaint(capfd, monkeypatch, data, "export", "acme", "scores", "/proc/nowhere/out.ndjson")

    assert line == "Error: /proc/nowhere/out.ndjson: No such file or directory"


def test_names_that_steer_a_terminal_are_spelled_out(data: Path) -> None:
    told(data, "apps", "create", "acme", "evil\x1b]0;gone\x07[/red]\nname\u3000\u65e5")

    listed = run(data, "apps", "list", "acme").stdout

    assert "evil\\x1b]0;gone\\x07[/red]\\x0aname\u3000\u65e5" in listed
    assert "\x1b" not in listed


def test_a_table_for_a_terminal_shows_brackets_as_they_are(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told(data, "apps", "create", "acme", "[/red] app")
    monkeypatch.setattr(output, "console", Console(force_terminal=True, width=100))

    assert "[/red] app" in run(data, "apps", "list", "acme").stdout


def test_a_pipe_gets_whole_values_between_tabs(data: Path) -> None:
    name = "a name that is much longer than a narrow terminal could ever show on one line "
    made = told(data, "apps", "create", "acme", name)[0]

    header, line = run(data, "apps", "list", "acme").stdout.splitlines()

    assert header.split("\t") == ["id", "name", "enabled", "client_push"]
    assert line.split("\t") == [made["app_id"], name, "yes", "no"]
    assert json.loads(run(data, "apps", "list", "acme", "--json").stdout)["name"] == name


def test_a_damaged_demo_tenant_keeps_nobody_from_serving_the_others(
    data: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    demo = told(data, "demo")[0]["tenant_id"]
    (data / f"{demo}.db").write_bytes(b"no database" * 1000)
    served: list[Settings] = []
    monkeypatch.setattr(start, "serve_app", lambda settings, **_: served.append(settings))

    with reserved_port() as port:
        done = run(data, "serve", "--port", str(port))

    assert done.exit_code == 0
    assert [settings.data_folder for settings in served] == [data]
    assert "yorozu doctor" in capfd.readouterr().err + done.output
