"""A gateway that delivers nothing and logs that, for development without devices."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable

from chalicelib.core.push.ports import Delivery, PushMessage, Target


def _to_stderr(line: str) -> None:
    sys.stderr.write(line + "\n")


class LogPush:
    """Takes every message for apns and gcm and logs how many there were; never a token, never a text."""

    technologies = frozenset({"apns", "gcm"})

    def __init__(self, write: Callable[[str], object] = _to_stderr) -> None:
        self._write = write

    def send(self, targets: list[Target], message: PushMessage) -> list[Delivery]:
        line = {
            "event": "push",
            "technology": sorted({target.technology for target in targets}),
            "apps": sorted({target.app for target in targets}),
            "targets": len(targets),
            "characters": len(message.text),
        }
        self._write(json.dumps(line))
        return [Delivery.SENT] * len(targets)
