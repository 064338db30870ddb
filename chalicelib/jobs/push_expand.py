"""From the queue `push-expand`: cut a notification into batches."""

from __future__ import annotations

from typing import Any

from chalicelib.core.core import Core


def push_expand(core: Core, body: dict[str, Any]) -> None:
    """`body`: {tenant, notification, batch}, as core/push/fan_out.py makes it. Safe to run twice."""
    core.push.fan_out.expand(body["tenant"], body["notification"], body["batch"])
