"""What is deployed and what settings.py reads are the same variables."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from chalicelib.settings import PREFIX, Settings, variable

ROOT = Path(__file__).resolve().parents[2]
CONFIG: dict[str, Any] = json.loads((ROOT / ".chalice" / "config.json").read_text())
MERGE: dict[str, Any] = json.loads((ROOT / "infra" / "app-merge.json").read_text())
FUNCTIONS = {
    name: part["Properties"]["Environment"]["Variables"]
    for name, part in MERGE["Resources"].items()
    if "Environment" in part["Properties"]
}
KNOWN = {variable(field.name) for field in fields(Settings)}


@pytest.mark.parametrize("stage", CONFIG["stages"])
def test_a_stage_sets_only_variables_that_are_settings(stage: str) -> None:
    assert {name for name in CONFIG["stages"][stage]["environment_variables"] if name.startswith(PREFIX)} <= KNOWN


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("stage", CONFIG["stages"])
def test_each_function_of_a_stage_has_settings_that_can_be_read(stage: str, function: str) -> None:
    merged = dict.fromkeys(FUNCTIONS[function], "mongodb://from-the-stack")
    settings = Settings.from_environment(CONFIG["stages"][stage]["environment_variables"] | merged)
    assert settings.engine == "aws"
    assert set(merged) <= KNOWN


@pytest.mark.parametrize("stage", CONFIG["stages"])
def test_a_stage_is_served_under_the_prefix_of_the_local_server(stage: str) -> None:
    assert CONFIG["stages"][stage]["api_gateway_stage"] == "api"


@pytest.mark.parametrize("stage", CONFIG["stages"])
def test_a_stage_names_a_policy_that_exists(stage: str) -> None:
    policy = json.loads((ROOT / ".chalice" / CONFIG["stages"][stage]["iam_policy_file"]).read_text())
    assert policy["Statement"]
