"""`make deploy`: which commands it runs, in which order, with what; by an `aws` that writes them down."""

from __future__ import annotations

import json
import shlex
import sys
from pathlib import Path
from typing import Any

import pytest

from scripts import deploy as script
from scripts.deploy import FOR_DEPLOYMENT, Aws, DeploymentFailed, DryAws, deploy, output_names
from scripts.package import ROOT, Package
from tests.infra.conftest import Template

TOLD = {name: f"the-{name}" for name in output_names()}

ANSWERS = {
    "describe-stacks": [{"OutputKey": name, "OutputValue": value} for name, value in TOLD.items()],
    "describe-secret": {"VersionIdsToStages": {"old": ["AWSPREVIOUS"], "new": ["AWSCURRENT"]}},
}


@pytest.fixture
def calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where each command is written down, one JSON list a line, by an `aws` that answers as in ANSWERS."""
    written = tmp_path / "calls"
    written.touch()
    program = tmp_path / "aws.py"
    program.write_text(
        "import json, sys\n"
        f"answers = json.loads({json.dumps(ANSWERS)!r})\n"
        f"open({str(written)!r}, 'a').write(json.dumps(sys.argv[1:]) + '\\n')\n"
        "print(json.dumps(answers.get(sys.argv[2], '')))\n"
        "sys.exit(sys.argv[2] == 'deploy' and 'yorozu-broken-data' in sys.argv)\n"
    )
    # By way of a shell: the first line of a script cannot name a Python whose path has a space in it.
    command = tmp_path / "aws"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} {shlex.quote(str(program))} "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    return written


@pytest.fixture
def built(packages: dict[str, Package], tmp_path: Path) -> Package:
    """The prod package with a template of its own to write beside."""
    template = tmp_path / "app.json"
    template.write_bytes(packages["prod"].template.read_bytes())
    return Package(template, packages["prod"].archive)


def commands(calls: Path) -> list[list[str]]:
    return [json.loads(line) for line in calls.read_text().splitlines()]


def overrides(command: list[str]) -> dict[str, str]:
    pairs = command[command.index("--parameter-overrides") + 1 :]
    return dict(pair.split("=", 1) for pair in pairs)


def test_the_data_stack_comes_first_and_its_outputs_are_the_app_stacks_parameters(calls: Path, built: Package) -> None:
    deploy(Aws(), "prod", built)
    ran = commands(calls)
    assert [command[:2] for command in ran] == [
        ["cloudformation", "deploy"],
        ["cloudformation", "describe-stacks"],
        ["secretsmanager", "describe-secret"],
        ["secretsmanager", "describe-secret"],
        ["s3", "cp"],
        ["cloudformation", "deploy"],
        ["cloudformation", "describe-stacks"],
    ]
    data, app = ran[0], ran[5]
    assert data[data.index("--stack-name") + 1] == "yorozu-prod-data"
    assert overrides(data)["Stage"] == "prod"
    assert app[app.index("--stack-name") + 1] == "yorozu-prod-app"
    passed = overrides(app)
    assert passed.pop("Stage") == "prod"
    assert passed.pop("DatabaseSecretVersion") == passed.pop("OperatorSecretVersion") == "new"
    assert passed == {name: value for name, value in TOLD.items() if name not in FOR_DEPLOYMENT}
    assert not {"ArtifactsBucket", "Routes", "Vpc"} & set(passed)


def test_the_template_points_to_the_zip_that_was_sent(calls: Path, built: Package) -> None:
    deploy(Aws(), "prod", built)
    sent = next(command for command in commands(calls) if command[0] == "s3")[-1]
    template: Template = json.loads(built.template.with_name("app-deployed.json").read_text())
    functions = [part for part in template["Resources"].values() if part["Type"] == "AWS::Serverless::Function"]
    places = [function["Properties"]["CodeUri"] for function in functions]
    assert {f"s3://{place['Bucket']}/{place['Key']}" for place in places} == {sent}


def test_a_command_that_fails_ends_the_deployment(calls: Path, built: Package, monkeypatch: Any) -> None:
    monkeypatch.setattr(script, "stage_parameters", lambda stage: {"data": {}, "app": {}})
    with pytest.raises(DeploymentFailed, match="aws cloudformation deploy ended with status 1"):
        deploy(Aws(), "broken", built)
    assert len(commands(calls)) == 1


def test_a_dry_run_shows_every_command_and_runs_none(
    calls: Path, built: Package, capsys: pytest.CaptureFixture[str]
) -> None:
    deploy(DryAws(), "prod", built)
    assert commands(calls) == []
    shown = [line for line in capsys.readouterr().out.splitlines() if line.startswith("+ aws ")]
    assert len(shown) == 7
    assert "'FilesBucket=<FilesBucket of yorozu-prod-data>'" in shown[5]


def test_without_the_aws_cli_it_says_so(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("PATH", str(ROOT / "infra"))
    assert script.main(["--stage", "prod"]) == 1
    assert "the AWS CLI (`aws`, version 2) is not installed" in capsys.readouterr().err


def test_the_outputs_are_read_right(data: Template) -> None:
    assert output_names() == list(data["Outputs"])
