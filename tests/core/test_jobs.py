from __future__ import annotations

import json
from typing import Any

import pytest

from chalicelib.core.errors import LimitExceeded
from chalicelib.core.jobs import MAX_JOB_BYTES, job_text


def test_a_job_is_kept_as_json_in_ascii() -> None:
    body: dict[str, Any] = {"tenant": "日本", "n": 1, "rest": [None, "\ud800"]}
    text = job_text(body)
    assert text.isascii()
    assert json.loads(text) == body


def test_a_job_has_a_largest_size() -> None:
    frame = len(job_text({"x": ""}))
    assert len(job_text({"x": "a" * (MAX_JOB_BYTES - frame)})) == MAX_JOB_BYTES
    with pytest.raises(LimitExceeded):
        job_text({"x": "a" * (MAX_JOB_BYTES - frame + 1)})
