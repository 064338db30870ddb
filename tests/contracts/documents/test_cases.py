"""Every case of the contract, on every engine."""

from __future__ import annotations

from collections import Counter

import pytest

from chalicelib.core.documents import Documents
from tests.contracts.documents.case import Case, run
from tests.contracts.documents.cases import ALL_CASES
from tests.contracts.documents.server_limits import SERVER_LIMITS


@pytest.mark.parametrize("case", ALL_CASES, ids=[case.id for case in ALL_CASES])
def test_an_engine_answers_as_mongodb_does(case: Case, documents: Documents, tenant: str, engine: str) -> None:
    outcome = run(case, documents, tenant)
    limit = SERVER_LIMITS.get(case.id) if engine == "mongo" else None
    if limit is None:
        assert outcome.right, f"expected {case.expected!r}, got {outcome.text}"
    else:
        assert not outcome.right, "the server can do this now: take the case out of server_limits.json"
        assert outcome.text == limit, "the server's limit has changed"


def test_every_case_has_a_name_of_its_own() -> None:
    repeated = [name for name, times in Counter(case.id for case in ALL_CASES).items() if times > 1]
    assert not repeated


def test_every_limit_of_the_server_names_a_case() -> None:
    assert set(SERVER_LIMITS) <= {case.id for case in ALL_CASES}


def test_there_are_hundreds_of_cases() -> None:
    assert len(ALL_CASES) >= 500
