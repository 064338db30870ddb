from __future__ import annotations

from tests.dialects.nec.world import Nec


def test_the_master_key_learns_which_build_answers(nec: Nec) -> None:
    answer = nec.get("/management/server_info", by=nec.master)
    assert (answer.status, answer.json) == (200, {"version": "0.1.0", "buildTime": "2026-11-21T00:00:00Z"})


def test_nobody_else_learns_which_build_answers(nec: Nec) -> None:
    for person in (nec.guest, nec.user("ann")):
        answer = nec.get("/management/server_info", by=person)
        assert answer.status == 401
        assert "0.1.0" not in answer.text
