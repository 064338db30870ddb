"""One JSON line on stderr per request and per unexpected failure.

A line never holds a key, token, mail address, raw path, query or document content: only what is listed in the calls.
"""

from __future__ import annotations

import json
import sys
import time
import traceback
from contextlib import suppress
from typing import Any

from chalicelib.core.errors import Unavailable

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


class _Threshold:
    """The one value here that may change while the process runs."""

    level = LEVELS.index("INFO")


def set_log_level(level: str) -> None:
    """Drops lines below `level`, one of LEVELS."""
    _Threshold.level = LEVELS.index(level)


def log_line(level: str, event: str, **fields: Any) -> None:
    """Writes `{"time", "level", "event", ...fields}`; fields are plain JSON values.

    Without `logging`, which costs more than all of routing. One write per line, so that the lines of several
    threads do not mix. A line that cannot be written, on a full disk or into a closed pipe, is lost: the request
    that it tells of is not to fail by it.
    """
    if LEVELS.index(level) >= _Threshold.level:
        with suppress(OSError, ValueError):
            sys.stderr.write(json.dumps({"time": _now(), "level": level, "event": event, **fields}) + "\n")


def _now() -> str:
    """UTC with milliseconds, as 2026-01-31T23:59:59.999Z."""
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return f"{time.strftime('%Y-%m-%dT%H:%M:%S', time.gmtime(seconds))}.{nanoseconds // 1_000_000:03d}Z"


def describe(error: BaseException) -> str:
    """Where an unexpected error came from: its type and the innermost frames.

    Its message is left out, because a driver's or parser's message may quote a document; a backend's code is one word
    and tells the operator what to fix.
    """
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = " < ".join(
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in reversed(frames)
    )
    cause = error.__cause__
    code = f" ({error.code})" if isinstance(error, Unavailable) and error.code else ""
    return f"{type(error).__name__}{code} at {places}" + (
        f" caused by {type(cause).__name__}" if cause is not None else ""
    )
