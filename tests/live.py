"""A real server in a process of its own, started as a user starts it: for tests of clients, crashes and commands."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_SECONDS = 240.0
"""How long what must happen may take before a test gives up: long enough for a machine that is busy with others."""


@dataclass
class LiveServer:
    """A server with its demo tenant."""

    process: subprocess.Popen[bytes]
    port: int
    data: Path

    @property
    def demo(self) -> dict[str, str]:
        """What `yorozu demo --json` tells: {base_url, tenant_id, app_id, app_key, master_key}."""
        return yorozu_json(self.data, "demo")

    def kill(self) -> None:
        """Ends the process as a power cut ends it: no handler runs."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(PATIENCE_SECONDS)

    def stop(self) -> int:
        """Asks the process to end, as an operator does; returns its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(PATIENCE_SECONDS)


@contextmanager
def live_server(
    data: Path, *options: str, module: str = "yorozu.main", variables: Mapping[str, str] | None = None
) -> Iterator[LiveServer]:
    """A server on a free port of loopback that answers; it is gone afterwards.

    `module` is what runs in the place of the command `yorozu`; `variables` are added to its environment.
    """
    with reserved_port() as port, (data.parent / f"{data.name}.log").open("ab") as log:
        command = [sys.executable, "-m", module, "serve", "--port", str(port), "--data", str(data), *options]
        process = subprocess.Popen(
            command, cwd=ROOT, stdout=log, stderr=log, env=clean_environment() | dict(variables or {})
        )
        try:
            _await_answer(process, port)
            yield LiveServer(process, port, data)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait(PATIENCE_SECONDS)


@contextmanager
def reserved_port() -> Iterator[int]:
    """A port of loopback that nobody else gets meanwhile. Nobody answers there but who asks for it by its number.

    A socket is bound to it that never listens. A server may bind beside it, as servers do that outlive the connections
    of the one before (SO_REUSEADDR); whoever leaves the choice to the system, to listen or to connect, gets another.
    """
    with socket.socket() as held:
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        held.bind(("127.0.0.1", 0))
        port: int = held.getsockname()[1]
        yield port


def eventually(is_so: Callable[[], bool]) -> None:
    """Returns when it is so."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def clean_environment() -> dict[str, str]:
    """The environment without settings that a developer may have set."""
    return {name: value for name, value in os.environ.items() if not name.startswith("YOROZU_")}


def yorozu(data: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Runs a command as an operator does."""
    command = [sys.executable, "-m", "yorozu.main", "--data", str(data), *arguments]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def yorozu_json(data: Path, *arguments: str) -> Any:
    """The one JSON line that a command prints."""
    done = yorozu(data, *arguments, "--json")
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def _await_answer(process: subprocess.Popen[bytes], port: int) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the server ended with status {process.returncode}"
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/1/_health", timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.05)
    raise AssertionError("the server did not answer")
