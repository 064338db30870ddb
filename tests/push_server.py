"""`yorozu` with a gateway that remembers whom it was handed, for tests that kill the server while it sends.

Its clock may go before the machine's: what a killed worker held is free again an hour later, without an hour's wait.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib import bootstrap
from chalicelib.core.clock import SystemClock
from chalicelib.core.push.ports import Delivery, PushMessage, Target
from chalicelib.engines.embedded.log_push import LogPush
from chalicelib.engines.embedded.sqlite_jobs import SqliteJobs
from chalicelib.settings import Settings
from yorozu.main import main

RECORD = "PUSH_RECORD"
"""The variable that names the file of the record: a line with the ids for each sending."""

HOURS = "HOURS_AHEAD"
"""The variable that says by how many hours the clock is ahead."""

SEND_SECONDS = 0.03


class ClockAhead(SystemClock):
    def now(self) -> datetime:
        return super().now() + timedelta(hours=int(os.environ[HOURS]))


def jobs_ahead(settings: Settings) -> SqliteJobs:
    """The queue that the server would have, by the same clock."""
    seconds = 3600 * int(os.environ[HOURS])
    return SqliteJobs(settings.data_folder / "jobs" / "jobs.db", lambda: time.time() + seconds)


class RecordingPush(LogPush):
    """The log's gateway with a record, slow enough to be killed at work. A token's first word says what becomes
    of it."""

    def send(self, targets: list[Target], message: PushMessage) -> list[Delivery]:
        super().send(targets, message)
        line = " ".join(target.installation for target in targets) + "\n"
        record = os.open(os.environ[RECORD], os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(record, line.encode())
        finally:
            os.close(record)
        time.sleep(SEND_SECONDS)
        return [Delivery(target.token.partition("-")[0]) for target in targets]


if __name__ == "__main__":
    embedded_engines = bootstrap.embedded_engines
    bootstrap.embedded_engines = lambda settings, *given: replace(
        embedded_engines(settings, *given), jobs=jobs_ahead(settings), gateways=[RecordingPush()]
    )
    bootstrap.SystemClock = ClockAhead  # type: ignore[misc]
    main()
