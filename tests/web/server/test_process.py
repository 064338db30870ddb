"""A server process that is told to stop."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPConnection
from pathlib import Path

import pytest

from chalicelib.web.server import process
from tests.live import PATIENCE_SECONDS, eventually, reserved_port


@contextmanager
def running(*arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A Python process; it and its children are gone afterwards, whatever became of the test."""
    server = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    )
    try:
        yield server
    finally:
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)
        server.communicate()


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
def test_a_running_request_is_finished_before_the_server_ends(stop: signal.Signals) -> None:
    with reserved_port() as port, running("-m", "tests.web.parrot_server", str(port)) as server:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n"
        answers: list[bytes] = []
        eventually(lambda: is_open(port))
        slow = threading.Thread(target=lambda: answers.append(ask(port, "/p/acme/second")))
        slow.start()
        assert server.stdout.readline() == b"working\n"
        server.send_signal(stop)
        slow.join()
        assert answers == [b'{"second":"over"}']
        assert server.stdout.readline() == b"closed\n"
        assert server.wait(PATIENCE_SECONDS) in (0, -stop)


@pytest.fixture
def loggers() -> Iterator[dict[str, logging.Logger]]:
    """The loggers of the HTTP server and its event loop, as they are for other tests afterwards."""
    found = {name: logging.getLogger(name) for name in ("uvicorn.error", "asyncio")}
    before = {name: (logger.handlers, logger.propagate) for name, logger in found.items()}
    yield found
    for name, logger in found.items():
        logger.handlers, logger.propagate = before[name]


def test_what_the_server_complains_of_thousands_of_times_is_told_once(
    loggers: dict[str, logging.Logger], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "REPEATED_AFTER_SECONDS", 3600)
    process.send_complaints_as_log_lines()
    for logger in loggers.values():
        for _ in range(1000):
            logger.error("socket.accept() out of system resource\nsocket: 7")
        logger.warning("another")
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    told = [("ERROR", "socket.accept() out of system resource"), ("WARNING", "another")]
    assert [(line["level"], line["message"]) for line in lines] == told * 2


SERVE = """
import sys; from pathlib import Path
from chalicelib.settings import Settings; from chalicelib.web.server import serve
serve(Settings(data_folder=Path(sys.argv[1])), port=int(sys.argv[2]), workers=2)
"""


def test_several_workers_serve_the_app_and_end_together(tmp_path: Path) -> None:
    with reserved_port() as port, running("-c", SERVE, str(tmp_path / "data"), str(port)) as server:
        eventually(lambda: is_open(port))
        assert [ask(port, "/api/1/_health")[:1] for _ in range(4)] == [b"{"] * 4
        server.send_signal(signal.SIGTERM)
        assert server.wait(PATIENCE_SECONDS) in (0, -signal.SIGTERM)
        assert server.stderr is not None
        events = [json.loads(line)["event"] for line in server.stderr]
    assert events.count("request") == 4
    assert not is_open(port)


def ask(port: int, path: str) -> bytes:
    connection = HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    connection.request("GET", path)
    body = connection.getresponse().read()
    connection.close()
    return body


def is_open(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
