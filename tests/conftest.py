"""What every test shares: no settings of the person who runs it, and none of the test before."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import hypothesis
import pytest

from chalicelib.web.log import set_log_level

if TYPE_CHECKING:
    from tests.aws_server import AwsServer

# Reproducible everywhere, and free of deadlines: the machines that run tests are slow in turns.
hypothesis.settings.register_profile(
    "house", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("house")


# What a terminal, a CI service or a network brings along: colours in what commands print, proxies between a test and
# a server of its own. Taken away before anything reads it.
for name in ("FORCE_COLOR", "CLICOLOR_FORCE", "PY_COLORS", "NO_COLOR", "GITHUB_ACTIONS", "COLUMNS", "LINES"):
    os.environ.pop(name, None)
for name in ("NO_PROXY", "no_proxy"):
    os.environ[name] = ",".join(filter(None, [os.environ.get(name), "127.0.0.1", "localhost"]))


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    set_log_level("INFO")
    for name in [name for name in os.environ if name.startswith("YOROZU_") and not name.startswith("YOROZU_TEST_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def aws() -> Iterator[AwsServer]:
    """A stand-in for AWS, for whoever asks for it."""
    from tests.aws_server import aws_server

    with aws_server() as server:
        yield server
