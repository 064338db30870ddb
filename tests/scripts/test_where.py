from __future__ import annotations

import pytest

from scripts.where import main


@pytest.mark.parametrize(
    "question",
    ["PUT /1/acme/groups/staff", "put /api/1/acme/groups/a%2Fb?etag=1", "PUT /1/{tenant}/groups/{group}"],
)
def test_a_request_leads_to_its_code_and_test(question: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(question) == 0
    answer = capsys.readouterr().out
    assert "chalicelib/dialects/nec/routes/groups.py:" in answer
    assert "put_group" in answer
    assert "tests/dialects/nec/routes/test_groups.py" in answer


@pytest.mark.parametrize(
    ("question", "status"), [("PUT /zzz", 1), ("PATCH /1/acme/groups/staff", 1), ("", 2), ("/x", 2)]
)
def test_a_request_that_nobody_answers_is_said_so(question: str, status: int) -> None:
    assert main(question) == status
