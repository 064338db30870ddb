"""What is deployed and what settings.py reads are the same variables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from chalicelib.settings import PREFIX, Settings, variable

ROOT = Path(__file__).resolve().parents[2]
CONFIG: dict[str, Any] = json.loads((ROOT / ".chalice" / "config.json").read_text())
MERGE: dict[str, Any] = json.loads((ROOT / "infra" / "app-merge.json").read_text())
KNOWN = {variable(field.name) for field in fields(Settings)}


def merged_variables(part: Any) -> Iterator[dict[str, Any]]:
    """Every set of variables that the stack adds: for all functions, or for one."""
    if isinstance(part, dict):
        for name, value in part.items():
            yield from [value] if name == "Variables" else merged_variables(value)


def variables_of(stage: str) -> dict[str, str]:
    everywhere: dict[str, str] = CONFIG.get("environment_variables", {})
    own: dict[str, str] = CONFIG["stages"][stage].get("environment_variables", {})
    return everywhere | own


@pytest.mark.parametrize("stage", CONFIG["stages"])
def test_a_stage_sets_only_variables_that_are_settings(stage: str) -> None:
    assert {name for name in variables_of(stage) if name.startswith(PREFIX)} <= KNOWN


def test_the_stack_adds_only_variables_that_are_settings() -> None:
    assert {name for added in merged_variables(MERGE) for name in added if name.startswith(PREFIX)} <= KNOWN


@pytest.mark.parametrize("stage", CONFIG["stages"])
def test_a_stage_with_what_the_stack_adds_has_settings_that_can_be_read(stage: str) -> None:
    added = {name for variables in merged_variables(MERGE) for name in variables}
    settings = Settings.from_environment(variables_of(stage) | dict.fromkeys(added, "from-the-stack"))
    assert settings.engine == "aws"


@pytest.mark.parametrize("stage", CONFIG["stages"])
def test_a_stage_is_served_under_the_prefix_of_the_local_server(stage: str) -> None:
    assert CONFIG["stages"][stage]["api_gateway_stage"] == "api"


def policies(part: Any) -> Iterator[str]:
    """Every policy file named in the configuration, for a stage or for one function of it."""
    if isinstance(part, dict):
        for name, value in part.items():
            yield from [value] if name == "iam_policy_file" else policies(value)


def test_a_stage_names_policies_that_exist() -> None:
    named = set(policies(CONFIG))
    assert named
    for name in named:
        assert json.loads((ROOT / ".chalice" / name).read_text())["Statement"]
