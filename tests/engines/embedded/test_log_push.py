from __future__ import annotations

import json

import pytest

from chalicelib.core.push.ports import Delivery, PushMessage, Target
from chalicelib.engines.embedded.log_push import LogPush

TARGETS = [Target("acme", "app1", f"i{number}", "gcm", f"token{number}") for number in range(3)]


def test_a_line_tells_how_many_and_neither_tokens_nor_the_text() -> None:
    lines: list[str] = []
    delivered = LogPush(lines.append).send(TARGETS, PushMessage("top secret", title="hidden"))
    assert delivered == [Delivery.SENT] * 3
    (line,) = lines
    assert json.loads(line) == {
        "event": "push",
        "technology": ["gcm"],
        "apps": ["app1"],
        "targets": 3,
        "characters": 10,
    }


def test_lines_go_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    LogPush().send(TARGETS[:1], PushMessage("x"))
    assert json.loads(capsys.readouterr().err)["targets"] == 1
