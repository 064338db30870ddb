from __future__ import annotations

from datetime import datetime
from typing import Any, cast

from chalicelib.core.errors import Unavailable
from chalicelib.core.push.events import EventLog
from chalicelib.core.push.ports import Delivery, PushMessage, Target
from chalicelib.core.push.sse_gateway import SsePush
from tests.core.site import FixedClock


class Log:
    """Remembers what was appended; cannot keep events for `broken`."""

    def __init__(self) -> None:
        self.appended: list[tuple[Any, ...]] = []

    def append(
        self, tenant: str, installation: str, event_id: str | None, event_type: str | None, data: str, at: datetime
    ) -> None:
        if installation == "broken":
            raise Unavailable("down")
        self.appended.append((tenant, installation, event_id, event_type, data, at))


def target(installation: str) -> Target:
    return Target("acme", "app", installation, "sse", "token")


def test_each_installation_gets_an_event(clock: FixedClock) -> None:
    log = Log()
    message = PushMessage("hello", event_id="7", event_type="news")
    delivered = SsePush(cast("EventLog", log), clock).send([target("a"), target("b")], message)
    assert delivered == [Delivery.SENT, Delivery.SENT]
    assert log.appended == [("acme", name, "7", "news", "hello", clock.now()) for name in ("a", "b")]


def test_an_event_that_cannot_be_kept_now_is_tried_again_alone(clock: FixedClock) -> None:
    gateway = SsePush(cast("EventLog", Log()), clock)
    delivered = gateway.send([target("a"), target("broken"), target("b")], PushMessage("hello"))
    assert delivered == [Delivery.SENT, Delivery.RETRY, Delivery.SENT]
