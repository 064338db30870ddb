from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
from chalice.app import Cron, Rate

from chalicelib.web.chalice_bridge import YorozuApp
from chalicelib.web.server import schedules
from chalicelib.web.server.schedules import Schedules, interval_seconds
from tests.live import PATIENCE_SECONDS


@pytest.mark.parametrize(
    ("expression", "seconds"),
    [
        ("rate(1 minute)", 60),
        ("rate(2 hours)", 7200),
        ("rate(1 day)", 86400),
        (Rate(5, unit=Rate.MINUTES), 300),
        (Rate(1, unit=Rate.HOURS), 3600),
    ],
)
def test_a_rate_is_an_interval(expression: Any, seconds: int) -> None:
    assert interval_seconds(expression) == seconds


@pytest.mark.parametrize("expression", ["cron(0 1 * * ? *)", Cron(0, 1, "*", "*", "?", "*"), "hourly"])
def test_what_is_no_rate_is_refused(expression: Any) -> None:
    with pytest.raises(ValueError, match=r"rate\(\.\.\.\) schedules only"):
        interval_seconds(expression)


class Jobs:
    """An app with two scheduled jobs, one of which fails."""

    def __init__(self) -> None:
        self.app = YorozuApp("jobs")
        self.done = threading.Event()
        self.runs = 0
        self.app.schedule("rate(1 minute)", name="good")(self._good)
        self.app.schedule("rate(1 minute)", name="bad")(self._bad)

    def _good(self, event: Any) -> None:
        self.runs += 1
        if self.runs == 3:
            self.done.set()

    def _bad(self, event: Any) -> None:
        raise KeyError("hush")


@pytest.fixture
def fast_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(schedules._UNIT_SECONDS, "minute", 0.01)


@pytest.mark.usefixtures("fast_minutes")
def test_jobs_run_again_and_again_and_a_failing_one_disturbs_nobody(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    jobs = Jobs()
    timers = Schedules(jobs.app, tmp_path / "lock")
    timers.start()
    assert jobs.done.wait(PATIENCE_SECONDS)
    timers.stop()
    runs = jobs.runs
    assert not any(thread.name in ("good", "bad") for thread in threading.enumerate())
    assert jobs.runs == runs
    assert "hush" not in capsys.readouterr().err


@pytest.mark.usefixtures("fast_minutes")
def test_of_two_holders_of_one_lock_file_only_one_runs_the_jobs(tmp_path: Path) -> None:
    first, second = Jobs(), Jobs()
    timers = Schedules(first.app, tmp_path / "lock")
    timers.start()
    assert first.done.wait(PATIENCE_SECONDS)
    others = Schedules(second.app, tmp_path / "lock")
    others.start()
    assert not second.done.wait(0.1)
    assert second.runs == 0
    timers.stop()
    assert second.done.wait(PATIENCE_SECONDS)
    others.stop()


@pytest.mark.usefixtures("fast_minutes")
def test_a_lock_that_cannot_be_had_for_a_moment_keeps_no_job_from_running_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs, refused, folder = Jobs(), threading.Event(), tmp_path / "later"
    monkeypatch.setattr(schedules, "log_line", lambda *facts, **more: refused.set())
    timers = Schedules(jobs.app, folder / "lock")
    timers.start()
    assert refused.wait(PATIENCE_SECONDS)

    folder.mkdir()

    assert jobs.done.wait(PATIENCE_SECONDS)
    timers.stop()
