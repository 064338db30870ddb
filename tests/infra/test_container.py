"""The container's recipe: its files exist and suffice, it starts the server that we test, and not as root."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from scripts.package import ROOT
from tests.live import PATIENCE_SECONDS, reserved_port

RECIPE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


def instructions(name: str) -> list[str]:
    joined = RECIPE.replace("\\\n", " ")
    return [line.removeprefix(f"{name} ") for line in joined.splitlines() if line.startswith(f"{name} ")]


def copied() -> list[str]:
    """What comes from this folder."""
    sources = [line.split()[:-1] for line in instructions("COPY") if not line.startswith("--from")]
    return [source for line in sources for source in line]


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """A folder with nothing but what the recipe copies."""
    for name in copied():
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copyfile
        copy(ROOT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def port(image: Path) -> Iterator[int]:
    """The port of the server that the recipe starts, in that folder, with a port of ours."""
    with reserved_port() as port:
        yield from serve(image, port)


def serve(image: Path, port: int) -> Iterator[int]:
    (command,) = instructions("CMD")
    arguments = re.findall(r'"([^"]+)"', command)
    arguments[arguments.index("--port") + 1], arguments[arguments.index("--host") + 1] = str(port), "127.0.0.1"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("YOROZU_")}
    with (image / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "yorozu.main", *arguments],
            cwd=image,
            env=environment | {"YOROZU_DATA_FOLDER": str(image / "data"), "PYTHONPATH": str(image)},
            stdout=log,
            stderr=log,
        )
        yield port
        process.terminate()
        # The server ends by the signal itself, after it has let its requests finish.
        assert process.wait(PATIENCE_SECONDS) == -signal.SIGTERM


def test_the_server_answers_its_health_check_with_the_copied_files_alone(port: int) -> None:
    (check,) = re.findall(r"http://127.0.0.1:8080(/\S+)'", RECIPE)
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{check}", timeout=4) as answer:
                assert answer.status == 200
            return
        except OSError:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def test_the_recipe_ends_as_somebody_who_is_not_root() -> None:
    assert instructions("USER") == ["10001"]


def test_the_base_is_the_python_that_the_lambda_runs() -> None:
    assert set(instructions("FROM")) == {"python:3.11-slim AS build", "python:3.11-slim"}


def test_nothing_reaches_the_build_but_what_is_copied() -> None:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert lines[1] == "*"
    admitted = [line[1:] for line in lines if line.startswith("!")]
    assert all(any(Path(name.rstrip("/")).match(pattern) for pattern in admitted) for name in copied())


def test_the_container_has_the_aws_library_that_the_tests_ran_with() -> None:
    pins = (ROOT / "requirements-aws.txt").read_text(encoding="utf-8").split()
    assert set(pins) <= set((ROOT / "requirements-dev.txt").read_text(encoding="utf-8").split())
