from __future__ import annotations

import errno
import io
import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from chalicelib.core.errors import Unavailable
from chalicelib.web.log import describe, log_line, set_log_level


@pytest.fixture(autouse=True)
def _info() -> Iterator[None]:
    yield
    set_log_level("INFO")


def test_a_line_is_json_with_time_and_level(capsys: pytest.CaptureFixture[str]) -> None:
    log_line("INFO", "request", status=200)
    line = json.loads(capsys.readouterr().err)
    assert {name: line[name] for name in ("level", "event", "status")} == {
        "level": "INFO",
        "event": "request",
        "status": 200,
    }
    assert abs((datetime.now(UTC) - datetime.fromisoformat(line["time"])).total_seconds()) < 60


def test_lines_below_the_level_are_dropped(capsys: pytest.CaptureFixture[str]) -> None:
    set_log_level("WARNING")
    log_line("INFO", "request")
    log_line("ERROR", "failure")
    assert [json.loads(line)["event"] for line in capsys.readouterr().err.splitlines()] == ["failure"]


def test_a_line_break_in_a_field_makes_no_second_line(capsys: pytest.CaptureFixture[str]) -> None:
    log_line("INFO", "request", route="a\nb")
    assert len(capsys.readouterr().err.splitlines()) == 1


def test_the_word_of_a_backend_that_failed_is_told_to_the_operator() -> None:
    error = Unavailable("the file store is not available", "AccessDenied")
    assert describe(error).startswith("Unavailable (AccessDenied) at ")
    assert "AccessDenied" not in error.message


def test_an_error_is_described_by_place_and_type_never_by_its_text() -> None:
    try:
        try:
            int("hush")
        except ValueError as error:
            raise KeyError("hush") from error
    except KeyError as error:
        told = describe(error)
    assert "KeyError at test_log.py" in told
    assert "caused by ValueError" in told
    assert "hush" not in told


@pytest.mark.parametrize("failure", [OSError(errno.ENOSPC, "no space"), BrokenPipeError(), ValueError("closed file")])
def test_a_line_that_cannot_be_written_is_lost_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    class Full(io.StringIO):
        def write(self, text: str) -> int:
            raise failure

    monkeypatch.setattr(sys, "stderr", Full())
    log_line("ERROR", "failure")
