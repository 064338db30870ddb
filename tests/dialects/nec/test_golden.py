"""Requests and replies as the reference spells them: one file each in golden/.

A file: `given` requests that set the stage (their answers are kept under `as`; `signs_in` names the person), the
`request`, its `status` and `reply`. A `body` is JSON, a `content` any text. `{name.field}` is filled in from a kept
answer; `<date>` and the like stand for what only the server knows. Replies may show more than the reference does, so
objects are compared by its keys.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.dialects.nec.world import NOTHING, Answer, Nec, Person

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.json"))

FORMS = {
    "<id>": re.compile("[0-9a-f]{24}"),
    "<date>": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    "<etag>": re.compile("[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}"),
    "<token>": re.compile("[!-~]{40,}"),
    "<seconds>": re.compile(r"\d{10}"),
}


class Stage:
    """A tenant and what its answers were so far."""

    def __init__(self, nec: Nec) -> None:
        self.nec = nec
        self.kept: dict[str, Any] = {}
        self.people: dict[str, Person] = {"guest": nec.guest, "master": nec.master}

    def run(self, step: dict[str, Any]) -> Answer:
        filled = self.fill(step)
        by = self.people[filled.get("by", "guest")]
        content = filled.get("content")
        body = filled.get("body", NOTHING) if content is None else content.encode()
        headers = {} if content is None else {"Content-Type": None} | filled.get("headers", {})
        answer = self.nec.send(
            filled["method"], filled["path"], body, by=by, query=filled.get("query"), headers=headers
        )
        if "as" in step:
            self.kept[step["as"]] = answer.json
        if "signs_in" in step:
            self.people[step["signs_in"]] = Person(self.nec.app.key, answer.json["sessionToken"])
        return answer

    def fill(self, value: Any) -> Any:
        """The value with every `{name.field}` put in."""
        if isinstance(value, dict):
            return {key: self.fill(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self.fill(item) for item in value]
        if isinstance(value, str):
            return re.sub(r"\{(\w+)\.(\w+)\}", lambda match: str(self.kept[match[1]][match[2]]), value)
        return value


def compare(expected: Any, actual: Any, path: str = "reply") -> None:
    """Fails unless `actual` says at least what is expected, lists and values exactly."""
    if isinstance(expected, dict):
        assert isinstance(actual, dict), path
        for key, value in expected.items():
            assert key in actual, f"{path}.{key}"
            compare(value, actual[key], f"{path}.{key}")
    elif isinstance(expected, list):
        assert isinstance(actual, list), path
        assert len(actual) == len(expected), path
        for position, value in enumerate(expected):
            compare(value, actual[position], f"{path}.{position}")
    elif isinstance(expected, str) and expected in FORMS:
        assert FORMS[expected].fullmatch(str(actual)), f"{path}: {actual}"
    else:
        assert actual == expected, path


@pytest.mark.parametrize("file", GOLDEN, ids=lambda file: file.stem)
def test_the_reference_is_kept(nec: Nec, file: Path) -> None:
    golden = json.loads(file.read_text())
    stage = Stage(nec)
    for step in golden["given"]:
        assert stage.run(step).status == 200, step
    answer = stage.run(golden["request"])
    assert answer.status == golden["status"], answer.text
    compare(stage.fill(golden["reply"]), answer.json)
    if "projection" in file.stem:
        assert answer.json["results"] == stage.fill(golden["reply"])["results"]
