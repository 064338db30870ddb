"""What each driver error becomes."""

from __future__ import annotations

from typing import Any

import pytest
from bson.errors import InvalidDocument as NotBson
from pymongo.errors import (
    AutoReconnect,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    NetworkTimeout,
    NotPrimaryError,
    OperationFailure,
    PyMongoError,
    ServerSelectionTimeoutError,
    WriteError,
    WTimeoutError,
)
from pymongo.errors import DocumentTooLarge as NotSent

from chalicelib.core.errors import (
    Conflict,
    DocumentTooLarge,
    DuplicateId,
    DuplicateKey,
    ImmutableField,
    InvalidDocument,
    InvalidUpdate,
    OperatorMisused,
    TimedOut,
    Unavailable,
)
from chalicelib.engines.aws.documentdb_errors import core_error, core_errors


def refusal(code: int | None, **details: Any) -> OperationFailure:
    return OperationFailure("no", code, {"errmsg": "the server says no to {secret: 1}", **details})


@pytest.mark.parametrize(
    ("raised", "expected"),
    [
        (ServerSelectionTimeoutError("x"), Unavailable),
        (AutoReconnect("x"), Unavailable),
        (ConnectionFailure("x"), Unavailable),
        (NotPrimaryError("x"), Unavailable),
        (NetworkTimeout("x"), TimedOut),
        (ExecutionTimeout("x", 50), TimedOut),
        (WTimeoutError("x", 64), TimedOut),
        (refusal(11600), Unavailable),
        (refusal(13), Unavailable),
        (refusal(None), Unavailable),
        (refusal(66), ImmutableField),
        (refusal(17419), DocumentTooLarge),
        (refusal(17280), InvalidDocument),
        (refusal(85), Conflict),
        (refusal(2), OperatorMisused),
        (refusal(16608), OperatorMisused),
        # Amazon DocumentDB: "Aggregation stage not supported".
        (refusal(304), OperatorMisused),
    ],
)
def test_a_driver_error_becomes_a_core_error(raised: PyMongoError, expected: type[Exception]) -> None:
    assert type(core_error(raised, OperatorMisused)) is expected


def test_a_refused_query_is_told_in_the_words_of_the_server() -> None:
    assert str(core_error(refusal(2), OperatorMisused)) == "the server says no to {secret: 1}"


def test_a_refused_update_quotes_nothing_of_the_document() -> None:
    error = core_error(WriteError("no", 28, {"errmsg": "{secret: 1}", "codeName": "PathNotViable"}), InvalidUpdate)
    assert type(error) is InvalidUpdate
    assert str(error) == "the document does not allow this: PathNotViable"


@pytest.mark.parametrize(
    ("message", "index"),
    [
        ("E11000 duplicate key error collection: yorozu_t.c index: by_mail dup key: { mail: 1 }", "by_mail"),
        ("E11000 duplicate key error index: yorozu_t.c.$by_mail dup key: { : 1 }", "by_mail"),
        ("E11000 duplicate key error collection: yorozu_t.index index: by_a_1 dup key", "by_a_1"),
    ],
)
def test_a_duplicate_names_its_index(message: str, index: str) -> None:
    error = core_error(DuplicateKeyError("x", 11000, {"errmsg": message}), OperatorMisused)
    assert isinstance(error, DuplicateKey)
    assert error.index == index


def test_a_duplicate_id_is_told_apart() -> None:
    message = "E11000 duplicate key error collection: yorozu_t.c index: _id_ dup key: { _id: 1 }"
    error = core_error(DuplicateKeyError("x", 11000, {"errmsg": message, "keyValue": {"_id": "1"}}), OperatorMisused)
    assert isinstance(error, DuplicateId)
    assert error.document_id == "1"


def test_an_index_on_a_field_named_like_the_id_is_no_duplicate_id() -> None:
    message = "E11000 duplicate key error collection: yorozu_t.c index: _idx dup key: { _idx: 1 }"
    assert isinstance(core_error(DuplicateKeyError("x", 11000, {"errmsg": message}), OperatorMisused), DuplicateKey)


def test_a_document_that_the_driver_will_not_send_is_too_large() -> None:
    with pytest.raises(DocumentTooLarge), core_errors(InvalidDocument):
        raise NotSent("x")


@pytest.mark.parametrize("raised", [NotBson("x"), OverflowError("x")])
def test_a_value_that_is_no_bson_is_refused(raised: Exception) -> None:
    with pytest.raises(InvalidDocument) as refused, core_errors():
        raise raised
    assert refused.value.__cause__ is raised


def test_an_error_keeps_its_cause() -> None:
    cause = AutoReconnect("x")
    with pytest.raises(Unavailable) as refused, core_errors():
        raise cause
    assert refused.value.__cause__ is cause
