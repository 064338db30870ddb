"""`yorozu` with a gateway that remembers whom it was handed, for tests that kill the server while it sends.

A worker that was killed keeps its batch for seconds, not for minutes.
"""

from __future__ import annotations

import os
import time
from dataclasses import replace
from datetime import timedelta

from chalicelib import bootstrap
from chalicelib.core.push import batches
from chalicelib.core.push.ports import Delivery, PushMessage, Target
from chalicelib.engines.embedded.log_push import LogPush
from yorozu.main import main

RECORD = "PUSH_RECORD"
"""The variable that names the file of the record: a line with the ids for each sending."""

LEASE_SECONDS = 5
SEND_SECONDS = 0.03


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
    batches.LEASE = timedelta(seconds=LEASE_SECONDS)
    embedded_engines = bootstrap.embedded_engines
    bootstrap.embedded_engines = lambda *given: replace(embedded_engines(*given), gateways=[RecordingPush()])
    main()
