"""What boto3 raises, as core errors. The cause stays attached; only codes count, and no wording reaches a caller."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from chalicelib.core.errors import CoreError, TimedOut, Unavailable

TIMEOUT = "Timeout"
NO_ANSWER = "NoAnswer"
"""Codes of our own for failures that have none of the service's."""

SLOW = frozenset({TIMEOUT, "RequestTimeout", "RequestTimeoutException"})


@contextmanager
def core_errors(service: str, known: Mapping[str, CoreError] | None = None) -> Iterator[None]:
    """Turns boto3's errors into core errors: by their code into one of `known`, else into TimedOut or Unavailable.

    Our own mistakes, such as a missing right or bucket, are Unavailable too: the caller can do nothing about them, and
    the cause is in the log.
    """
    try:
        yield
    except Exception as error:
        code = code_of(error)
        if code is None:
            raise
        if known and code in known:
            raise known[code] from error
        if code in SLOW:
            raise TimedOut(f"{service} did not answer in time", code) from error
        raise Unavailable(f"{service} is not available", code) from error


def code_of(error: Exception) -> str | None:
    """The service's code for an error, TIMEOUT or NO_ANSWER where no service spoke; None when it is not boto3's."""
    # boto3 is loaded by now: nothing else raises these errors.
    from botocore.exceptions import BotoCoreError, ClientError, ConnectTimeoutError, ReadTimeoutError

    if isinstance(error, ClientError):
        return str(error.response.get("Error", {}).get("Code", NO_ANSWER))
    if isinstance(error, ConnectTimeoutError | ReadTimeoutError):
        return TIMEOUT
    if isinstance(error, BotoCoreError):
        return NO_ANSWER
    return None
