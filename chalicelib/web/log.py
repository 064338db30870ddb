"""One JSON line on stderr per request and per surprise.

A line never holds a key, token, mail address, raw path, query or document content: only what is listed in the calls.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import Any

_logger = logging.getLogger("yorozu")


class _StderrHandler(logging.Handler):
    """Writes to whatever stderr is at that moment, one write per line, so that threads do not mix their lines."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(record.getMessage())


_logger.addHandler(_StderrHandler())
_logger.propagate = False
_logger.setLevel(logging.INFO)


def set_log_level(level: str) -> None:
    """Drops lines below `level`: DEBUG, INFO, WARNING or ERROR."""
    _logger.setLevel(level)


def log_line(level: str, event: str, **fields: Any) -> None:
    """Writes `{"time", "level", "event", ...fields}`; fields are plain JSON values."""
    number = logging.getLevelNamesMapping()[level]
    if not _logger.isEnabledFor(number):
        return
    time = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    _logger.log(number, "%s", json.dumps({"time": time, "level": level, "event": event, **fields}) + "\n")


def describe(error: BaseException) -> str:
    """Where an unexpected error came from: its type and the innermost frames.

    Its text is left out, because the text of a driver's or parser's error may quote a document.
    """
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    places = " < ".join(
        f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}" for frame in reversed(frames)
    )
    cause = error.__cause__
    return f"{type(error).__name__} at {places}" + (f" caused by {type(cause).__name__}" if cause is not None else "")
