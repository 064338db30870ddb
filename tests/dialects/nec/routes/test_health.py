from __future__ import annotations

from tests.dialects.nec.world import Nec


def test_health_needs_no_headers_and_is_always_the_same(nec: Nec) -> None:
    answer = nec.send_to("/1/_health", headers={"X-Application-Id": None, "X-Application-Key": None})
    assert (answer.status, answer.json) == (200, {"name": "api", "state": "running"})
