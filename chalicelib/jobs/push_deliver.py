"""From the queue `push-deliver`: send to one batch of a notification."""

from __future__ import annotations

from typing import Any

from chalicelib.core.core import Core


def push_deliver(core: Core, body: dict[str, Any]) -> None:
    """`body`: {tenant, notification, batch}, as core/push/fan_out.py makes it. Safe to run twice."""
    core.push.delivery.deliver(body["tenant"], body["notification"], body["batch"])
