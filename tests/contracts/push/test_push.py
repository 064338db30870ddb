"""What core/push/ports.py promises, held against every gateway."""

from __future__ import annotations

import pytest

from chalicelib.core.push.ports import Delivery, PushMessage
from tests.contracts.push.conftest import Gate

EVERYTHING = PushMessage(
    text="こんにちは",
    title="題",
    badge=3,
    sound="sound1.aiff",
    content_available=True,
    category="category1",
    uri="https://example.com/",
    event_id="1",
    event_type="news",
    extras={"any": {"nested": [1, None, "x"]}},
)


def test_it_says_which_technologies_it_reaches(gate: Gate) -> None:
    assert gate.gateway.technologies == {"apns", "gcm"}


@pytest.mark.parametrize("technology", ["apns", "gcm"])
@pytest.mark.parametrize("message", [PushMessage("hello"), PushMessage(""), EVERYTHING])
def test_a_message_is_sent(gate: Gate, technology: str, message: PushMessage) -> None:
    assert gate.gateway.send([gate.device(technology)], message) == [Delivery.SENT]


def test_each_of_many_targets_gets_an_outcome(gate: Gate) -> None:
    targets = [gate.device("apns" if number % 2 else "gcm") for number in range(25)]
    assert gate.gateway.send(targets, PushMessage("hello")) == [Delivery.SENT] * 25


def test_a_target_may_be_sent_to_again(gate: Gate) -> None:
    target = gate.device()
    for _ in range(3):
        assert gate.gateway.send([target], PushMessage("hello")) == [Delivery.SENT]


def test_nobody_is_sent_nothing(gate: Gate) -> None:
    assert gate.gateway.send([], PushMessage("hello")) == []
