"""What the driver raises, as core errors. The cause stays attached; only codes count, never the wording."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from bson.errors import BSONError
from pymongo.errors import (
    AutoReconnect,
    DuplicateKeyError,
    ExecutionTimeout,
    NetworkTimeout,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WTimeoutError,
)
from pymongo.errors import DocumentTooLarge as BodyTooLargeForServer

from chalicelib.core.errors import (
    Conflict,
    CoreError,
    DocumentTooLarge,
    DuplicateId,
    DuplicateKey,
    ImmutableField,
    InvalidDocument,
    InvalidInput,
    InvalidQuery,
    OperatorMisused,
    TimedOut,
    Unavailable,
)

MAX_DOCUMENT_BYTES = 16 * 1024 * 1024
"""The largest document of a server. Spec: mongodb, "BSON Document Size"."""

ID_INDEX = "_id_"

IMMUTABLE_FIELD = 66
TOO_LARGE = frozenset({10334, 17419, 17420})
KEY_TOO_LONG = 17280
"""A value that an index cannot hold: DocumentDB's keys have up to 2,048 bytes."""
INDEX_CONFLICT = frozenset({85, 86})
"""IndexOptionsConflict, IndexKeySpecsConflict."""
NOT_THE_QUESTION = frozenset(
    # Internal, unreachable, unauthorised, shutting down, interrupted, stale, stepping down, write conflict, no quorum.
    {1, 6, 7, 8, 11, 13, 18, 20, 43, 63, 64, 79, 89, 91, 100, 112, 133, 189, 202, 262, 8000, 9001, 10107, 11600, 11601}
    | {11602, 13388, 13435, 13436}
)
"""Codes that are about the state of the server and not about what was asked."""

_INDEX_NAME = re.compile(r"index: (?:\S+\.\$)?(\S+)")

_LONGEST_MESSAGE = 300


@contextmanager
def core_errors(refused: type[InvalidInput] = OperatorMisused) -> Iterator[None]:
    """Turns driver errors into core errors; `refused` is the error for what the server refuses to do."""
    try:
        yield
    except BodyTooLargeForServer as error:
        raise DocumentTooLarge(MAX_DOCUMENT_BYTES) from error
    except BSONError as error:
        raise InvalidDocument(f"the value cannot be stored: {error}") from error
    except OverflowError as error:
        raise InvalidDocument("an integer needs more than 64 bits") from error
    except PyMongoError as error:
        raise core_error(error, refused) from error


def core_error(error: PyMongoError, refused: type[InvalidInput]) -> CoreError:
    """The core error that a driver error means."""
    if isinstance(error, DuplicateKeyError):
        return _duplicate(error)
    if isinstance(error, ServerSelectionTimeoutError):
        return Unavailable("no database server answers")
    if isinstance(error, ExecutionTimeout | NetworkTimeout | WTimeoutError) or error.timeout:
        return TimedOut("the database did not answer in time")
    if isinstance(error, OperationFailure) and not isinstance(error, AutoReconnect):
        return _refusal(error, refused)
    return Unavailable("the database is not available")


def _refusal(error: OperationFailure, refused: type[InvalidInput]) -> CoreError:
    if error.code in NOT_THE_QUESTION or error.code is None:
        return Unavailable("the database is not available")
    if error.code == IMMUTABLE_FIELD:
        return ImmutableField("_id")
    if error.code in TOO_LARGE:
        return DocumentTooLarge(MAX_DOCUMENT_BYTES)
    if error.code == KEY_TOO_LONG:
        return InvalidDocument("a value is too long for the index on its field")
    if error.code in INDEX_CONFLICT:
        return Conflict("an index of that name or of those keys exists and differs")
    if issubclass(refused, InvalidQuery):
        return refused(_message(error))
    # The server's own words quote the document, which the caller may not be allowed to read.
    return refused(f"the document does not allow this: {_code_name(error)}")


def _duplicate(error: DuplicateKeyError) -> Conflict:
    details: Mapping[str, Any] = error.details or {}
    name = _INDEX_NAME.search(str(details.get("errmsg", error)))
    index = name.group(1) if name else ""
    key = details.get("keyValue")
    if index == ID_INDEX:
        return DuplicateId(key.get("_id", "") if isinstance(key, Mapping) else "")
    return DuplicateKey(index)


def _code_name(error: OperationFailure) -> str:
    name = (error.details or {}).get("codeName")
    return str(name) if name else f"code {error.code}"


def _message(error: OperationFailure) -> str:
    return str((error.details or {}).get("errmsg", "the server refused the query"))[:_LONGEST_MESSAGE]
