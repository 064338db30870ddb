"""Every error that the core or the web can raise has an answer in every dialect."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.core import errors as core_errors
from chalicelib.core.errors import CoreError, Unavailable
from chalicelib.dialects import all_dialects
from chalicelib.web import errors as web_errors
from chalicelib.web.call import Headers, QueryParameters, Request
from chalicelib.web.dialect import Dialect
from chalicelib.web.errors import InternalError

REQUEST = Request(
    method="GET",
    path="/",
    path_parameters={"tenant": "acme"},
    query=QueryParameters({}),
    headers=Headers({}),
    body=b"",
    request_id="r",
)

VALUES: dict[str, Any] = {"int": 7, "str": "x", "list[str]": ["x"], "tuple[str, ...]": ("x",), "Any": {"_id": "x"}}


def every_error() -> Iterator[type[CoreError]]:
    def below(kind: type[CoreError]) -> Iterator[type[CoreError]]:
        yield kind
        for child in kind.__subclasses__():
            yield from below(child)

    modules = {core_errors.__name__, web_errors.__name__}
    return (kind for kind in dict.fromkeys(below(CoreError)) if kind.__module__ in modules and kind is not CoreError)


def made(kind: type[CoreError]) -> CoreError:
    """An instance, its arguments chosen by their annotations."""
    parameters = list(inspect.signature(kind.__init__).parameters.values())[1:]
    return kind(**{one.name: VALUES[one.annotation] for one in parameters if one.default is one.empty})


def tables(dialect: Dialect) -> list[dict[type[CoreError], Any]]:
    """The dictionaries in the dialect's errors.py whose keys are all error classes."""
    module = importlib.import_module(f"chalicelib.dialects.{dialect.name}.errors")
    return [
        value
        for value in vars(module).values()
        if isinstance(value, dict) and value and all(isinstance(k, type) and issubclass(k, CoreError) for k in value)
    ]


PAIRS = [
    pytest.param(dialect, kind, id=f"{dialect.name}-{kind.__name__}")
    for dialect in all_dialects()
    for kind in every_error()
]


@pytest.mark.parametrize(("dialect", "kind"), PAIRS)
def test_an_error_is_mapped_by_its_class_or_an_ancestor_below_core_error(
    dialect: Dialect, kind: type[CoreError]
) -> None:
    ancestors = [ancestor for ancestor in kind.__mro__ if issubclass(ancestor, CoreError) and ancestor is not CoreError]
    assert any(ancestor in table for table in tables(dialect) for ancestor in ancestors)


@pytest.mark.parametrize(("dialect", "kind"), PAIRS)
def test_an_error_becomes_an_answer_with_a_body(dialect: Dialect, kind: type[CoreError]) -> None:
    reply = dialect.render_error(made(kind), REQUEST)
    assert 400 <= reply.status <= 599
    assert reply.body
    if issubclass(kind, Unavailable):
        assert reply.status >= 500 or reply.status == 408


@pytest.mark.parametrize("dialect", all_dialects(), ids=lambda dialect: str(dialect.name))
def test_an_internal_error_tells_nothing(dialect: Dialect) -> None:
    reply = dialect.render_error(InternalError(), REQUEST)
    assert reply.status == 500
    assert "Traceback" not in str(reply.body)
